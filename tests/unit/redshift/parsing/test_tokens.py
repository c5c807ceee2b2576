"""Redshift's SQL is cut into tokens as Redshift reads it."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise, takewhile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.tokens import Token, first_words, tokenize

UNENDED = ("quoted string", "quoted identifier", "dollar-quoted string", "/* comment")


def kinds_and_values(sql: str) -> list[tuple[str, str]]:
    return [(token.kind, token.value) for token in tokenize(sql)]


def test_every_kind_of_token_is_recognised() -> None:
    assert kinds_and_values("""SELECT "User" , 'it' , 1.5e-3 , $1 ::int FROM #t""") == [
        ("word", "select"),
        ("quoted_identifier", "user"),
        ("symbol", ","),
        ("string", "it"),
        ("symbol", ","),
        ("number", "1.5e-3"),
        ("symbol", ","),
        ("parameter", "$1"),
        ("symbol", "::"),
        ("word", "int"),
        ("word", "from"),
        ("word", "#t"),
    ]


def test_a_token_knows_where_it_stands() -> None:
    assert tokenize("a  'b'") == [Token("word", "a", "a", 0, 1), Token("string", "'b'", "b", 3, 6)]


def test_quoted_identifiers_are_folded_too() -> None:
    """Redshift guide, r_names: delimited identifiers are folded to lower case as well."""
    assert kinds_and_values('"User""Id"') == [("quoted_identifier", 'user"id')]


def test_only_ascii_letters_are_folded() -> None:
    assert kinds_and_values("ÉTÉ") == [("word", "ÉtÉ")]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("'O''Brien'", "O'Brien"),
        (r"'O\'Brien'", "O'Brien"),
        (r"'a\\b'", r"a\b"),
        (r"'a\nb\tc\qd'", "a\nb\tcqd"),
        (r"E'\n'", "\n"),
        (r"'\303\251 \xc3\xa9 \u00e9'", "é é é"),
        (r"'\\'", "\\"),
        ("$$it's \\n$$", "it's \\n"),
        ("$f$ $$ $f$", " $$ "),
        ("''", ""),
        ("'%s :name 100%'", "%s :name 100%"),
    ],
)
def test_strings_are_unescaped_as_redshift_reads_them(literal: str, value: str) -> None:
    assert kinds_and_values(literal) == [("string", value)]


def test_a_backslash_keeps_a_quote_from_ending_the_string() -> None:
    """Whoever builds SQL for Redshift must double backslashes: here they would swallow the closing quote."""
    with pytest.raises(RedshiftError, match="unterminated quoted string"):
        tokenize(r"SELECT 's3://bucket/key\'")


def test_comments_are_skipped_and_nest() -> None:
    assert kinds_and_values("a -- 'b'\n/* /* */ ' */ c") == [("word", "a"), ("word", "c")]


@pytest.mark.parametrize("sql", ["a 'b", 'a "b', "a /* b /* */", "a $$b", "a $x$ b $y$"])
def test_an_unterminated_token_is_a_syntax_error(sql: str) -> None:
    with pytest.raises(RedshiftError, match=r"unterminated .* at character 3") as raised:
        tokenize(sql)
    assert raised.value.sqlstate == "42601"


def test_an_unterminated_secret_is_not_repeated() -> None:
    with pytest.raises(RedshiftError) as raised:
        tokenize("SECRET_ACCESS_KEY 'hunter2")
    assert "hunter2" not in raised.value.message


def test_a_range_of_numbers_keeps_its_dots() -> None:
    assert kinds_and_values("1..2 .5 6.") == [
        ("number", "1"),
        ("symbol", "."),
        ("number", ".2"),
        ("number", ".5"),
        ("number", "6."),
    ]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("/* load */ Create TEMP table t1 (a int)", ["CREATE", "TEMP", "TABLE", "T1"]),
        ("create /* /* nested */ */ -- c\n\ttable t", ["CREATE", "TABLE", "T"]),
        ("-- ended by a carriage return\rtruncate t", ["TRUNCATE", "T"]),
        ('COPY "t" FROM \'unterminated', ["COPY"]),
        ("do$$ $$", ["DO$$"]),
        ("comment e'a string'", ["COMMENT"]),
        ("create\u00a0table t", ["CREATE"]),
        ("", []),
    ],
)
def test_the_first_words_name_the_kind_of_a_statement(sql: str, words: list[str]) -> None:
    """Comments, which nest, and white space are PostgreSQL's."""
    assert first_words(sql) == words


@given(st.text(alphabet="create/*- \n\r\t;'$1"))
@example("e''")
def test_the_first_words_are_the_first_tokens(sql: str) -> None:
    with suppress(RedshiftError):
        tokens = tokenize(sql)
        words = [token.value.upper() for token in takewhile(lambda token: token.kind == "word", tokens)]
        assert first_words(sql) == [word for word in words if not word.startswith("#")][:4]


@given(st.text(alphabet="aE0.'\"\\$/*-\n :;é#\ud83d"))
def test_any_text_is_cut_without_loss_or_refused_as_unterminated(sql: str) -> None:
    """Tokens stand in order, each is the text at its place, and between them are only blanks and comments."""
    try:
        tokens = tokenize(sql)
    except RedshiftError as error:
        refused = error.sqlstate, error.message.split(" at ")[0]
        assert refused in {("42601", f"unterminated {what}") for what in UNENDED}
        return
    assert all(sql[token.start : token.end] == token.text for token in tokens)
    assert all(left.end <= right.start for left, right in pairwise(tokens))
