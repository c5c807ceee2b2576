"""Redshift's functions of regular expressions, JSON, texts and dates, with the answers of its guide."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.standin.rules.expressions import postgres_expressions


def answer(connection: Connection, expression: str) -> Any:
    """The value of an expression."""
    return connection.exec_driver_sql(f"SELECT {expression}").scalar_one()


def refused(connection: Connection, expression: str) -> str:
    with pytest.raises(DBAPIError) as raised:
        answer(connection, expression)
    fields = raised.value.orig.args[0]  # type: ignore[union-attr]
    return f"{fields['C']} {fields['M']}"


@pytest.mark.parametrize(
    "name", ["regexp_replace", "Regexp_Substr", "REGEXP_INSTR", "regexp_count", "json_array_length"]
)
def test_where_postgresql_has_a_function_of_that_name_redshifts_is_called(name: str) -> None:
    assert postgres_expressions(f"SELECT {name}(a, 'b') FROM t") == (
        f"SELECT redshift_catalog.{name.lower()}(a, 'b') FROM t"
    )


# ---------------------------------------------------------------------- regular expressions


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'a-b-c', '-', '+'", "a+b+c"),  # PostgreSQL's replaces the first
        ("'a-b-c', '-'", "abc"),
        ("'a-b-c', '-', '+', 3", "a-b+c"),
        ("'a-b-c', '-', '+', 0", "a+b+c"),
        ("'a-b-c', '-', '+', 6", "a-b-c"),
        ("'the fox', 'FOX', 'quick brown fox', 1, 'i'", "the quick brown fox"),
        ("'the fox', 'FOX', 'dog', 1, 'c'", "the fox"),
        (r"'sed@lacusUtnec.ca', '@.*\\.(org|gov|com|edu|ca)$'", "sed"),
        ("'é-é', 'é', 'e', 2", "é-e"),
        ("'a', NULL, 'b'", None),
        ("'a', 'a', NULL", None),
    ],
)
def test_every_match_is_replaced(connection: Connection, arguments: str, expected: object) -> None:
    """Redshift guide, REGEXP_REPLACE."""
    assert answer(connection, f"regexp_replace({arguments})") == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'sed@lacusUtnec.ca', '@[^.]*'", "@lacusUtnec"),
        ("'the fox', 'FOX', 1, 1, 'i'", "fox"),
        ("'a1b2', '[0-9]', 1, 2", "2"),
        ("'a1b2', '[0-9]', 3", "2"),
        ("'a1b2', '[0-9]', -1", "1"),
        ("'a1b2', 'x'", ""),  # PostgreSQL's is NULL
        ("'a1b2', '[0-9]', 5", ""),
        ("'a1b2', '[0-9]', 1, 0", None),
        ("'a1b2', '[0-9]', 1, 5", None),
        ("'a@bc.de', '@([^.]*)', 1, 1, 'e'", "bc"),
        ("'a@bc.de', '(x)?@([^.]*)', 1, 1, 'e'", ""),
        ("'a@bc.de', '@[(][^.]*|@', 1, 1, 'e'", "@"),  # a bracket in brackets makes no group
        ("'a@bc.de', '@(?:[^.]*)', 1, 1, 'e'", "@bc"),
    ],
)
def test_a_match_is_found_by_its_number(connection: Connection, arguments: str, expected: object) -> None:
    """Redshift guide, REGEXP_SUBSTR; with e, the first group of the match."""
    assert answer(connection, f"regexp_substr({arguments})") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("regexp_instr('The Home Depot Center', '[cC]ent(er|re)$')", 16),
        ("regexp_instr('Izod Center', '[cC]ent(er|re)$', 1, 1, 7)", 12),
        ("regexp_instr('Izod Center', '[cC]ent(er|re)$', 1, 1, 0, 'e')", 10),
        ("regexp_instr('Izod Center', 'x')", 0),
        ("regexp_instr('Izod Center', 'e', 99)", 0),
        ("regexp_instr('Izod Center', 'e', 1, 0)", 0),
        ("regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}')", 8),
        ("regexp_count('aAa', 'A', 2, 'i')", 2),
        ("regexp_count('aAa', 'A', 4)", 0),
    ],
)
def test_matches_are_counted_and_located(connection: Connection, expression: str, expected: int) -> None:
    """Redshift guide, REGEXP_INSTR and REGEXP_COUNT."""
    assert answer(connection, expression) == expected


@pytest.mark.parametrize("name", ["regexp_replace('a', 'b', 'c', 1, {})", "regexp_substr('a', 'b', 1, 1, {})"])
def test_parameters_that_mean_something_else_in_postgresql_are_refused(connection: Connection, name: str) -> None:
    perl = refused(connection, name.format("'ip'"))
    assert perl == "0A000 Perl-compatible patterns (parameter p) are not supported by the stand-in"
    connection.rollback()
    assert refused(connection, name.format("'g'")) == '22023 invalid parameters of a regular expression: "g"'


# ---------------------------------------------------------------------- JSON

DOCUMENT = """'{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}'"""
BROKEN = """'{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}'"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (f"{DOCUMENT}, 'f4', 'f6'", "star"),
        (f"{DOCUMENT}, 'f2'", '{"f3":1}'),
        (f"{DOCUMENT}, 'F2'", None),
        (f"{DOCUMENT}, 'f4', 'f6', 'f7'", None),
        ("""'{"a":{"b":{"c":{"d":{"e":"\\\\u00e9"}}}}}', 'a', 'b', 'c', 'd', 'e'""", "é"),
        (f"{BROKEN}, 'f4', 'f6', true", None),
        (f"{DOCUMENT}, 'f4', 'f6', false", "star"),
        ("NULL, 'a'", None),
        ("'[1]', 'a', true", None),
    ],
)
def test_values_are_taken_out_of_json(connection: Connection, arguments: str, expected: object) -> None:
    """Redshift guide, JSON_EXTRACT_PATH_TEXT: NULL where a key is not there."""
    assert answer(connection, f"json_extract_path_text({arguments})") == expected


