"""CREATE TABLE: Redshift's statement as PostgreSQL's, and what only Redshift knows as a record for the catalogue.

Dist style, dist key, sort key, encodings and keys go to ``redshift_catalog``; nothing is enforced but NOT NULL and the
lengths of texts, which count bytes. An option that is not known is an error that names it.
"""

from __future__ import annotations

import json

from sparkify_dwh.standin.column_types import column_type
from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.reader import StatementReader, literal, qualified
from sparkify_dwh.standin.statements import Plan, Rewritten
from sparkify_dwh.standin.table_design import Column, Table

# Words that end a type or a default: each begins a column's attribute.
ATTRIBUTES = frozenset({
    "DEFAULT", "IDENTITY", "GENERATED", "ENCODE", "DISTKEY", "SORTKEY", "COLLATE", "NOT", "NULL", "UNIQUE",
    "PRIMARY", "REFERENCES", "CHECK", "CONSTRAINT",
})  # fmt: skip
CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"})
ENCODINGS = frozenset({
    "none", "raw", "az64", "bytedict", "delta", "delta32k", "lzo", "mostly8", "mostly16", "mostly32",
    "runlength", "text255", "text32k", "zstd",
})  # fmt: skip


def create_table_rule(sql: str, words: list[str]) -> Plan | None:
    """The rule for CREATE [[LOCAL] TEMP] TABLE."""
    if words[:1] != ["CREATE"] or "TABLE" not in (words[1:4] if words[1:2] == ["LOCAL"] else words[1:3]):
        return None
    table = read_create_table(sql)
    arguments = [table.ddl(), qualified(table.schema, table.name), json.dumps(table.design())]
    procedure = "create_table"
    if table.parent is not None:
        procedure = "create_table_like"
        arguments.append(table.parent)
    call = f"CALL redshift_catalog.{procedure}({', '.join(map(literal, arguments))})"
    return Rewritten(call, tag="CREATE TABLE")


def read_create_table(sql: str) -> Table:
    """Read a CREATE TABLE statement."""
    reader = StatementReader(sql)
    temporary = read_beginning(reader)
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    schema, name = reader.table_name()
    table = Table(schema, name, temporary or is_temporary_name(name), if_not_exists)
    for part in reader.bracketed():
        if part.accept("LIKE"):
            _read_like(part, table)
        elif part.ahead in CONSTRAINTS:
            _read_constraint(part, table)
        else:
            _read_column(part, table)
    if table.parent is not None:  # which also says how the table is distributed and sorted
        reader.finish()
    while not reader.done:
        read_table_attribute(reader, table)
    return table


def read_beginning(reader: StatementReader) -> bool:
    """Read CREATE [[LOCAL] TEMP] TABLE; whether the table is temporary."""
    reader.expect("CREATE")
    local = reader.accept("LOCAL")
    temporary = reader.accept_one_of("TEMP", "TEMPORARY") is not None
    if local and not temporary:
        raise reader.syntax_error()
    reader.expect("TABLE")
    return temporary


def is_temporary_name(name: str) -> bool:
    """Whether a table of that name is temporary in any case. Redshift guide, r_CREATE_TABLE_NEW"""
    return name.startswith("#")


def _read_like(reader: StatementReader, table: Table) -> None:
    """LIKE parent [INCLUDING | EXCLUDING DEFAULTS], at most once."""
    if table.parent is not None:
        raise reader.syntax_error()
    table.parent = qualified(*reader.table_name())
    choice = reader.accept_one_of("INCLUDING", "EXCLUDING")
    if choice is not None:
        reader.expect("DEFAULTS")
    table.with_defaults = choice == "INCLUDING"
    reader.finish()


