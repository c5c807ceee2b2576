"""COPY converts the text of a field to the column's type by Redshift's rules, and refuses with Redshift's codes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.conversions import TIMESTAMP, TIMESTAMPTZ, convert, reject

from sparkify_dwh.redshift.copy_rules.convert import Field, Value
from sparkify_dwh.redshift.copy_rules.json_documents import Number
from sparkify_dwh.redshift.copy_rules.rejects import Reject, shown
from sparkify_dwh.redshift.errors import RedshiftError

VARCHAR = "character varying(10)"
CHAR = "character(10)"


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("smallint", "-32768", -32768),
        ("integer", "+7", 7),
        ("bigint", "9223372036854775807", 2**63 - 1),
        ("bigint", "0" * 5000 + "12", 12),
        ("double precision", "1540919166796.0", 1540919166796.0),
        ("double precision", "-1e-3", -0.001),
        ("real", "0.1", 0.10000000149011612),
        ("boolean", "T", True),
        ("boolean", "no", False),
        ("boolean", "0", False),
        ("numeric(18,0)", "7.9", Decimal(7)),
        ("numeric(5,5)", "0.99999", Decimal("0.99999")),
        ("numeric(38,0)", "9" * 38, Decimal("9" * 38)),
        ("numeric(8,2)", "-0.001", Decimal("0.00")),
        ("numeric(8,2)", "1.5e3", Decimal("1500.00")),
        ("numeric(8,2)", "1e-999999999", Decimal("0.00")),
        ("date", "2018-11-01", date(2018, 11, 1)),
        ("date", "2018-11-01 23:59:59", date(2018, 11, 1)),
        (TIMESTAMP, "2018-11-01 20:57:10", datetime(2018, 11, 1, 20, 57, 10)),
        (TIMESTAMP, "2018-11-01 20:57:10.123456", datetime(2018, 11, 1, 20, 57, 10, 123456)),
        (TIMESTAMPTZ, "2018-11-01 20:57:10-08", datetime(2018, 11, 2, 4, 57, 10)),
        (VARCHAR, "it's", "it's"),
        ("text", "x" * 65535, "x" * 65535),
        (CHAR, "ab", "ab"),
    ],
)
def test_text_becomes_a_value_of_the_type(type_: str, text: str, value: Value) -> None:
    assert repr(convert(type_, text)) == repr(value)


@pytest.mark.parametrize(
    ("type_", "text", "code", "reason"),
    [
        ("bigint", "1540919166796.0", 1207, "Invalid digit, Value '.', Pos 13, Type: Long"),
        ("integer", "abc", 1207, "Invalid digit, Value 'a', Pos 0, Type: Integer"),
        ("smallint", "1x", 1207, "Invalid digit, Value 'x', Pos 1, Type: Short"),
        ("integer", " 1", 1207, "Invalid digit, Value ' ', Pos 0, Type: Integer"),
        ("integer", "-", 1207, "Invalid digit, Value '-', Pos 0, Type: Integer"),
        ("integer", "١", 1207, "Invalid digit, Value '١', Pos 0, Type: Integer"),
        ("integer", "1_0", 1207, "Invalid digit, Value '_', Pos 1, Type: Integer"),
        ("smallint", "32768", 1204, "Overflow (Short valid range -32768 to 32767)"),
        ("bigint", "9" * 5000, 1204, "Overflow (Long valid range -9223372036854775808 to 9223372036854775807)"),
        ("double precision", "1.2.3", 1208, "Invalid digit, Value '.', Pos 3, Type: Double"),
        ("double precision", "NaN", 1208, "Invalid digit, Value 'N', Pos 0, Type: Double"),
        ("double precision", "1e", 1208, "Invalid digit, Value 'e', Pos 1, Type: Double"),
        ("double precision", "1e400", 1204, "Overflow for DOUBLE PRECISION"),
        ("real", "1e39", 1204, "Overflow for REAL"),
        ("numeric(8,2)", "x", 1207, "Invalid digit, Value 'x', Pos 0, Type: Decimal"),
        ("numeric(8,2)", "1000000", 1207, "Overflow for NUMERIC(8,2)"),
        ("numeric(5,5)", "1", 1207, "Overflow for NUMERIC(5,5)"),
        ("numeric", "1e99999999999999999999", 1207, "Overflow for NUMERIC(18,0)"),
        ("boolean", "maybe", 1210, "Invalid boolean format or value"),
        ("date", "2018-1-1", 1205, "Invalid Date Format - length must be 10 or more"),
        ("date", "2018-02-30", 1205, "Invalid Date Format or value [YYYY-MM-DD]"),
        (TIMESTAMP, "1541106106796", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
        (TIMESTAMP, "2018-11-01T20:57:10", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
        (TIMESTAMPTZ, "2025-09-22T14:42:59Z", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SSOF]"),
        (VARCHAR, "x" * 11, 1204, "String length exceeds DDL length"),
    ],
)
def test_invalid_text_is_refused(type_: str, text: str, code: int, reason: str) -> None:
    assert reject(type_, text) == (code, reason)


@pytest.mark.parametrize(
    ("number", "value"),
    [("1540919166796.0", 1540919166796), ("1.540344794796E12", 1540344794796), ("-0.0", 0), ("1.50e1", 15)],
)
def test_a_json_number_without_a_fraction_is_an_integer(number: str, value: int) -> None:
    """As in public loads of Sparkify's logs, which copy such a registration into BIGINT; a string is no number."""
    assert convert("bigint", Number(number)) == value
    assert reject("bigint", number)[0] == 1207


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("1.5", 1207),
        ("1e-400", 1207),
        ("1e30", 1204),
        ("-1e999999999", 1204),
        ("1e" + "9" * 30, 1207),
        ("9.3e18", 1204),
    ],
)
def test_a_json_number_with_a_fraction_or_out_of_range_is_refused(number: str, code: int) -> None:
    assert reject("bigint", Number(number))[0] == code


