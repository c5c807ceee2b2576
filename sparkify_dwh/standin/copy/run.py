"""COPY in the client's own transaction, and its record in the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from datetime import datetime, timezone

from sparkify_dwh.redshift.copy_rules.columns import TargetColumn, copy_columns
from sparkify_dwh.redshift.copy_rules.rejects import LoadReject
from sparkify_dwh.redshift.copy_rules.statement import CopyStatement, parse_copy
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.copy.load import copy_rows
from sparkify_dwh.standin.copy.results import CopyFailed, CopyResult, FileResult
from sparkify_dwh.standin.language.reader import literal, qualified, quoted
from sparkify_dwh.standin.outcomes import CarriedOut, Notice, Plan
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.transfer.store import open_store

COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity = 'd', a.attidentity = 'a'
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = {table}::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
# Expressions for columns' defaults in PostgreSQL's binary format.
DEFAULTS = """
SELECT a.attname, format('encode(%s((%s)::%s), ''hex'')', t.typsend, pg_get_expr(d.adbin, d.adrelid), a.atttypid::regtype)
FROM pg_catalog.pg_attrdef AS d
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE d.adrelid = {table}::regclass
"""
RECORD = """
INSERT INTO redshift_catalog.load_error
    (query_id, session_id, table_id, file_name, line_number, column_name, column_type, column_length, position,
     raw_line, raw_field_value, error_code, error_message)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
RECORD_RUN = """
INSERT INTO redshift_catalog.load_run
    (query_id, session_id, status, table_name, start_time, data_source, file_format, loaded_rows, error_count)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
RECORD_FILES = "COPY redshift_catalog.load_file (query_id, file_name, bytes_scanned, lines_scanned, errors) FROM STDIN"


def copy_rule(sql: str, words: list[str]) -> Plan | None:
    """Return the plan of a COPY; None for any other statement."""
    if words[:1] != ["COPY"]:
        return None
    statement = parse_copy(sql)

    def run(backend: Backend, notice: Notice) -> None:
        RunningCopy(statement, backend).run(notice)

    return CarriedOut(run, tag="COPY")


class RunningCopy:
    """One execution of a COPY statement."""

    def __init__(self, statement: CopyStatement, backend: Backend) -> None:
        self._statement = statement
        self._backend = backend
        self._table = qualified(statement.schema, statement.table)

    def run(self, notice: Notice) -> None:
        columns = self._target_columns()
        named = [column.name for column in copy_columns(self._statement, columns)]
        defaults = self._omitted_defaults(named)
        self._start = datetime.now(timezone.utc).replace(tzinfo=None)
        self._query_id = self._scalar("SELECT nextval('redshift_catalog.query_id')")
        self._remember("last_copy_id", int(self._query_id or 0))
        self._remember("last_copy_count", 0)
        filled = ", ".join(map(quoted, [*named, *defaults]))
        sql = f"COPY {self._table} ({filled}) FROM STDIN (FORMAT binary)"
        result = self._copy(columns, sql, list(defaults.values()))
        self._remember("last_copy_count", result.rows)
        self._record("completed", result.rows, result.rejects, result.files)
        for text in self._completed(result):
            notice(text)

    def _copy(self, columns: list[TargetColumn], sql: str, constants: list[bytes | None]) -> CopyResult:
        results: list[CopyResult] = []

        def produce(write: Callable[[bytes], None]) -> None:
            store = open_store(self._statement.authorization, self._statement.options.region)
            results.append(copy_rows(self._statement, columns, store, write, constants=constants))

        try:
            self._backend.copy_in(sql, produce)
        except CopyFailed as failed:
            self._record("aborted", 0, failed.rejects, [])
            raise
        return results[0]

    def _target_columns(self) -> list[TargetColumn]:
        self._table_id = self._scalar(f"SELECT to_regclass({literal(self._table)})::oid")
        if self._table_id is None:
            raise RedshiftError("XX000", f"Cannot COPY into nonexistent table {self._statement.table}")
        rows = self._backend.query(COLUMNS.format(table=literal(self._table)))
        return [
            TargetColumn(str(name), str(type_), not_null == "t", has_default == "t", is_identity == "t")
            for name, type_, not_null, has_default, is_identity in rows
        ]

    def _omitted_defaults(self, named: list[str]) -> dict[str, bytes | None]:
        """Return the defaults of the columns that are not named, evaluated once for all rows, in PostgreSQL's binary format.

        Redshift guide, c_loading_default_values: even RANDOM() gives every row the same value.
        """
        found = self._backend.query(DEFAULTS.format(table=literal(self._table)))
        expressions = {str(name): str(expression) for name, expression in found if name not in named}
        if not expressions:
            return {}
        (values,) = self._backend.query(f"SELECT {', '.join(expressions.values())}")
        return {
            name: None if value is None else bytes.fromhex(value)
            for name, value in zip(expressions, values, strict=True)
        }

    def _remember(self, name: str, value: int) -> None:
        """Set what the session's functions return about its last COPY. Redshift guide, PG_LAST_COPY_ID"""
        self._backend.query(f"SELECT setval('redshift_catalog.{name}', {value})")

    def _record(self, status: str, rows: int, rejects: list[LoadReject], files: list[FileResult]) -> None:
        """Record the COPY in a transaction of its own, which a rollback does not undo."""
        given = self._statement
        run = (
            self._query_id, self._backend.pid, status, given.table, self._start, given.url, given.format, rows, len(rejects)
        )  # fmt: skip
        with self._backend.side_connection() as connection, connection.cursor() as cursor, connection.transaction():
            cursor.execute(RECORD_RUN, run)
            ids = (self._query_id, self._backend.pid, self._table_id)
            cursor.executemany(RECORD, [(*ids, *astuple(reject)) for reject in rejects])
            with cursor.copy(RECORD_FILES) as recorded:  # there may be very many
                for file in files:
                    recorded.write_row((self._query_id, file.url, file.bytes, file.lines, file.errors))

    def _completed(self, result: CopyResult) -> list[str]:
        table = self._statement.table
        texts = [f"Load into table '{table}' completed, {result.rows} record(s) loaded successfully."]
        if result.rejects:
            texts.append(
                f"Load into table '{table}' completed, {len(result.rejects)} record(s) could not be loaded.  "
                "Check 'sys_load_error_detail' system table for details."
            )
        return texts

    def _scalar(self, sql: str) -> str | None:
        return self._backend.query(sql)[0][0]
