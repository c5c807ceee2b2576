"""ALTER TABLE on the stand-in. Redshift guide, r_ALTER_TABLE, unless a test says otherwise."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import ProgrammingError

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.plan import plan


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
        "ADD COLUMN c INT NOT NULL",
        "ADD COLUMN c INT PRIMARY KEY",
        "ADD COLUMN c INT IDENTITY(1,1)",
        "ADD COLUMN c INT SORTKEY",
        "ALTER COLUMN a TYPE BIGINT",
        "ALTER COLUMN a ENCODE zip",
        "RENAME a TO b",
        "DROP COLUMN IF EXISTS a",
        "SET SCHEMA other",
        "ENABLE ROW LEVEL SECURITY",
        "ADD COLUMN c INT NOT NULL NULL DEFAULT 1",
        "ADD COLUMN c INT DEFAULT 1 DEFAULT 2",
        "ADD COLUMN c INT REFERENCES users",
        "ALTER DISTSTYLE KEY SORTKEY (a)",
        "ALTER SORTKEY (a, a)",
    ],
)
def test_unsupported_changes_are_refused(action: str) -> None:
    with pytest.raises(RedshiftError):
        plan(f"ALTER TABLE altered {action}")


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


@pytest.mark.parametrize(
    ("column", "new", "message"),
    [
        ("c INT", 9, '"c" is integer'),
        ("c CHAR(4)", 9, '"c" is character'),
        ("d INT", 9, 'column "c" does not exist'),
        ("c VARCHAR(4) ENCODE bytedict", 9, "whose encoding is bytedict"),
        ("c VARCHAR(4) UNIQUE", 9, 'which is in the key "altered_c_key"'),
        # https://github.com/jazzband/django-redshift-backend/issues/96
        ("c VARCHAR(4) DEFAULT 'x'", 3, "cannot decrease a VARCHAR column size with default value"),
    ],
)
def test_only_some_texts_change_their_length(engine: Engine, column: str, new: int, message: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE TEMP TABLE altered ({column})")
        with pytest.raises(ProgrammingError, match=message):
            connection.exec_driver_sql(f"ALTER TABLE altered ALTER COLUMN c TYPE VARCHAR({new})")
        connection.exec_driver_sql("DROP TABLE altered")


@pytest.mark.parametrize(
    ("action", "message"),
    [
        # https://github.com/goibibo/SqlShift/issues/27
        ("DROP COLUMN a", 'cannot drop distkey column "a"'),
        # https://github.com/dbt-labs/dbt-redshift/issues/333
        ("DROP COLUMN b CASCADE", 'cannot drop sortkey column "b"'),
        ("DROP COLUMN c", 'column "c" of relation "altered" does not exist'),
        ("ALTER DISTKEY c", 'column "c" of relation "altered" does not exist'),
        ("ALTER DISTSTYLE KEY DISTKEY c", 'column "c" of relation "altered" does not exist'),
        ("ALTER SORTKEY (a, c)", 'column "c" of relation "altered" does not exist'),
        ("ALTER COLUMN c ENCODE raw", 'column "c" of relation "altered" does not exist'),
        ("ALTER COLUMN b ENCODE az64", 'encoding "az64" does not fit column "b", which is character varying'),
    ],
)
def test_keys_and_encodings_are_of_columns_that_take_them(altered: Connection, action: str, message: str) -> None:
    altered.exec_driver_sql("ALTER TABLE altered ALTER DISTKEY a")
    altered.exec_driver_sql("ALTER TABLE altered ALTER SORTKEY (b)")
    with pytest.raises(ProgrammingError, match=re.escape(message)):
        altered.exec_driver_sql(f"ALTER TABLE altered {action}")


def test_encodings_are_altered_and_left_to_the_system(altered: Connection) -> None:
    altered.exec_driver_sql("ALTER TABLE altered ALTER COLUMN b ENCODE text255")
    altered.exec_driver_sql("ALTER TABLE altered ALTER ENCODE AUTO")
    assert inspect(altered).get_columns("altered")[1]["info"] == {"encode": "text255"}  # type: ignore[typeddict-item]
    with pytest.raises(ProgrammingError, match='relation "nowhere" does not exist'):
        altered.exec_driver_sql("ALTER TABLE nowhere ALTER ENCODE AUTO")


def test_a_key_follows_the_names_of_its_columns(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE altered (a INT, b INT REFERENCES users (user_id), PRIMARY KEY (b, a))")
    connection.exec_driver_sql("ALTER TABLE altered RENAME COLUMN b TO bb")
    assert inspect(connection).get_pk_constraint("altered")["constrained_columns"] == ["bb", "a"]
    assert inspect(connection).get_foreign_keys("altered")[0]["constrained_columns"] == ["bb"]


def test_a_key_goes_with_its_column(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE altered (a INT, b INT PRIMARY KEY)")
    connection.exec_driver_sql("ALTER TABLE altered DROP COLUMN b")
    assert inspect(connection).get_pk_constraint("altered")["constrained_columns"] == []


def test_dist_and_sort_keys_are_altered(altered: Connection) -> None:
    altered.exec_driver_sql("ALTER TABLE altered ALTER DISTSTYLE KEY DISTKEY a")
    altered.exec_driver_sql("ALTER TABLE altered ALTER SORTKEY (b, a)")
    options = inspect(altered).get_table_options("altered")
    assert (options["redshift_distkey"], options["redshift_sortkey"]) == ("a", ("b", "a"))
    altered.exec_driver_sql("ALTER TABLE altered ALTER DISTSTYLE ALL")
    altered.exec_driver_sql("ALTER TABLE altered ALTER SORTKEY NONE")
    options = inspect(altered).get_table_options("altered")
    assert (options["redshift_diststyle"], options["redshift_sortkey"]) == ("ALL", ())