def test_json_is_read_from_columns(connection: Connection) -> None:
    """PostgreSQL's functions of these names take literals, but no VARCHAR."""
    connection.exec_driver_sql("CREATE TABLE documents (a VARCHAR(100), b VARCHAR(100))")
    connection.exec_driver_sql("""INSERT INTO documents VALUES ('{"x": "y"}', '[1, 2]'), ('{"x": "y"}', 'z')""")
    sql = "SELECT json_extract_path_text(a, 'x'), json_array_length(b, true) FROM documents WHERE is_valid_json(a)"
    assert connection.exec_driver_sql(sql).all() == [("y", 2), ("y", None)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("""json_array_length('[11,12,13,{"f1":21,"f2":[25,26]},14]')""", 5),
        ("""json_array_length('[11,12,13,{"f1":21,"f2":[25,26]},14', true)""", None),
        ("json_extract_array_element_text('[111,112,113]', 2)", "113"),
        ("json_extract_array_element_text('[111,112,113]', 3)", None),
        ("json_extract_array_element_text('[111,112,113]', -1)", None),
        ("""json_extract_array_element_text('["a",["b",1,["c",2,3,null,]]]', 1, true)""", None),
        ("""is_valid_json('{"a":{"b":{"c":1}}}')""", True),
        ("is_valid_json('{{}}')", False),
        ("is_valid_json('[1,2,3]')", False),
        ("""is_valid_json_array('["a",["b",1,["c",2,3,null]]]')""", True),
        ("""is_valid_json_array('{"a":1}')""", False),
        ("is_valid_json_array('[1,2,]')", False),
    ],
)
def test_json_arrays(connection: Connection, expression: str, expected: object) -> None:
    """Redshift guide, JSON_ARRAY_LENGTH, JSON_EXTRACT_ARRAY_ELEMENT_TEXT, IS_VALID_JSON and IS_VALID_JSON_ARRAY."""
    assert answer(connection, expression) == expected


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        (f"json_extract_path_text({BROKEN}, 'f4')", f"XX000 invalid json object {BROKEN[1:-1]}"),
        ("json_extract_path_text('', 'f4')", "XX000 invalid json object "),
        ("json_array_length('[1,')", "XX000 invalid json array object [1,"),
        ("json_extract_array_element_text('{}', 1)", "XX000 invalid json array object {}"),
    ],
)
def test_invalid_json_is_an_error(connection: Connection, expression: str, error: str) -> None:
    """The wording: Redshift guide, JSON_EXTRACT_ARRAY_ELEMENT_TEXT."""
    assert refused(connection, expression) == error


# ---------------------------------------------------------------------- texts, numbers and dates


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("charindex('fish', 'dogfish')", 4),
        ("charindex('dog', 'fish')", 0),
        ("replicate('ab', 2)", "abab"),
        ("textlen('日本 ')", 3),
        ("sha2('Amazon Redshift', 0) = sha2('Amazon Redshift', 256)", True),
        ("sha2('abc', 224)", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
        ("sha2('abc', 1)", ""),
        ("strtol('0xf', 16)", 15),
        ("strtol('abcd1234', 16)", 2882343476),
        ("strtol('1234567', 8)", 342391),
        (r"strtol('\t -110101', 2)", -53),
        ("strtol('', 10)", 0),
        ("strtol(NULL, 10)", None),
        ("date_part_year('2008-01-01')", 2008),
        ("months_between('1969-01-18', '1969-03-18')", -2.0),
        ("months_between('2014-09-30', '2014-08-31 12:00')", 1.0),
        ("round(months_between('2008-12-25 15:00', '2008-01-21 19:30')::numeric, 2)::float", 11.12),
        ("next_day('2014-08-20', 'Tuesday')", date(2014, 8, 26)),
        ("next_day('2008-01-01 05:54:44', 'tue')", date(2008, 1, 8)),
        ("next_day('2008-07-06', 'M')", date(2008, 7, 7)),
        ("next_day('2008-07-06', 'Su')", date(2008, 7, 13)),
    ],
)
def test_functions_that_postgresql_does_not_have(connection: Connection, expression: str, expected: object) -> None:
    """The examples of the Redshift guide: r_CHARINDEX, SHA2, r_STRTOL, r_MONTHS_BETWEEN_function, r_NEXT_DAY ..."""
    assert answer(connection, expression) == expected


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("strtol('12', 2)", '22023 STRTOL cannot read "12" as a number of base 2'),
        ("strtol('1', 37)", '22023 STRTOL cannot read "1" as a number of base 37'),
        ("strtol('9223372036854775808', 10)", "22003 bigint out of range"),
        ("next_day('2008-07-06', 'someday')", '22023 date part "someday" is not recognized here'),
    ],
)
def test_these_functions_refuse_invalid_arguments(connection: Connection, expression: str, error: str) -> None:
    assert refused(connection, expression) == error