@pytest.mark.parametrize("type_", ["integer", "double precision", "numeric(8,2)", "boolean", "date", TIMESTAMP])
@pytest.mark.parametrize("field", [None, "", "  "])
def test_empty_and_blank_fields_are_null_unless_the_column_is_text(type_: str, field: Field) -> None:
    """copy-parameters-data-conversion: so ``"userId": ""`` makes an INTEGER NULL without any option."""
    assert convert(type_, field) is None


def test_booleans_are_words_to_other_types() -> None:
    assert convert(VARCHAR, True) == "true"
    assert convert("boolean", False) is False
    assert reject("integer", True) == (1207, "Invalid digit, Value 't', Pos 0, Type: Integer")


@pytest.mark.parametrize("field", [None, "", " "])
def test_not_null_columns_refuse_whatever_becomes_null(field: Field) -> None:
    missing = (1213, "Missing data for not-null field")
    assert reject("integer", field, not_null=True) == missing
    assert reject(VARCHAR, field, not_null=True, empty_as_null=True, blanks_as_null=True) == missing


def test_emptyasnull_makes_empty_text_null() -> None:
    assert convert(VARCHAR, "", not_null=True) == ""
    assert convert(VARCHAR, "", empty_as_null=True) is None
    assert convert(VARCHAR, " ", empty_as_null=True) == " "


def test_blank_text_is_null_with_blanksasnull() -> None:
    assert convert(VARCHAR, " \t ") == " \t "
    assert convert(VARCHAR, " \t ", blanks_as_null=True) is None
    assert convert(VARCHAR, "", blanks_as_null=True) == ""
    assert convert(CHAR, "  ", blanks_as_null=True) is None


def test_trimblanks_trims_the_end_of_varchars_only() -> None:
    assert convert(VARCHAR, " a \t\n", trim_blanks=True) == " a"
    assert convert(CHAR, " a ", trim_blanks=True) == " a "
    assert convert(VARCHAR, "  ", trim_blanks=True, empty_as_null=True) == ""


def test_lengths_count_bytes() -> None:
    """r_Character_types: '日本語' needs nine bytes."""
    assert convert("character varying(9)", "日本語") == "日本語"
    assert reject("character varying(8)", "日本語") == (1204, "String length exceeds DDL length")


def test_truncatecolumns_cuts_between_characters() -> None:
    assert convert("character varying(8)", "日本語", truncate_columns=True) == "日本"
    assert convert("character(2)", "abc", truncate_columns=True) == "ab"
    assert reject("smallint", "99999", truncate_columns=True)[0] == 1204


