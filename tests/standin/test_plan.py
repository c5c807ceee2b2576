"""A statement is recognised by its first words."""

from __future__ import annotations

import pytest

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.outcomes import PASSED
from sparkify_dwh.standin.plan import plan


@pytest.mark.parametrize(
    "sql",
    [
        "{} SAVEPOINT a",
        "; {} ; SAVEPOINT a",
        "SAVEPOINT{} a",
        "CREATE {} TABLE t (a serial)",
        "CREATE{} TEMP {}TABLE t (a serial)",
        "ALTER {} TABLE t ADD COLUMN IF NOT EXISTS a int",
        "TRUNCATE {} t, u",
        "VACUUM {} (FULL) t",
        "MERGE {} INTO t USING s ON a > b WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)",
        "LOCK {} t IN SHARE MODE",
        "SET {} work_mem TO 1",
        "COPY {} users TO STDOUT",
        "EXPLAIN {} ANALYZE SELECT 1",
    ],
)
@pytest.mark.parametrize("comment", ["/* c */", "/* /* n */ */", "-- c\n", "-- c\r", "/**/--c\n/*c*/"])
def test_a_comment_between_the_first_words_hides_nothing(sql: str, comment: str) -> None:
    with pytest.raises(RedshiftError):
        plan(sql.replace("{}", comment))


def test_an_unterminated_comment_is_an_error() -> None:
    with pytest.raises(RedshiftError, match="unterminated"):
        plan("create /* table t (a int)")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE SCHEMA s CREATE TABLE t (a INT)",
        "create schema /* c */ if not exists s authorization u create view v as select 1",
        "CREATE SCHEMA AUTHORIZATION u GRANT SELECT ON t TO u",
        "CREATE SCHEMA s QUOTA 5 GB",
    ],
)
def test_a_schema_is_created_on_its_own(sql: str) -> None:
    """Redshift guide, r_CREATE_SCHEMA, has elements and quotas; the stand-in has not."""
    with pytest.raises(RedshiftError, match="the stand-in"):
        plan(sql)
    assert plan("CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION u") is PASSED
