"""Which columns a COPY fills: those that it lists, or all but identities."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sparkify_dwh.redshift.copy_rules.columns import ColumnType, TargetColumn, copy_columns
from sparkify_dwh.redshift.copy_rules.statement import parse_copy
from sparkify_dwh.redshift.errors import RedshiftError

ID = TargetColumn("id", "integer")
NAME = TargetColumn("name", "character varying(10)")
IDENTITY = TargetColumn("row", "bigint", not_null=True, is_identity=True)
NEEDED = TargetColumn("needed", "integer", not_null=True)
DEFAULTED = TargetColumn("defaulted", "integer", not_null=True, has_default=True)


def chosen(listed: str, clauses: str = "", columns: Sequence[TargetColumn] = (IDENTITY, ID, NAME)) -> list[str]:
    statement = parse_copy(f"COPY people {listed} FROM 's3://b/k' IAM_ROLE default JSON {clauses}")
    return [column.name for column in copy_columns(statement, columns)]


def test_the_columns_are_those_listed_or_all_but_identities() -> None:
    """Redshift guide, copy-parameters-column-mapping."""
    assert chosen("") == ["id", "name"]
    assert chosen("", "EXPLICIT_IDS") == ["row", "id", "name"]
    assert chosen("(name, id)") == ["name", "id"]
    assert chosen("(name, row)", "EXPLICIT_IDS") == ["name", "row"]


@pytest.mark.parametrize(
    ("listed", "clauses", "sqlstate"),
    [
        ("(id, nonesuch)", "", "42703"),
        ("(id, id)", "", "42701"),
        ("(row, id)", "", "0A000"),
        ("(id)", "EXPLICIT_IDS", "0A000"),
    ],
)
def test_a_column_list_that_does_not_fit_the_table_is_refused(listed: str, clauses: str, sqlstate: str) -> None:
    with pytest.raises(RedshiftError) as raised:
        chosen(listed, clauses)
    assert raised.value.sqlstate == sqlstate


def test_a_column_without_a_default_cannot_be_left_out_when_it_is_not_null() -> None:
    assert chosen("(id)", columns=(ID, IDENTITY, DEFAULTED)) == ["id"]
    with pytest.raises(RedshiftError, match="Cannot insert a NULL value into column needed"):
        chosen("(id)", columns=(ID, NEEDED))


@pytest.mark.parametrize(
    ("type_", "expected", "shown_length"),
    [
        ("character varying(256)", ColumnType("varchar", 256), "256"),
        ("character varying", ColumnType("varchar", 65535), "65535"),
        ("character(1)", ColumnType("char", 1), "1"),
        ("numeric(8,2)", ColumnType("numeric", 8, 2), "8, 2"),
        ("numeric", ColumnType("numeric", 18, 0), "18, 0"),
        ("timestamp(3) with time zone", ColumnType("timestamptz"), "0"),
        ("double precision", ColumnType("float8"), "0"),
    ],
)
def test_types_have_the_names_and_lengths_of_stl_load_errors(
    type_: str, expected: ColumnType, shown_length: str
) -> None:
    column_type = TargetColumn("c", type_).column_type
    assert (column_type, column_type.shown_length) == (expected, shown_length)