def test_blanks_that_exceed_the_length_are_cut() -> None:
    """r_Character_types: no error when the excess is blanks."""
    assert convert("character varying(2)", "ab   ") == "ab"
    assert reject("character varying(2)", "ab\t")[0] == 1204


def test_char_takes_ascii_only() -> None:
    assert reject(CHAR, "caf\u00e9") == (
        1220,
        "Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: c3 a9",
    )


@pytest.mark.parametrize(
    ("data", "sequence", "number"),
    [
        (b"a\xa4b", "a4", 3),
        (b"\xff", "ff", 3),
        (b"\xc3", "c3", 2),
        (b"\xc3A", "c3", 4),
        (b"\xe2\x82A", "e2 82", 4),
        (b"\xa4\xed\xa0\x80", "a4", 3),
    ],
)
def test_bytes_that_are_not_utf8_are_refused_and_shown(data: bytes, sequence: str, number: int) -> None:
    """multi-byte-character-load-errors: the hexadecimal bytes and the number of the error."""
    assert reject(VARCHAR, data.decode("utf-8", "surrogateescape")) == (
        1220,
        f"String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {sequence} (error {number})",
    )


def test_lone_surrogates_and_nul_are_refused_too() -> None:
    assert reject(VARCHAR, "\ud800")[1].endswith("Bad UTF8 hex sequence: ed a0 80 (error 5)")
    assert reject(VARCHAR, "a\0")[1].endswith("Bad UTF8 hex sequence: 00 (error 3)")
    assert reject(CHAR, "\0")[0] == 1220


def test_acceptinvchars_replaces_byte_for_byte_in_varchars() -> None:
    """copy-parameters-data-conversion: an invalid character of three bytes becomes '^^^'."""
    text = b"a\xa4\xc3\xff".decode("utf-8", "surrogateescape")
    assert convert(VARCHAR, text, accept_invalid_chars="^") == "a^^^"
    assert convert(VARCHAR, "\ud800\0", accept_invalid_chars="^") == "^^^^"
    assert reject(CHAR, text, accept_invalid_chars="^")[0] == 1220


def test_acceptinvchars_replaces_code_points_that_are_no_characters() -> None:
    """multi-byte-character-load-errors: they load as they are without the option."""
    assert convert(VARCHAR, "\ufffe\ufdd0") == "\ufffe\ufdd0"
    assert convert(VARCHAR, "\ufffe\U0001ffff", accept_invalid_chars="?") == "???????"


def test_numerics_are_truncated_and_rounded_with_roundec() -> None:
    """copy-parameters-data-conversion: 20.259 into DECIMAL(8,2)."""
    assert convert("numeric(8,2)", "20.259") == Decimal("20.25")
    assert convert("numeric(8,2)", "20.259", round_decimals=True) == Decimal("20.26")
    assert convert("numeric(8,2)", "-20.255", round_decimals=True) == Decimal("-20.26")
    assert convert("numeric(3,1)", "99.99") == Decimal("99.9")
    assert reject("numeric(3,1)", "99.99", round_decimals=True) == (1207, "Overflow for NUMERIC(3,1)")


@pytest.mark.parametrize("type_", ["jsonb", "time without time zone", "integer[]", "uuid"])
def test_a_type_without_a_conversion_is_named(type_: str) -> None:
    with pytest.raises(RedshiftError, match="COPY into column c of type") as raised:
        convert(type_, "x")
    assert raised.value.sqlstate == "0A000"


TYPES = ["smallint", "bigint", "double precision", "real", "numeric(8,2)", "boolean", "date", TIMESTAMP, VARCHAR, CHAR]


@given(st.sampled_from(TYPES), st.text(max_size=12) | st.text("0123456789+-.eE :T", max_size=20))
def test_any_text_is_converted_or_refused(type_: str, text: str) -> None:
    """Nothing but Reject comes out, and what is shown of the value can be stored."""
    chosen: list[dict[str, Any]] = [{}, {"time_format": "auto", "date_format": "auto"}, {"accept_invalid_chars": "?"}]
    for options in chosen:
        try:
            value = convert(type_, text, **options)
        except Reject as refused:
            assert 1204 <= refused.code <= 1220  # noqa: PT017 (either outcome is right)
        else:
            assert not isinstance(value, str) or len(value.encode()) <= 10
    assert "\0" not in shown(text)
    assert len(shown(text * 200).encode()) <= 1024
