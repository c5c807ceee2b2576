"""The rows of input files, as the COPY of a load makes them: read again to tell which file a row came from."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column

from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.redshift.copy_rules.columns import TargetColumn, copy_columns
from sparkify_dwh.redshift.copy_rules.json_documents import Document, DocumentReader, Malformed
from sparkify_dwh.redshift.copy_rules.row_reader import RejectedRowError, RowReader, row_reader
from sparkify_dwh.redshift.copy_rules.statement import parse_copy
from sparkify_dwh.redshift.dialect import SparkifyDialect
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.sql.render import readable
from sparkify_dwh.storage.decompression import UnreadableFileError, decompressed
from sparkify_dwh.storage.prefetch import prefetch
from sparkify_dwh.utils.logs import safe_logger

if TYPE_CHECKING:
    from sparkify_dwh.base import StagingTable
    from sparkify_dwh.redshift.commands import CopyCommand
    from sparkify_dwh.storage.store import ObjectStore, StoredObject

log = safe_logger("sparkify_dwh.load")

# A load that looks for rows keeps its lock meanwhile: this many records take a second or two.
MAX_SEARCHED_RECORDS = 50_000
MAX_PLACES = 3


def target_columns(staging: type[StagingTable]) -> list[TargetColumn]:
    """Return all columns of a staging table as COPY knows them."""
    return [_target(column) for column in staging.table().columns]


def places_of(
    key: Mapping[str, Any],
    command: CopyCommand,
    staging: type[StagingTable],
    store: ObjectStore,
    files: Sequence[StoredObject],
) -> list[str]:
    """Return the file and line of the first records with these values, among the first records of the files.

    The list is shorter, or empty, where the files are too many or cannot be read.
    """
    places: list[str] = []
    try:
        reader = _reader(command, staging, store, list(key))
        with closing(_documents(store, files)) as documents:
            for url, document in islice(documents, MAX_SEARCHED_RECORDS):
                if _values(reader, document) == list(map(_comparable, key.values())):
                    places.append(f"{url} line {document.line}")
                if len(places) == MAX_PLACES:
                    break
    except (SparkifyError, RedshiftError, UnreadableFileError) as error:
        log.info("the files of %s were not searched further: %s", staging.__tablename__, error)
    return places


def _reader(command: CopyCommand, staging: type[StagingTable], store: ObjectStore, names: Sequence[str]) -> RowReader:
    """Return the reader of these columns, in this order."""
    statement = parse_copy(readable(command))
    url = statement.json_paths_url
    reader = row_reader(statement, copy_columns(statement, target_columns(staging)), store.read(url) if url else None)
    fields = {field.column.name: field for field in reader.fields}
    return RowReader([fields[name] for name in names], reader.options, ignore_case=reader.ignore_case)


def _documents(store: ObjectStore, files: Sequence[StoredObject]) -> Generator[tuple[str, Document], None, None]:
    with closing(prefetch(store, [file for file in files if not file.url.endswith(".zst")])) as streams:
        for file, stored in streams:
            with decompressed(file.url, stored) as stream:
                for document in DocumentReader(stream):
                    if not isinstance(document, Malformed):
                        yield file.url, document


def _values(reader: RowReader, document: Document) -> list[Any] | None:
    try:
        return list(map(_comparable, reader.row(document)))
    except RejectedRowError:
        return None


def _comparable(value: Any) -> Any:
    """Return a value without trailing blanks, which Redshift ignores in comparisons. Redshift guide, r_Character_types"""
    return value.rstrip(" ") if isinstance(value, str) else value


def _target(column: Column[Any]) -> TargetColumn:
    type_ = str(SparkifyDialect().type_compiler_instance.process(column.type)).lower()
    has_default, is_identity = column.server_default is not None, column.identity is not None
    return TargetColumn(column.name, type_, not column.nullable, has_default, is_identity)
