"""ALTER TABLE ... ALTER COLUMN ... TYPE, which changes the length of a VARCHAR. Redshift guide, r_ALTER_TABLE

It is refused inside a transaction, for columns with a key, for some encodings, and for a shorter length if the column
has a default. (The guide refuses every column with a default, but in
https://github.com/jazzband/django-redshift-backend/issues/96 one was lengthened.)
"""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.reader import literal, quoted
from sparkify_dwh.standin.outcomes import CarriedOut, Notice, Plan
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.rules.column_types import column_type
from sparkify_dwh.standin.rules.encodings import NOT_ALTERABLE
from sparkify_dwh.standin.rules.table_design import Column

NOT_SUPPORTED = "0A000"

# The column's type, its length, whether it has a default, its encoding, and the name of a key that it is in.
COLUMN = """
SELECT pg_catalog.format_type(a.atttypid, NULL), a.atttypmod - 4, a.atthasdef, d.encoding,
       (SELECT max(k.conname) FROM redshift_catalog.table_key AS k WHERE k.relid = a.attrelid AND a.attnum = ANY (k.conkey))
FROM pg_catalog.pg_attribute AS a
LEFT JOIN redshift_catalog.column_design AS d ON d.relid = a.attrelid AND d.attnum = a.attnum
WHERE a.attrelid = {table}::regclass AND a.attname = {column} AND a.attnum > 0 AND NOT a.attisdropped
"""
# The constraints that limit its bytes, which are the only checks of a table in PostgreSQL.
CHECKS = """
SELECT c.conname
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
WHERE c.conrelid = {table}::regclass AND c.contype = 'c' AND a.attname = {column}
"""


def alter_type(table: str, column: str, type_text: str) -> Plan:
    """Plan the change of a column's type; ``table`` is quoted and qualified."""
    new = column_type(type_text, column)
    if new.base != "varchar" or new.bytes is None:
        raise RedshiftError(
            NOT_SUPPORTED, f"ALTER COLUMN TYPE changes the length of a VARCHAR only, not to {type_text}"
        )
    changed = Column(column, new)
    new_bytes = new.bytes
    names = {"table": literal(table), "column": literal(column)}

    def run(backend: Backend, _notice: Notice) -> None:
        if backend.status != b"I":
            raise RedshiftError("25001", "ALTER TABLE ALTER COLUMN cannot run inside a transaction block")
        _check(backend.query(COLUMN.format(**names)), column, new_bytes)
        checks = backend.query(CHECKS.format(**names))
        drops = "".join(f"DROP CONSTRAINT {quoted(str(name))}, " for (name,) in checks)
        add = f"ADD {changed.bytes_check()[0]}"
        backend.query(f"ALTER TABLE {table} {drops}ALTER COLUMN {quoted(column)} TYPE {new.sql}, {add}")

    return CarriedOut(run, "ALTER TABLE")


def _check(rows: list[list[str | None]], column: str, new_bytes: int) -> None:
    """Raise unless the length of the column, which ``rows`` of COLUMN describe, may change."""
    if not rows:
        raise RedshiftError("42703", f'column "{column}" does not exist')
    type_, old_bytes, has_default, encoding, key = rows[0]
    if type_ != "character varying":
        raise RedshiftError(
            NOT_SUPPORTED, f'ALTER COLUMN TYPE changes the length of a VARCHAR only, and "{column}" is {type_}'
        )
    if has_default == "t" and new_bytes < int(old_bytes or 0):
        raise RedshiftError(NOT_SUPPORTED, "cannot decrease a VARCHAR column size with default value")
    if encoding in NOT_ALTERABLE:
        raise RedshiftError(NOT_SUPPORTED, f'ALTER COLUMN TYPE does not alter "{column}", whose encoding is {encoding}')
    if key is not None:
        raise RedshiftError(NOT_SUPPORTED, f'ALTER COLUMN TYPE does not alter "{column}", which is in the key "{key}"')
