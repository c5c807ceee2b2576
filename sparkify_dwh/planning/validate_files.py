"""Validation of input files against a staging table's model, before a load: what COPY would reject, and what is suspicious.

The COPY statement that the load would send is parsed, and its options are applied to the files by the rules in
`sparkify_dwh.redshift.copy_rules`, which the stand-in's COPY follows too. As COPY does, a problem names the first column
that rejects a record, and the record's last line.

Redshift may differ where its guide is silent; those modules say where. Texts with NUL, which Redshift was seen to cut, are a
warning. ZSTD files are not read. Uniqueness and references
are left to the checks of a load. The files are read with the permissions of this process, not those of the cluster's role.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

from sparkify_dwh.checks.rules import DECLARED_RULES, CheckRules
from sparkify_dwh.errors import UsageError
from sparkify_dwh.loading.input_rows import target_columns
from sparkify_dwh.loading.json_paths_files import valid_paths
from sparkify_dwh.planning.columns import ValidatedColumn
from sparkify_dwh.planning.suspicious_values import suspicious_values
from sparkify_dwh.planning.validation_result import LongValue, Validation, shown
from sparkify_dwh.redshift.copy_rules.columns import TargetColumn, copy_columns
from sparkify_dwh.redshift.copy_rules.json_documents import Document, DocumentReader, Malformed
from sparkify_dwh.redshift.copy_rules.json_paths import NO_PATHS
from sparkify_dwh.redshift.copy_rules.row_reader import RowReader, row_reader
from sparkify_dwh.redshift.copy_rules.statement import CopyStatement, parse_copy
from sparkify_dwh.redshift.errors import NotSupportedError, RedshiftError
from sparkify_dwh.sql.render import readable
from sparkify_dwh.storage.decompression import UnreadableFileError, decompressed
from sparkify_dwh.storage.prefetch import prefetch

if TYPE_CHECKING:
    from sparkify_dwh.base import StagingTable
    from sparkify_dwh.redshift.commands import CopyCommand
    from sparkify_dwh.storage.store import ObjectStore, StoredObject
    from sparkify_dwh.warehouse import Warehouse

MAX_UNMAPPED_FIELDS = 50
NEARLY_FULL = 0.8  # of a column's length


def validate_files(  # noqa: PLR0913 (what to read, and by what rules)
    staging: type[StagingTable],
    command: CopyCommand,
    files: Sequence[StoredObject],
    store: ObjectStore,
    warehouse: Warehouse,
    *,
    rules: CheckRules = DECLARED_RULES,
    sample: int | None = None,
) -> Validation:
    """Return what ``command``, the COPY into ``staging``, would reject in the files. Writes nothing.

    ``rules`` are the severities and allowed values of the load's checks. ``sample`` is as for :func:`sampled`. Memory does
    not grow with the size of the files.

    Raises:
        UsageError: a sample of less than one file.
        SourceError: a file cannot be read, or the JSONPaths file, or COPY would refuse that.
    """
    chosen = sampled(files, sample)
    validation = Validation(of_files=len(files), is_sample=len(chosen) < len(files))
    try:
        statement = parse_copy(readable(command))
        targets = copy_columns(statement, target_columns(staging))
        reader = _row_reader(staging, statement, targets, store, validation)
    except NotSupportedError as error:
        validation.warnings.append(f"not validated: {error}, whose rules validation follows")
        return validation
    except RedshiftError as error:
        validation.add_problem(command.url, 0, "", "", str(error))
        return validation
    suspicious = list(
        suspicious_values(staging, warehouse, rules, has_milliseconds=statement.options.time_format == "epochmillisecs")
    )
    columns = [
        ValidatedColumn(field, [values for values in suspicious if values.column == field.column.name])
        for field in reader.fields
    ]
    _Validator(validation, columns).run(store, chosen)
    validation.warnings += [str(values) for values in suspicious if values]
    validation.suspicious = sum(values.refused for values in suspicious)
    return validation


def _row_reader(
    staging: type[StagingTable],
    statement: CopyStatement,
    targets: Sequence[TargetColumn],
    store: ObjectStore,
    validation: Validation,
) -> RowReader:
    """Return the reader of the statement's rows, and warn of a JSONPaths file without effect."""
    url = statement.json_paths_url
    if url is None:
        return row_reader(statement, targets, None)
    content = store.read(url)
    if valid_paths(content, staging, url) is None:
        validation.warnings.append(f"{url}: {NO_PATHS}")
    return row_reader(statement, targets, content)


