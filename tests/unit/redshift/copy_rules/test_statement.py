"""COPY statements are read as Redshift reads them, and what the stand-in cannot do is refused by name."""

from __future__ import annotations

import pytest

from sparkify_dwh.redshift.copy_rules.statement import CopyStatement, parse_copy
from sparkify_dwh.redshift.errors import RedshiftError

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/load'"
READER = "arn:aws:iam::123456789012:role/service/reader@s3"
CHINESE = "arn:aws-cn:iam::123456789012:role/r"


def copy(clauses: str, authorization: str = ROLE) -> CopyStatement:
    return parse_copy(f"COPY events FROM 's3://sparkify/log_data' {authorization} {clauses}")


def refusal(clauses: str, authorization: str = ROLE) -> str:
    with pytest.raises(RedshiftError) as raised:
        copy(clauses, authorization)
    return f"{raised.value.sqlstate} {raised.value.message}"


def test_a_statement_as_this_project_writes_it_is_read_whole() -> None:
    statement = parse_copy(
        """COPY "public"."Staging_Events" (artist, "firstName", ts)
        FROM 's3://sparkify/manifests/42.json' IAM_ROLE 'arn:aws:iam::123456789012:role/r' REGION 'us-west-2' MANIFEST
        FORMAT AS JSON 's3://sparkify/log_json_path.json' TIMEFORMAT AS 'epochmillisecs' EMPTYASNULL
        COMPUPDATE OFF STATUPDATE OFF MAXERROR AS 3;"""
    )
    assert (statement.schema, statement.table) == ("public", "staging_events")
    assert statement.columns == ("artist", "firstname", "ts")
    assert statement.url == "s3://sparkify/manifests/42.json"
    assert statement.json == "s3://sparkify/log_json_path.json"
    assert statement.authorization.iam_role == "arn:aws:iam::123456789012:role/r"
    options = statement.options
    assert (options.manifest, options.region, options.max_error) == (True, "us-west-2", 3)
    assert (options.time_format, options.empty_as_null) == ("epochmillisecs", True)
    assert (options.comp_update, options.stat_update) == ("off", "off")


def test_clauses_come_in_any_order_and_as_may_be_left_out() -> None:
    """Redshift guide, r_COPY: the order of the clauses is free."""
    first = copy("FORMAT AS JSON AS 'auto' TIMEFORMAT AS 'auto' REGION AS 'eu-west-1' MAXERROR AS 5 GZIP")
    second = parse_copy(
        f"copy events from 's3://sparkify/log_data' gzip maxerror 5 timeformat 'auto' json 'auto' {ROLE} region 'eu-west-1'"
    )
    assert first == second


@pytest.mark.parametrize(
    "clause", ["JSON", "FORMAT JSON", "FORMAT AS JSON", "AS JSON", "JSON 'auto'", "JSON AS 'auto'"]
)
def test_json_alone_means_auto(clause: str) -> None:
    assert copy(clause).json == "auto"


def test_every_option_is_kept() -> None:
    options = copy(
        "JSON 'auto ignorecase' ZSTD NOLOAD EXPLICIT_IDS DATEFORMAT 'MM/DD/YYYY' TIMEFORMAT 'YYYY-MM-DDTHH:MI:SS' "
        "ACCEPTANYDATE ACCEPTINVCHARS AS '^' BLANKSASNULL TRIMBLANKS TRUNCATECOLUMNS ROUNDEC COMPROWS 1000 "
        "COMPUPDATE PRESET STATUPDATE TRUE ENCODING UTF8"
    ).options
    assert (options.compression, options.no_load, options.explicit_ids) == ("zstd", True, True)
    assert (options.date_format, options.time_format) == ("MM/DD/YYYY", "YYYY-MM-DDTHH:MI:SS")
    assert (options.accept_any_date, options.accept_invalid_chars) == (True, "^")
    assert (options.blanks_as_null, options.trim_blanks, options.truncate_columns) == (True, True, True)
    assert (options.round_decimals, options.comp_rows) == (True, 1000)
    assert (options.comp_update, options.stat_update) == ("preset", "on")


def test_switches_without_an_argument_are_on() -> None:
    options = copy("COMPUPDATE STATUPDATE ACCEPTINVCHARS JSON").options
    assert (options.comp_update, options.stat_update, options.accept_invalid_chars) == ("on", "on", "?")


