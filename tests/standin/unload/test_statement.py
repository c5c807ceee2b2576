"""The parser of UNLOAD: the options that it reads, and those that it refuses by name."""

from __future__ import annotations

import pytest

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.outcomes import CarriedOut
from sparkify_dwh.standin.plan import plan
from sparkify_dwh.standin.unload.options import MEGABYTE, UnloadOptions
from sparkify_dwh.standin.unload.statement import UnloadStatement, parse_unload


def unload(clauses: str, query: str = "select 1", target: str = "s3://bucket/key_") -> UnloadStatement:
    return parse_unload(f"UNLOAD ('{query}') TO '{target}' IAM_ROLE default {clauses}")


def refusal(clauses: str, query: str = "select 1", target: str = "s3://bucket/key_") -> str:
    with pytest.raises(RedshiftError) as raised:
        unload(clauses, query, target)
    return f"{raised.value.sqlstate} {raised.value.message}"


def test_clauses_come_in_any_order() -> None:
    """Redshift guide, r_UNLOAD"""
    statement = parse_unload(
        "unload ('select a, b from t;') to 's3://bucket/key' manifest verbose partition by (b, a) include "
        "region as 'eu-west-1' cleanpath parquet parallel off rowgroupsize 64 mb maxfilesize as 1 gb "
        "credentials 'aws_iam_role=arn:aws:iam::123456789012:role/r'"
    )
    assert statement.query == "select a, b from t"
    assert statement.authorization.iam_role == "arn:aws:iam::123456789012:role/r"
    assert statement.options == UnloadOptions(
        "parquet", ("b", "a"), include=True, manifest="verbose", clean_path=True, parallel=False,
        max_file_bytes=1024 * MEGABYTE, row_group_bytes=64 * MEGABYTE, region="eu-west-1",
    )  # fmt: skip


def test_quotes_in_the_query_are_doubled() -> None:
    """Redshift guide, r_UNLOAD"""
    assert unload("PARQUET", "select * from venue where state=''NV''").query == "select * from venue where state='NV'"


def test_partitions_stand_below_the_prefix() -> None:
    """Redshift guide, r_UNLOAD, PARTITION BY: a slash is added"""
    assert unload("PARQUET PARTITION BY (a)").url == "s3://bucket/key_/"
    assert unload("PARQUET PARTITION BY (a)", target="s3://bucket/key/").url == "s3://bucket/key/"
    assert unload("PARQUET").url == "s3://bucket/key_"


@pytest.mark.parametrize(
    "query",
    [
        "select * from t order by a limit 5",
        "with q as (select 1) select a from q LIMIT 1",
        "select a from t fetch first 1 row only",
        "select a from t Fetch /* the */ next row only;",
        "(select a from t limit 1)",
        "((with q as (select 1) select a from q limit 1))",
        "(select top 5 a from t)",
        "(select a from t) limit 1",
    ],
)
def test_the_outer_select_has_no_limit(query: str) -> None:
    """Redshift guide, r_UNLOAD"""
    assert refusal("PARQUET", query).startswith("0A000 UNLOAD does not support LIMIT, FETCH or TOP in its outer SELECT")


@pytest.mark.parametrize(
    "query",
    [
        "select * from (select * from t limit 5) q",
        'select "limit" from t',
        "select t.limit from t",
        "(select a from t limit 1) union all (select a from t limit 1)",
        "select fetch from t",
        "select t.fetch first from t",
    ],
)
def test_a_subquery_may_have_a_limit(query: str) -> None:
    assert unload("PARQUET", query).query == query


@pytest.mark.parametrize(
    "option", ["DELIMITER '|'", "FIXEDWIDTH '1:2'", "ADDQUOTES", "ESCAPE", "NULL AS ''", "HEADER", "GZIP"]
)
def test_parquet_excludes_the_options_of_text(option: str) -> None:
    """Redshift guide, r_UNLOAD, FORMAT AS PARQUET"""
    assert (
        refusal(f"FORMAT AS PARQUET {option}")
        == f"0A000 {option.split(maxsplit=1)[0]} is not supported for UNLOAD to PARQUET"
    )


@pytest.mark.parametrize("option", ["BZIP2", "ZSTD", "ENCRYPTED AUTO", "EXTENSION 'csv'", "ESCAPE", "KMS_KEY_ID 'x'"])
def test_an_unsupported_option_is_named(option: str) -> None:
    name = option.split(maxsplit=1)[0]
    assert refusal(f"{option} CSV") == f"0A000 UNLOAD option {name} is not supported by the stand-in"


@pytest.mark.parametrize(
    ("clauses", "error"),
    [
        ("PARQUET FASTER", '42601 syntax error at or near "FASTER"'),
        ("FORMAT ORC", '42601 syntax error at or near "ORC"'),
        ("CSV PARQUET", "42601 conflicting or redundant options: FORMAT is given twice"),
        ("CSV GZIP GZIP", "42601 conflicting or redundant options: GZIP is given twice"),
        (
            "CSV CLEANPATH ALLOWOVERWRITE",
            "42601 UNLOAD accepts ALLOWOVERWRITE or CLEANPATH but not both: leave one out",
        ),
        ("CSV ROWGROUPSIZE 32 MB", "0A000 ROWGROUPSIZE is not supported for UNLOAD to CSV"),
        ("CSV MAXFILESIZE 4 MB", "22023 MAXFILESIZE must be between 5 MB and 6349 MB, not 4 MB"),
        ("PARQUET ROWGROUPSIZE 129", "22023 ROWGROUPSIZE must be between 32 MB and 128 MB, not 129 MB"),
        (
            "CSV DELIMITER 'ab'",
            "22023 DELIMITER must be one ASCII character other than a letter, digit, quote or line end",
        ),
        ("", "0A000 UNLOAD without FORMAT PARQUET, CSV or JSON is not supported by the stand-in"),
        ("CSV ACCESS_KEY_ID 'a'", "42601 UNLOAD takes one form of authorization: IAM_ROLE, access keys or CREDENTIALS"),
    ],
)
def test_invalid_clauses_are_refused_by_name(clauses: str, error: str) -> None:
    assert refusal(clauses) == error


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("delete from t", "42601 UNLOAD needs a SELECT in quotes"),
        ("", "42601 UNLOAD needs a SELECT in quotes"),
        ("select $1", "42P02 there is no parameter $1"),
    ],
)
def test_only_a_select_is_unloaded(query: str, error: str) -> None:
    assert refusal("CSV", query).startswith(error)


@pytest.mark.parametrize("target", ["/tmp/x", "file://x", "https://bucket/x"])
def test_the_target_is_an_object(target: str) -> None:
    assert refusal("CSV", target=target).startswith("42601 UNLOAD needs a URL like s3://bucket/prefix")


def test_the_query_is_held_to_redshifts_rules() -> None:
    """What a SELECT of its own would be refused for, the query of an UNLOAD is too."""
    assert isinstance(plan("UNLOAD ('select sysdate') TO 's3://b/k' IAM_ROLE default CSV"), CarriedOut)
    with pytest.raises(RedshiftError, match='syntax error at or near "from"'):
        plan("UNLOAD ('select 1 is distinct from 2') TO 's3://b/k' IAM_ROLE default CSV")