def sampled(files: Sequence[StoredObject], sample: int | None) -> Sequence[StoredObject]:
    """Return ``sample`` of the files, spread evenly over the list, the first and the last included; all when it is None."""
    if sample is not None and sample < 1:
        raise UsageError(f"A sample has at least 1 file, but {sample} was given", "give a greater number.")
    if sample is None or sample >= len(files):
        return files
    if sample == 1:
        return files[:1]
    return [files[place * (len(files) - 1) // (sample - 1)] for place in range(sample)]


class _Validator:
    """Reads files into a validation."""

    def __init__(self, validation: Validation, columns: Sequence[ValidatedColumn]) -> None:
        self._validation = validation
        self._columns = columns
        self._mapped = {column.steps[0] for column in columns}
        self._has_documents = False
        self._unmapped: dict[str, None] = {}

    def run(self, store: ObjectStore, files: Sequence[StoredObject]) -> None:
        """Read the files."""
        readable_files = [file for file in files if not file.url.endswith(".zst")]
        self._validation.unread = len(files) - len(readable_files)
        with closing(prefetch(store, readable_files)) as streams:
            for file, stream in streams:
                self._file(file.url, stream)
        self._conclude()

    def _file(self, url: str, stored: BinaryIO) -> None:
        validation = self._validation
        validation.files += 1
        records, problems = validation.records, validation.problem_count
        try:
            with decompressed(url, stored) as stream:
                for part in DocumentReader(stream):
                    self._part(url, part)
        except UnreadableFileError as error:
            validation.add_problem(url, 0, "", "", str(error))
        records, problems = validation.records - records, validation.problem_count - problems
        validation.lost_files += 0 < records <= problems

    def _part(self, url: str, part: Document | Malformed) -> None:
        self._validation.records += 1
        if isinstance(part, Malformed):
            self._validation.add_problem(url, part.line, "", part.text.split("\n", 1)[0], part.reason)
            return
        self._has_documents = True
        place, first = (url, part.line), True
        for column in self._columns:  # all of them, though only the first rejection counts
            rejection = column.rejection(part, place)
            if rejection is not None and first:
                first = False
                self._validation.add_problem(url, part.line, column.name, *rejection)
        if isinstance(part.value, dict) and len(self._unmapped) < MAX_UNMAPPED_FIELDS:
            self._unmapped.update(dict.fromkeys(sorted(part.value.keys() - self._mapped)))

    def _conclude(self) -> None:
        validation = self._validation
        validation.unmapped_fields = sorted(map(shown, self._unmapped))[:MAX_UNMAPPED_FIELDS]
        validation.long_values = [
            LongValue(column.name, column.longest_bytes, column.max_bytes, *column.longest_at)
            for column in self._columns
            if column.max_bytes and column.longest_bytes > NEARLY_FULL * column.max_bytes
        ]
        validation.warnings += [str(column.nul_texts) for column in self._columns if column.nul_texts]
        validation.warnings += self._absent()

    def _absent(self) -> list[str]:
        """Return a warning about columns that would be NULL in every row, for example because a key is misspelled."""
        absent = [column for column in self._columns if column.is_nullable and not column.is_found]
        if not self._has_documents or not absent:
            return []
        spelled = {key.lower(): key for key in self._unmapped}
        keys = [".".join(map(str, column.steps)) for column in absent]
        others = [f"COPY does not match {spelled[key.lower()]} to {key}" for key in keys if key.lower() in spelled]
        names = ", ".join(column.name for column in absent)
        return ["; ".join([f"{names} would be NULL in every row, because no record has {', '.join(keys)}", *others])]
