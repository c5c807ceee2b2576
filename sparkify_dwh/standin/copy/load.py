"""COPY: files in, PostgreSQL's binary COPY format and rejects out. No sockets, no database.

A COPY fails at the first error, or when their number reaches MAXERROR; with fewer it succeeds, and the rejects name the
records that are missing. Redshift guide, copy-parameters-data-load
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sparkify_dwh.redshift.copy_rules.columns import TargetColumn, copy_columns
from sparkify_dwh.redshift.copy_rules.row_reader import row_reader
from sparkify_dwh.redshift.copy_rules.statement import CopyStatement
from sparkify_dwh.standin.copy.binary_rows import NO_ROWS, BinaryRows
from sparkify_dwh.standin.copy.files import SmallFiles, read_files
from sparkify_dwh.standin.copy.json_load import json_load
from sparkify_dwh.standin.copy.parquet import copy_parquet
from sparkify_dwh.standin.copy.results import CopyResult, FileResult
from sparkify_dwh.standin.transfer.store import Store, read_object


def copy_rows(  # noqa: PLR0913 (what a COPY says, where it reads, and what it writes)
    statement: CopyStatement,
    columns: Sequence[TargetColumn],
    store: Store,
    write: Callable[[bytes], None],
    *,
    constants: Sequence[bytes | None] = (),
    exact: bool = False,
) -> CopyResult:
    """Carry out a COPY: hand its rows to ``write``, for the columns that `copy_columns` gives, in their order.

    ``columns`` are all columns of the table; ``constants``, in PostgreSQL's binary format, end every row. ``write`` gets
    bytes for ``COPY ... FROM STDIN (FORMAT binary)`` in chunks, and no rows with NOLOAD. Raise CopyFailed for rejected
    records and RedshiftError for any other error, after which the bytes written must be discarded. ``exact`` does not use
    the fast reader, which changes only the time.
    """
    if statement.format == "parquet":
        return copy_parquet(statement, columns, store, write, constants)
    targets = copy_columns(statement, columns)
    types = [column.column_type for column in targets]
    rows = BinaryRows(types, _nowhere if statement.options.no_load else write, constants)
    url = statement.json_paths_url
    reader = row_reader(statement, targets, None if url is None else read_object(url, store))
    load = json_load(statement, reader, rows, exact=exact)
    results: list[FileResult] = []
    for files in read_files(statement, store):
        results += load.small_files(files) if isinstance(files, SmallFiles) else [load.file(files)]
    rows.finish()
    if statement.options.no_load:
        write(NO_ROWS)
        return CopyResult(0, load.rejects, results)
    return CopyResult(rows.count, load.rejects, results)


def _nowhere(_: bytes) -> None:
    """Discard rows, for NOLOAD."""