@pytest.mark.parametrize(
    ("authorization", "role", "keys"),
    [
        ("IAM_ROLE default", "default", (None, None, None)),
        (f"CREDENTIALS 'aws_iam_role={READER}'", READER, (None, None, None)),
        (f"IAM_ROLE '{READER},{CHINESE}'", f"{READER},{CHINESE}", (None, None, None)),
        ("WITH CREDENTIALS AS 'aws_access_key_id=i;aws_secret_access_key=k/=='", None, ("i", "k/==", None)),
        ("CREDENTIALS 'aws_access_key_id=i;aws_secret_access_key=k;token=t'", None, ("i", "k", "t")),
        ("ACCESS_KEY_ID 'i' SECRET_ACCESS_KEY 'k'", None, ("i", "k", None)),
        ("SESSION_TOKEN 't' ACCESS_KEY_ID 'i' SECRET_ACCESS_KEY 'k'", None, ("i", "k", "t")),
    ],
)
def test_every_form_of_authorization_is_read(
    authorization: str, role: str | None, keys: tuple[str | None, str | None, str | None]
) -> None:
    """Redshift guide, copy-parameters-authorization."""
    statement = copy("JSON", authorization)
    given = statement.authorization
    assert given.iam_role == role
    assert (given.access_key_id, given.secret_access_key, given.session_token) == keys


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "ACCESS_KEY_ID 'i'",
        "SECRET_ACCESS_KEY 'k'",
        f"IAM_ROLE '{READER}' CREDENTIALS 'aws_iam_role={READER}'",
        f"IAM_ROLE '{READER}' ACCESS_KEY_ID 'i' SECRET_ACCESS_KEY 'k'",
        f"CREDENTIALS 'aws_iam_role={READER};token=t'",
        "CREDENTIALS 'aws_access_key_id=i;aws_secret_access_key=k' SESSION_TOKEN 't'",
        f"CREDENTIALS 'aws_iam_role= {READER}'",
        f"CREDENTIALS 'AWS_IAM_ROLE={READER}'",
        "IAM_ROLE ''",
        "IAM_ROLE arn",
    ],
)
def test_authorization_is_mandatory_and_of_one_form(authorization: str) -> None:
    assert refusal("JSON", authorization).startswith("42601 ")


@pytest.mark.parametrize(
    "role",
    [
        "load", "arn:aws:iam::1:role/r", "arn:aws:iam::123456789012:user/ada", "arn:aws:iam:us-west-2:123456789012:role/r",
        f"{READER}, {CHINESE}", f"{READER},", f"{READER} ", "arn:aws:iam::210987654321:role/", "default",
        "AKIAIOSFODNN7EXAMPLE",
    ],
)  # fmt: skip
def test_a_role_is_given_by_its_arn(role: str) -> None:
    """Redshift guide, copy-parameters-authorization. What stands there may be a secret, and is not repeated."""
    message = refusal("JSON", f"IAM_ROLE '{role}'")
    assert message.startswith("42601 Invalid IAM role: IAM_ROLE takes default or the ARN of a role")
    assert f"'{role}'" not in message


@pytest.mark.parametrize(
    "authorization",
    [
        "ACCESS_KEY_ID 'i' SECRET_ACCESS_KEY hunter2",
        "ACCESS_KEY_ID 'i' SECRET_ACCESS_KEY 'hunter2",
        "CREDENTIALS 'aws_secret_access_key=hunter2'",
        "CREDENTIALS 'aws_secret_access_key=hunter2 '",
        "ACCESS_KEY_ID 'i' 'hunter2'",
    ],
)
def test_no_error_repeats_a_secret(authorization: str) -> None:
    assert "hunter2" not in refusal("JSON", authorization)


def test_secrets_do_not_show() -> None:
    statement = copy("JSON", "ACCESS_KEY_ID 'ident' SECRET_ACCESS_KEY 'hunter2' SESSION_TOKEN 'token'")
    assert "ident" not in repr(statement)
    assert "hunter2" not in repr(statement)
    assert "'token'" not in repr(statement)


@pytest.mark.parametrize(
    "option",
    [
        "CSV",
        "ORC",
        "AVRO 'auto'",
        "SHAPEFILE",
        "ENCRYPTED",
        "LZOP",
        "SSH",
        "IGNOREHEADER 1",
        "IGNOREALLERRORS",
    ],
)
def test_an_unsupported_option_is_refused_by_name(option: str) -> None:
    assert refusal(f"{option} JSON") == f"0A000 COPY option {option.partition(' ')[0]} is not supported by the stand-in"


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("NULL AS ''", "NULL AS"),
        ("DELIMITER ','", "DELIMITER"),
        ("FIXEDWIDTH 'a:1'", "FIXEDWIDTH"),
        ("QUOTE '%'", "QUOTE"),
        ("ESCAPE", "ESCAPE"),
        ("FILLRECORD", "FILLRECORD"),
        ("READRATIO 50", "READRATIO"),
        ("REMOVEQUOTES", "REMOVEQUOTES"),
    ],
)
def test_an_option_that_redshift_refuses_with_json_is_refused(option: str, name: str) -> None:
    """Redshift guide, copy-parameters-data-format: the options that are not supported with JSON."""
    assert refusal(f"JSON {option}") == f"0A000 COPY option {name} is not supported with JSON"


