"""The tokens of Redshift's SQL: words, quoted identifiers, strings, numbers, symbols and parameters.

Redshift reads SQL like PostgreSQL 8.0, with two differences:

- a backslash in any string literal is an escape (there is no ``standard_conforming_strings``);
- a quoted identifier is folded to lower case like any other (Redshift guide, r_names), unless
  ``enable_case_sensitive_identifier`` is on, which the stand-in does not offer.

Limits: two literals that SQL joins across a line break stay two tokens; ``U&'..'``, ``B'..'`` and ``X'..'`` become a
word and a string; ``#name`` is always the name of a temporary table, so the bitwise operator ``#`` needs a space after it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from sparkify_dwh.redshift.errors import RedshiftError

_NESTING = {"(": 1, ")": -1}

TokenKind = Literal["word", "quoted_identifier", "string", "number", "symbol", "parameter"]


class Token(NamedTuple):
    """One token; ``sql[start:end] == text``.

    ``value`` is a word or identifier in lower case and without quotes, a string without quotes and escapes, and for other
    kinds the same as ``text``.
    """

    kind: TokenKind
    text: str
    value: str
    start: int
    end: int

    @property
    def nesting(self) -> int:
        """1 for an opening bracket, -1 for a closing one, 0 for other tokens."""
        return _NESTING.get(self.text, 0)

    def is_word(self, *words: str) -> bool:
        """Return whether this is one of these words (given in lower case), unquoted."""
        return self.kind == "word" and self.value in words

    def is_symbol(self, symbol: str) -> bool:
        """Return whether this is that symbol."""
        return self.kind == "symbol" and self.text == symbol


# White space and line ends as in PostgreSQL, where a carriage return ends a comment too.
_SKIPPED = re.compile(r"(?:[ \t\n\r\f\v]+|--[^\n\r]*)+")
_FIRST_WORD = re.compile(r"[ \t\n\r\f\v]*(?![eE]')([^\W\d][\w$]*)")  # E'..' is a string
_ANY_WORD = re.compile(r"[^\W\d]\w*|[\[#]")
_COMMENT_AHEAD = re.compile(r"[ \t\n\r\f\v]*(?:--|/\*)")

# The first matching alternative counts, so their order matters: E'..' before words, .5 before the symbol "."
_TOKEN = re.compile(
    r"""
      (?P<comment>/\*)
    | (?P<string>[eE]?')
    | (?P<quoted_identifier>")
    | (?P<number>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>\#?[^\W\d][\w$]*)
    | (?P<dollar_quoted>\$(?:[^\W\d]\w*)?\$)
    | (?P<parameter>\$[0-9]+)
    | (?P<symbol>::|:=|=>|<=|>=|<>|!=|\|\||!?~~?\*?|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_STRING_REST = re.compile(r"(?:[^'\\]|''|\\.)*'", re.DOTALL)
_IDENTIFIER_REST = re.compile(r'(?:[^"]|"")*"')

_FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def tokenize(sql: str) -> list[Token]:
    """Return all tokens of ``sql``, without comments and white space.

    Raise RedshiftError 42601 for an unterminated string, identifier or comment.
    """
    return list(iter_tokens(sql))


def first_words(sql: str, max_words: int = 4) -> list[str]:
    """Return the first words of ``sql`` in upper case, such as ``["CREATE", "TEMP", "TABLE"]``, without comments.

    Only the beginning is read, because this is called for every statement. Raise RedshiftError 42601 for an unterminated
    comment.
    """
    words: list[str] = []
    position = 0
    while len(words) < max_words:
        word = _FIRST_WORD.match(sql, position)
        if word is not None:
            words.append(word[1].upper())
            position = word.end()
        elif _COMMENT_AHEAD.match(sql, position):
            position = _skip_blanks(sql, position)
        else:
            break
    return words


@lru_cache(maxsize=1)  # several rules call it one after the other
def words_in(sql: str) -> frozenset[str]:
    """Return all words of ``sql`` in lower case, from strings and comments too, and the symbols "[" and "#".

    A rule without a word among them does not apply, and need not tokenize the statement.
    """
    return frozenset(_ANY_WORD.findall(sql.lower()))


def iter_tokens(sql: str) -> Iterator[Token]:
    """Yield the tokens of ``sql``; see `tokenize`."""
    position = 0
    while (position := _skip_blanks(sql, position)) < len(sql):
        token = _token_at(sql, position)
        yield token
        position = token.end


def fold(identifier: str) -> str:
    """Return an identifier as Redshift stores it, with ASCII letters in lower case."""
    return identifier.translate(_FOLD)


def _skip_blanks(sql: str, position: int) -> int:
    while True:
        if skipped := _SKIPPED.match(sql, position):
            position = skipped.end()
        if not sql.startswith("/*", position):
            return position
        position = _comment_end(sql, position)


def _comment_end(sql: str, start: int) -> int:
    """Return the end of the comment that begins at ``start``; comments nest."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(sql, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    raise _unterminated("/* comment", start)


def _token_at(sql: str, start: int) -> Token:
    match = _TOKEN.match(sql, start)
    if match is None or match.lastgroup is None:  # the alternative "." matches every character
        raise AssertionError("a token begins at every character")
    kind, text = match.lastgroup, match.group()
    if kind == "word":
        return Token("word", text, fold(text), start, match.end())
    if kind == "string":
        return _string(sql, start, match.end())
    if kind == "quoted_identifier":
        return _quoted_identifier(sql, start)
    if kind == "dollar_quoted":
        return _dollar_quoted(sql, start, text)
    plain: TokenKind = "number" if kind == "number" else "parameter" if kind == "parameter" else "symbol"
    return Token(plain, text, text, start, match.end())


def _string(sql: str, start: int, inside: int) -> Token:
    rest = _STRING_REST.match(sql, inside)
    if rest is None:
        raise _unterminated("quoted string", start)
    return Token("string", sql[start : rest.end()], _unescape(rest.group()[:-1]), start, rest.end())


def _quoted_identifier(sql: str, start: int) -> Token:
    rest = _IDENTIFIER_REST.match(sql, start + 1)
    if rest is None:
        raise _unterminated("quoted identifier", start)
    name = rest.group()[:-1].replace('""', '"')
    return Token("quoted_identifier", sql[start : rest.end()], fold(name), start, rest.end())


def _dollar_quoted(sql: str, start: int, tag: str) -> Token:
    inside = start + len(tag)
    close = sql.find(tag, inside)
    if close < 0:
        raise _unterminated("dollar-quoted string", start)
    end = close + len(tag)
    return Token("string", sql[start:end], sql[inside:close], start, end)


# The escapes of PostgreSQL's literals when standard_conforming_strings is off.
_ESCAPE = re.compile(r"''|\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPED_BYTES = re.compile("[\udc80-\udcff]+")
_NAMED_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _unescape(body: str) -> str:
    if "\\" not in body:
        return body.replace("''", "'")
    return _ESCAPED_BYTES.sub(_joined_bytes, _ESCAPE.sub(_escaped_character, body))


def _escaped_character(match: re.Match[str]) -> str:
    octal, hexadecimal, short, long, other = match.groups()
    if octal or hexadecimal:
        byte = (int(octal, 8) if octal else int(hexadecimal, 16)) & 0xFF
        return bytes([byte]).decode("ascii", "surrogateescape")
    if short or long:
        code = int(short or long, 16)
        return chr(code) if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"
    if other is None:
        return "'"
    return _NAMED_ESCAPES.get(other, other)


def _joined_bytes(match: re.Match[str]) -> str:
    """Decode consecutive escaped bytes as UTF-8: ``\\303\\251`` is one character."""
    return match.group().encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _unterminated(what: str, start: int) -> RedshiftError:
    # The text itself stays out of the message: it may be a secret key.
    return RedshiftError("42601", f"unterminated {what} at character {start + 1}")
