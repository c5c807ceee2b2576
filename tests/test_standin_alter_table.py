"""ALTER TABLE on the stand-in. Redshift guide, r_ALTER_TABLE, unless a test says otherwise."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import ProgrammingError


@pytest.fixture
def altered(connection: Connection) -> Connection:
    """A connection in whose transaction there is a table to alter."""
    connection.exec_driver_sql("CREATE TABLE altered (a INT, b VARCHAR(4))")
    return connection


def columns(connection: Connection) -> dict[str, str]:
    return {column["name"]: str(column["type"]) for column in inspect(connection).get_columns("altered")}


def test_a_column_is_added_with_its_encoding(altered: Connection) -> None:
    altered.exec_driver_sql("ALTER TABLE altered ADD COLUMN c VARCHAR(3) ENCODE zstd DEFAULT 'x' NOT NULL")
    assert columns(altered) == {"a": "INTEGER", "b": "VARCHAR(4)", "c": "VARCHAR(3)"}
    assert inspect(altered).get_columns("altered")[2]["info"] == {"encode": "zstd"}  # type: ignore[typeddict-item]


def test_an_added_text_counts_bytes_too(altered: Connection) -> None:
    altered.exec_driver_sql("ALTER TABLE altered ADD c VARCHAR(3)")
    with pytest.raises(ProgrammingError, match="value too long"):
        altered.exec_driver_sql("INSERT INTO altered (c) VALUES ('日本')")


def test_a_column_is_dropped_and_another_renamed(altered: Connection) -> None:
    altered.exec_driver_sql("ALTER TABLE altered DROP COLUMN a")
    altered.exec_driver_sql("ALTER TABLE altered RENAME COLUMN b TO bb")
    assert columns(altered) == {"bb": "VARCHAR(4)"}


@pytest.mark.parametrize(
    "action",
    [
        "ADD COLUMN IF NOT EXISTS c INT",
        "ADD COLUMN c INT, ADD COLUMN d INT",
        "ADD COLUMN c INT NOT NULL",
        "ADD COLUMN c INT PRIMARY KEY",
        "ADD COLUMN c INT IDENTITY(1,1)",
        "ADD COLUMN c INT SORTKEY",
        "ALTER COLUMN a SET NOT NULL",
        "ALTER COLUMN a SET DEFAULT 1",
        "ALTER COLUMN a TYPE BIGINT",
        "ALTER COLUMN a ENCODE zip",
        "RENAME a TO b",
        "DROP COLUMN IF EXISTS a",
        "SET SCHEMA other",
        "ENABLE ROW LEVEL SECURITY",
    ],
)
def test_what_redshift_does_not_alter_is_refused(altered: Connection, action: str) -> None:
    with pytest.raises(ProgrammingError):
        altered.exec_driver_sql(f"ALTER TABLE altered {action}")


def test_a_type_is_not_altered_inside_a_transaction(altered: Connection) -> None:
    """https://github.com/flyway/flyway/issues/2438"""
    with pytest.raises(ProgrammingError, match="ALTER TABLE ALTER COLUMN cannot run inside a transaction block"):
        altered.exec_driver_sql("ALTER TABLE altered ALTER COLUMN b TYPE VARCHAR(9)")


def test_a_widened_text_takes_more_bytes(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CREATE TABLE altered (a INT, b VARCHAR(4))")
        connection.exec_driver_sql("ALTER TABLE altered ALTER COLUMN b TYPE VARCHAR(6)")
        connection.exec_driver_sql("INSERT INTO altered VALUES (1, '日本')")
        with pytest.raises(ProgrammingError, match=r"character varying\(6\)"):
            connection.exec_driver_sql("INSERT INTO altered VALUES (1, '日本.')")
        connection.exec_driver_sql("DROP TABLE altered")


def test_dist_and_sort_keys_are_altered(altered: Connection) -> None:
    altered.exec_driver_sql("ALTER TABLE altered ALTER DISTSTYLE KEY DISTKEY a")
    altered.exec_driver_sql("ALTER TABLE altered ALTER SORTKEY (b, a)")
    options = inspect(altered).get_table_options("altered")
    assert (options["redshift_distkey"], options["redshift_sortkey"]) == ("a", ("b", "a"))
    altered.exec_driver_sql("ALTER TABLE altered ALTER DISTSTYLE ALL")
    altered.exec_driver_sql("ALTER TABLE altered ALTER SORTKEY NONE")
    options = inspect(altered).get_table_options("altered")
    assert (options["redshift_diststyle"], options["redshift_sortkey"]) == ("ALL", None)
