"""CREATE TABLE refuses contradictions, and encodings that do not fit."""

from __future__ import annotations

import pytest

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.plan import plan
from sparkify_dwh.standin.rules.create_table import read_create_table


@pytest.mark.parametrize(
    ("sql", "code", "message"),
    [
        ("(a INT) COLOUR RED", "42601", 'at or near "COLOUR"'),
        ("(a INT ENCODE zip)", "42601", 'encoding type "zip" is not known'),
        ("(a INT, a INT)", "42701", 'column "a" specified more than once'),
        ("(a INT) DISTKEY (b)", "42703", 'column "b" named in key does not exist'),
        ("(LIKE s) SORTKEY (a)", "42601", 'at or near "SORTKEY"'),
        ("(LIKE s, LIKE u)", "42601", 'at or near "u"'),
        ("(a INT", "42601", "at end of input"),
        ("(a INT DISTKEY, b INT DISTKEY)", "42P16", "DISTKEY is specified more than once"),
        ("(a INT DISTKEY, b INT) DISTKEY (b)", "42P16", "DISTKEY is specified more than once"),
        ("(a INT, b INT) DISTKEY (a, b)", "42P16", "DISTKEY takes one column, not 2"),
        ("(a INT, b INT DISTKEY) DISTSTYLE EVEN", "42P16", "DISTKEY needs DISTSTYLE KEY, not DISTSTYLE EVEN"),
        ("(a INT, b INT) DISTSTYLE KEY", "42P16", "DISTSTYLE KEY needs a DISTKEY column"),
        ("(a INT) DISTSTYLE ALL DISTSTYLE EVEN", "42P16", "DISTSTYLE is specified more than once"),
        ("(a INT SORTKEY, b INT SORTKEY)", "42P16", "SORTKEY is specified more than once"),
        ("(a INT SORTKEY, b INT) SORTKEY (b)", "42P16", "SORTKEY is specified more than once"),
        ("(a INT) SORTKEY (a, a)", "42701", 'column "a" appears twice in sort key'),
        ("(a INT PRIMARY KEY, b INT PRIMARY KEY)", "42P16", 'multiple primary keys for table "t" are not allowed'),
        ("(a INT, PRIMARY KEY (a), PRIMARY KEY (a))", "42P16", 'multiple primary keys for table "t" are not allowed'),
        ("(a INT, PRIMARY KEY (a, a))", "42701", 'column "a" appears twice in primary key constraint'),
        ("(a INT, UNIQUE (b))", "42703", 'column "b" named in key does not exist'),
        ("(a INT, FOREIGN KEY (b) REFERENCES u (c))", "42703", 'column "b" named in key does not exist'),
        ("(a INT REFERENCES u ON DELETE CASCADE)", "42601", 'at or near "ON"'),
        ("(a INT NOT NULL NULL)", "42601", 'conflicting NULL/NOT NULL declarations for column "a"'),
        ("(a INT NULL PRIMARY KEY)", "42601", 'conflicting NULL/NOT NULL declarations for column "a"'),
        ("(a INT DEFAULT 1 DEFAULT 2)", "42601", 'multiple default values specified for column "a"'),
        ("(a INT IDENTITY (1, 1) IDENTITY (1, 1))", "42601", 'multiple identity specifications for column "a"'),
        ("(a INT IDENTITY (1))", "42601", "IDENTITY needs two integers"),
        ("(a INT IDENTITY (b, 'c'))", "42601", "IDENTITY needs two integers"),
        ("(a SMALLINT IDENTITY (1, 1))", "22023", 'identity column "a" must be INT or BIGINT, not smallint'),
        ("(a INT ENCODE raw ENCODE raw)", "42601", 'multiple encodings specified for column "a"'),
        ("()", "42P16", 'table "t" must have at least one column'),
        ("(a NUMERIC(39, 2))", "22023", "NUMERIC precision 39 must be between 1 and 38"),
        ("(a NUMERIC(0))", "22023", "NUMERIC precision 0 must be between 1 and 38"),
        ("(a NUMERIC(38, 38))", "22023", "NUMERIC scale 38 must be between 0 and 37"),
        ("(a NUMERIC(10, 11))", "22023", "NUMERIC scale 11 must be between 0 and 10"),
        ("(a NUMERIC(10, -1))", "22023", "NUMERIC scale -1 must be between 0 and 10"),
        ("(a NUMERIC(9, 2, 1))", "42601", "NUMERIC takes a precision and a scale"),
        ("(a INT) SORTKEY ()", "42601", 'syntax error at or near ")"'),
        ("(LIKE s, PRIMARY KEY (a))", "0A000", "the stand-in supports no key on a column inherited by LIKE"),
        ("(a NUMERIC(x))", "42601", "the arguments of a type must be integers"),
        ("(a FLOAT(54))", "22023", "precision for type float must be between 1 and 53 bits"),
    ],
)
def test_an_invalid_or_contradictory_table_is_an_error(sql: str, code: str, message: str) -> None:
    """Redshift guide, r_CREATE_TABLE_NEW and r_Numeric_types201."""
    with pytest.raises(RedshiftError) as error:
        plan(f"CREATE TABLE t {sql}")
    assert error.value.sqlstate == code
    assert message in error.value.message


@pytest.mark.parametrize(
    ("encoding", "fits", "fits_not"),
    [
        ("az64", "NUMERIC(9), DATE, TIMETZ", "VARCHAR(9), BOOLEAN, FLOAT8, CHAR(3)"),
        ("bytedict", "VARCHAR(9), FLOAT4, DATE", "BOOLEAN"),
        ("delta", "SMALLINT, TIMESTAMP, NUMERIC(9)", "VARCHAR(9), FLOAT8, TIMESTAMPTZ"),
        ("delta32k", "INT, DATE", "SMALLINT"),
        ("lzo", "INT, CHAR(3), TIMESTAMPTZ", "FLOAT8, BOOLEAN"),
        ("mostly8", "SMALLINT, INT, NUMERIC(9)", "VARCHAR(9), DATE"),
        ("mostly16", "INT, BIGINT", "SMALLINT"),
        ("mostly32", "BIGINT, NUMERIC(9)", "INT"),
        ("runlength", "BOOLEAN, FLOAT8, VARCHAR(9)", ""),
        ("text255", "VARCHAR(9)", "INT, DATE, CHAR(9)"),
        ("zstd", "BOOLEAN, FLOAT8, TIMESTAMPTZ", ""),
        ("raw", "BOOLEAN, FLOAT8, TIMESTAMPTZ", ""),
    ],
)
def test_an_encoding_fits_some_types(encoding: str, fits: str, fits_not: str) -> None:
    """Redshift guide, c_Compression_encodings."""
    for type_ in fits.split(", "):
        assert plan(f"CREATE TABLE t (a {type_} ENCODE {encoding})")
    for type_ in filter(None, fits_not.split(", ")):
        for sql in (f"CREATE TABLE t (a {type_} ENCODE {encoding})", f"ALTER TABLE t ADD a {type_} ENCODE {encoding}"):
            with pytest.raises(RedshiftError, match=f'encoding "{encoding}" does not fit column "a"'):
                plan(sql)


def test_a_constraint_may_come_before_its_columns() -> None:
    table = read_create_table("CREATE TABLE t (PRIMARY KEY (b), a INT NOT NULL NOT NULL, b INT)")
    assert [column.not_null for column in table.columns.values()] == [True, True]
