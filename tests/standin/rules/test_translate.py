"""Queries of Redshift's catalogue, translated for PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from sparkify_dwh.standin.outcomes import PASSED, Rewritten
from sparkify_dwh.standin.plan import plan

DISTKEY = "SELECT attisdistkey FROM redshift_catalog.pg_attribute"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT attisdistkey FROM pg_attribute", DISTKEY),
        ("SELECT attisdistkey FROM pg_catalog.pg_attribute", DISTKEY),
        ('SELECT "attisdistkey" FROM "pg_catalog" . "pg_attribute"',
         'SELECT "attisdistkey" FROM redshift_catalog.pg_attribute'),
        (f"{DISTKEY} /* pg_attribute */ WHERE 1 AND x = 'where 1 pg_class' -- pg_class",
         f"{DISTKEY} /* pg_attribute */ WHERE TRUE AND x = 'where 1 pg_class' -- pg_class"),
        ("SELECT attisdistkey, 'pg_class'::regclass AS DEFAULT FROM pg_attribute AS a WHERE 1 = 1",
         "SELECT attisdistkey, 'pg_class'::regclass AS \"default\" FROM redshift_catalog.pg_attribute AS a WHERE 1 = 1"),
        ("SELECT pg_class.reldiststyle FROM pg_class AS pg_class",
         "SELECT pg_class.reldiststyle FROM redshift_catalog.pg_class AS pg_class"),
        ("SELECT nvl(reldiststyle, 0), extract(year FROM sysdate) FROM pg_class",
         "SELECT COALESCE(reldiststyle, 0), redshift_catalog.date_part('year' ,  redshift_catalog.sysdate()) "
         "FROM redshift_catalog.pg_class"),
        ("SELECT view_name FROM pg_get_late_binding_view_cols() cols(view_schema name, view_name name)",
         "SELECT view_name FROM redshift_catalog.late_binding_view_cols cols"),
        ("SELECT pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint",
         "SELECT redshift_catalog.pg_get_constraintdef(oid) FROM redshift_catalog.pg_constraint"),
    ],
)  # fmt: skip
def test_the_catalogue_is_read_through_views_that_have_redshifts_columns(sql: str, expected: str) -> None:
    assert plan(sql) == Rewritten(expected)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'attisdistkey', relname FROM pg_class -- reldiststyle",
        "INSERT INTO notes (text) VALUES ('reldiststyle of pg_class where 1 AS DEFAULT')",
        "SELECT pg_constraint FROM t /* pg_catalog.pg_constraint */",
    ],
)
def test_strings_and_comments_with_catalogue_names_pass_unchanged(sql: str) -> None:
    assert plan(sql) is PASSED


def test_strings_of_a_catalogue_query_come_back_as_they_went(connection: Connection) -> None:
    sql = "SELECT 'of pg_class where 1', count(*) > 0 FROM pg_class WHERE reldiststyle IS NOT NULL"
    assert tuple(connection.exec_driver_sql(sql).one()) == ("of pg_class where 1", True)