@pytest.mark.parametrize(
    ("clauses", "error"),
    [
        ("FORMAT CSV", "0A000 COPY option CSV is not supported by the stand-in"),
        ("JSON 'noshred'", "0A000 COPY option JSON 'noshred' is not supported by the stand-in"),
        ("", "0A000 COPY without FORMAT JSON or PARQUET is not supported by the stand-in: it reads nothing else"),
        ("DELIMITER ','", "0A000 COPY option DELIMITER is not supported by the stand-in"),
        ("FIXEDWIDTH 'a:1' GZIP", "0A000 COPY option FIXEDWIDTH is not supported by the stand-in"),
        ("FORMAT PARQUET DELIMITER ','", "0A000 DELIMITER argument is not supported for PARQUET based COPY"),
        ("JSON FRESHLY", '42601 syntax error at or near "FRESHLY"'),
        ("JSON WITH GZIP", '42601 syntax error at or near "GZIP"'),
        ("JSON GZIP ZSTD", "42601 conflicting or redundant options: compression is given twice"),
        ("JSON 'auto' FORMAT JSON", "42601 conflicting or redundant options: FORMAT is given twice"),
        ("JSON MAXERROR 1 MAXERROR 1", "42601 conflicting or redundant options: MAXERROR is given twice"),
        ("JSON MAXERROR 100001", "22023 MAXERROR must be between 0 and 100000, not 100001"),
        ("JSON MAXERROR -1", '42601 syntax error at or near "-"'),
        ("JSON MAXERROR", "42601 syntax error at end of input"),
        ("JSON COMPROWS 10", "22023 COMPROWS must be between 1000 and 2147483647, not 10"),
        ("JSON ACCEPTINVCHARS 'ab'", "22023 ACCEPTINVCHARS takes one ASCII character other than NUL"),
        ("JSON ENCODING UTF16", "0A000 COPY option ENCODING UTF16 is not supported by the stand-in"),
        ("JSON 'AUTO'", "42601 a JSONPaths file needs a URL like s3://bucket/key or file:///path, found 'AUTO'"),
    ],
)
def test_invalid_clauses_are_refused_by_name(clauses: str, error: str) -> None:
    assert refusal(clauses) == error


@pytest.mark.parametrize(
    "text", ["YYYY-MM-DD HH:MI:SSOF", "EPOCHMILLISECS", "Auto", "YYYY-YYYY", "MM-DD", "dd.mm.yyyy Q"]
)
def test_a_time_format_that_cannot_be_read_is_refused(text: str) -> None:
    """The keywords are case-sensitive, and no zone may stand in a format (copy-parameters-data-conversion)."""
    assert refusal(f"JSON TIMEFORMAT '{text}'").startswith(f"0A000 TIMEFORMAT '{text}' is not supported")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("'dynamodb://songs'", "0A000 COPY from dynamodb:// is not supported by the stand-in"),
        ("'emr://j-1/x'", "0A000 COPY from emr:// is not supported by the stand-in"),
        ("'s3://'", "42601 COPY needs a URL like s3://bucket/key or file:///path, found 's3://'"),
        ("'file://x'", "42601 COPY needs a URL like s3://bucket/key or file:///path, found 'file://x'"),
        ("$1", '42601 syntax error at or near "$1"'),
    ],
)
def test_only_objects_in_s3_and_local_files_are_sources(source: str, error: str) -> None:
    with pytest.raises(RedshiftError) as raised:
        parse_copy(f"COPY t FROM {source} {ROLE} JSON")
    assert f"{raised.value.sqlstate} {raised.value.message}" == error


@pytest.mark.parametrize("clauses", ["FORMAT JSON $1", "IAM_ROLE $1", "MAXERROR $1"])
def test_bind_parameters_are_a_syntax_error(clauses: str) -> None:
    """So redshift_connector cannot run COPY with parameters (sqlalchemy-redshift issue 240)."""
    authorization = "" if "ROLE" in clauses else ROLE
    assert refusal(clauses, authorization) == '42601 syntax error at or near "$1"'