def read_table_attribute(reader: StatementReader, table: Table) -> None:
    """Read BACKUP, DISTSTYLE, DISTKEY, SORTKEY or ENCODE AUTO behind the columns."""
    if reader.accept("BACKUP"):
        if not reader.accept_one_of("YES", "NO"):
            raise reader.syntax_error()
    elif reader.accept("DISTSTYLE"):
        table.diststyle = reader.accept_one_of("AUTO", "EVEN", "KEY", "ALL")
        if table.diststyle is None:
            raise reader.syntax_error()
    elif reader.accept("DISTKEY"):
        (name,) = reader.names_in_brackets() or [""]
        table.column(name).distkey = True
    elif reader.accept("SORTKEY", "AUTO") or reader.accept("ENCODE", "AUTO"):
        return
    else:
        _read_sort_key(reader, table)


def _read_sort_key(reader: StatementReader, table: Table) -> None:
    interleaved = reader.accept_one_of("COMPOUND", "INTERLEAVED") == "INTERLEAVED"
    reader.expect("SORTKEY")
    for place, name in enumerate(reader.names_in_brackets(), start=1):
        # The catalogue gives interleaved columns alternating signs. Redshift guide, r_PG_TABLE_DEF
        table.column(name).sortkey = -place if interleaved and place % 2 == 0 else place


def _read_column(reader: StatementReader, table: Table) -> None:
    name = reader.name()
    column = Column(name, column_type(reader.text_until(ATTRIBUTES), f"{table.name}.{name}"))
    if name in table.columns:
        raise RedshiftError("42701", f'column "{name}" specified more than once')
    table.columns[name] = column
    while not reader.done:
        _read_column_attribute(reader, table, column)


def _read_column_attribute(reader: StatementReader, table: Table, column: Column) -> None:
    if reader.accept("NOT", "NULL"):
        column.not_null = True
    elif reader.accept("NULL"):
        column.not_null = False
    elif reader.accept("DEFAULT"):
        column.default = reader.text_until(ATTRIBUTES - {"NULL"})
    elif reader.accept("IDENTITY"):
        column.identity = (True, *_seed_and_step(reader))
    elif reader.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        column.identity = (False, *_seed_and_step(reader))
    elif reader.accept("ENCODE"):
        column.encoding = read_encoding(reader)
    elif reader.accept("DISTKEY"):
        column.distkey = True
    elif reader.accept("SORTKEY"):
        column.sortkey = 1
    elif reader.accept("PRIMARY", "KEY"):
        column.not_null = True
        table.add_key("p", f"{table.name}_pkey", [column.name])
    elif reader.accept("UNIQUE"):
        table.add_key("u", f"{table.name}_{column.name}_key", [column.name])
    else:
        raise reader.syntax_error()


def read_encoding(reader: StatementReader) -> str:
    """The name of a column's encoding."""
    encoding = reader.name()
    if encoding not in ENCODINGS:
        raise RedshiftError("42601", f'encoding type "{encoding}" is not known')
    return encoding


def _seed_and_step(reader: StatementReader) -> tuple[int, int]:
    numbers = [part.text_until(frozenset()) for part in reader.bracketed()]
    if len(numbers) != 2:
        raise reader.syntax_error()
    return int(numbers[0]), int(numbers[1])


def _read_constraint(reader: StatementReader, table: Table) -> None:
    name = reader.name() if reader.accept("CONSTRAINT") else None
    if reader.accept("PRIMARY", "KEY"):
        columns = reader.names_in_brackets()
        for column in columns:
            table.column(column).not_null = True
        table.add_key("p", name or f"{table.name}_pkey", columns)
    elif reader.accept("UNIQUE"):
        columns = reader.names_in_brackets()
        table.add_key("u", name or f"{table.name}_{'_'.join(columns)}_key", columns)
    elif reader.accept("FOREIGN", "KEY"):
        columns = reader.names_in_brackets()
        reader.expect("REFERENCES")
        other, referred = qualified(*reader.table_name()), reader.names_in_brackets()
        definition = (
            f"FOREIGN KEY ({', '.join(columns)}) REFERENCES {other.replace(chr(34), '')}({', '.join(referred)})"
        )
        table.add_key("f", name or f"{table.name}_{'_'.join(columns)}_fkey", columns, definition)
    else:
        raise reader.syntax_error()
    reader.finish()
