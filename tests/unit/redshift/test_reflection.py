"""Reflection reads what the catalogue has of one schema, in a handful of statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sparkify_dwh.redshift.dialect import SparkifyDialect
from sparkify_dwh.redshift.reflection import column_type, identifiers

metadata = sa.MetaData()
band = sa.Table(
    "band",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True, start=3, increment=2)),
    sa.Column("name", sa.String(40), nullable=False, redshift_encode="zstd", comment="it's 100% \\ :1"),
    sa.Column("order", sa.Integer, server_default="7"),
    sa.Column("founded", sa.DateTime),
    sa.Column("fee", sa.Numeric(10, 2)),
    sa.PrimaryKeyConstraint("order", "name"),
    sa.UniqueConstraint("name", "founded", name="band_name"),
    comment="Who plays",
    redshift_diststyle="KEY",
    redshift_distkey="name",
    redshift_sortkey=["founded", "order"],
)
gig = sa.Table(
    "gig's",
    metadata,
    sa.Column("id", sa.Integer),
    sa.Column("order", sa.Integer),
    sa.Column("name", sa.String(40)),
    sa.ForeignKeyConstraint(["order", "name"], ["band.order", "band.name"], name="gig_band"),
    redshift_interleaved_sortkey=["name", "id"],
)


@pytest.fixture
def bands(connection: sa.Connection) -> sa.Connection:
    metadata.create_all(connection)
    connection.exec_driver_sql("CREATE VIEW famous AS SELECT name FROM band")
    return connection


@contextmanager
def statements(connection: sa.Connection) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection, "before_cursor_execute", note)


def test_columns_are_reflected(bands: sa.Connection) -> None:
    """Also on SQLAlchemy 2.1, where upstream's reflection raises: sqlalchemy-redshift issue 329."""
    columns = {column["name"]: column for column in sa.inspect(bands).get_columns("band")}
    assert {name: str(column["type"]) for name, column in columns.items()} == {
        "id": "BIGINT",
        "name": "VARCHAR(40)",
        "order": "INTEGER",
        "founded": "TIMESTAMP",
        "fee": "NUMERIC(10, 2)",
    }
    assert columns["id"]["identity"] == {"always": True, "start": 3, "increment": 2}
    assert (columns["order"]["default"], columns["fee"]["default"]) == ("7", None)
    assert (columns["name"]["nullable"], columns["founded"]["nullable"]) == (False, True)
    assert columns["name"]["comment"] == "it's 100% \\ :1"
    assert columns["name"]["info"] == {"encode": "zstd"}  # type: ignore[typeddict-item]


def test_keys_are_reflected(bands: sa.Connection) -> None:
    """Reserved words without the quotes of their definition, which upstream leaves in the key."""
    inspector = sa.inspect(bands)
    assert inspector.get_pk_constraint("band")["constrained_columns"] == ["order", "name"]
    assert inspector.get_pk_constraint("gig's") == {"name": None, "constrained_columns": []}
    assert inspector.get_unique_constraints("band") == [{"name": "band_name", "column_names": ["name", "founded"]}]
    (key,) = inspector.get_foreign_keys("gig's")
    assert (key["constrained_columns"], key["referred_table"], key["referred_columns"]) == (
        ["order", "name"],
        "band",
        ["order", "name"],
    )
    assert inspector.get_check_constraints("band") == []


def test_design_and_comment_are_reflected(bands: sa.Connection) -> None:
    inspector = sa.inspect(bands)
    assert inspector.get_table_comment("band") == {"text": "Who plays"}
    assert inspector.get_table_comment("gig's") == {"text": None}
    assert inspector.get_table_options("band") == {
        "redshift_diststyle": "KEY",
        "redshift_distkey": "name",
        "redshift_sortkey": ("founded", "order"),
        "redshift_interleaved_sortkey": None,
    }
    assert inspector.get_table_options("gig's")["redshift_interleaved_sortkey"] == ("name", "id")
    assert inspector.get_table_options("gig's")["redshift_diststyle"] is None  # automatic


def test_views_are_listed_apart_from_tables(bands: sa.Connection) -> None:
    inspector = sa.inspect(bands)
    assert {"band", "gig's"} <= set(inspector.get_table_names())
    assert inspector.get_view_names() == ["famous"]
    assert "SELECT" in inspector.get_view_definition("famous")
    assert [column["name"] for column in inspector.get_columns("famous")] == ["name"]


def test_a_table_is_there_or_not(bands: sa.Connection) -> None:
    inspector = sa.inspect(bands)
    assert [inspector.has_table(name) for name in ("band", "famous", "gig's", "no")] == [True, True, True, False]
    with pytest.raises(sa.exc.NoSuchTableError):
        sa.Table("no", sa.MetaData(), autoload_with=bands)
    with pytest.raises(sa.exc.NoSuchTableError):
        inspector.get_view_definition("no")


def test_a_table_of_another_schema_is_another_table(bands: sa.Connection) -> None:
    bands.exec_driver_sql("CREATE SCHEMA other")
    bands.exec_driver_sql("CREATE TABLE other.band (id INTEGER)")
    inspector = sa.inspect(bands)
    assert [column["name"] for column in inspector.get_columns("band", schema="other")] == ["id"]
    assert len(inspector.get_columns("band")) == 5
    assert inspector.get_table_names(schema="other") == ["band"]


def test_all_tables_are_reflected_by_a_handful_of_statements(bands: sa.Connection) -> None:
    """None reads svv_external_*: minutes with many external tables, errors while Glue fails.

    https://github.com/aws/amazon-redshift-jdbc-driver/issues/64 and https://github.com/PostHog/posthog/issues/44534
    """
    reflected = sa.MetaData()
    with statements(bands) as sent:
        reflected.reflect(bands, views=True)
    assert {"band", "gig's", "famous", "songplays"} <= set(reflected.tables)
    assert len(sent) == 3
    assert [statement for statement in sent if "svv_" in statement or "pg_get_late" in statement] == []


@pytest.mark.parametrize(
    ("formatted", "expected"),
    [
        ("character varying(40)", "VARCHAR(40)"),
        ("character varying", "VARCHAR"),
        ("character(3)", "CHAR(3)"),
        ("numeric(18,0)", "NUMERIC(18, 0)"),
        ("double precision", "DOUBLE PRECISION"),
        ("timestamp without time zone", "TIMESTAMP WITHOUT TIME ZONE"),
        ("timestamp with time zone", "TIMESTAMPTZ"),
        ("time with time zone", "TIMETZ"),
        ("boolean", "BOOLEAN"),
        ("super", "SUPER"),
        ("geometry", "GEOMETRY"),
    ],
)
def test_every_type_is_known_by_its_name_in_the_catalogue(formatted: str, expected: str) -> None:
    dialect = SparkifyDialect()
    assert column_type(formatted, dialect.ischema_names).compile(dialect=dialect) == expected


@pytest.mark.parametrize("formatted", ["geography", "integer[]", '"char"', "-"])
def test_an_unknown_type_has_the_null_type(formatted: str) -> None:
    assert isinstance(column_type(formatted, SparkifyDialect().ischema_names), sa.types.NullType)


def test_identifiers_lose_their_quotes() -> None:
    assert identifiers('id, "order", "a ""b"", c"') == ["id", "order", 'a "b", c']
    assert identifiers('public."my table"') == ["public", "my table"]
