"""The parser of UNLOAD.

    UNLOAD ('select ...') TO 's3://...' authorization FORMAT PARQUET | CSV | JSON [ option ... ]

After the target the clauses may have any order, and AS is always optional (Redshift guide, r_UNLOAD). Targets are
``s3://`` and, in the stand-in only, ``file:///``. Anything else is an error that names it: 42601 if Redshift refuses it
too, 0A000 if only the stand-in does, such as the default format, which is text with ``|``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.authorization import Authorization
from sparkify_dwh.redshift.parsing.clauses import Clauses
from sparkify_dwh.redshift.parsing.token_cursor import TokenCursor
from sparkify_dwh.redshift.parsing.tokens import Token, tokenize
from sparkify_dwh.standin.language.text import is_bracketed, top_level
from sparkify_dwh.standin.unload.options import (
    EXCLUDED,
    OPTIONS,
    UNSUPPORTED,
    UnloadOptions,
    check_together,
    excluded_option,
)

_OBJECT = re.compile(r"s3://[^/]+|file:///")


@dataclass(frozen=True)
class UnloadStatement:
    """An UNLOAD statement that the stand-in can carry out.

    ``query`` is the SELECT from the literal, without the literal's escapes and without a semicolon. ``url`` is the prefix
    of all files; with PARTITION BY it ends in a slash.
    """

    query: str
    url: str
    authorization: Authorization
    options: UnloadOptions


def parse_unload(sql: str) -> UnloadStatement:
    """Parse an UNLOAD statement. Raise RedshiftError, whose message repeats no string that may be a secret."""
    tokens = TokenCursor(sql)
    tokens.expect_word("unload")
    tokens.expect_symbol("(")
    query = _query(tokens.string())
    tokens.expect_symbol(")")
    tokens.expect_word("to")
    url = tokens.string()
    clauses = _Clauses(tokens)
    authorization, options = clauses.authorization.authorization(), clauses.options()
    return UnloadStatement(query, _target(url, options), authorization, options)


def _query(text: str) -> str:
    """Return the query, if Redshift can unload it."""
    tokens = tokenize(text)
    while tokens and tokens[-1].is_symbol(";"):
        tokens.pop()
    if not tokens or not (tokens[0].is_word("select", "with") or tokens[0].is_symbol("(")):
        raise RedshiftError("42601", "UNLOAD needs a SELECT in quotes: UNLOAD ('select ...') TO ...")
    for token in tokens:
        if token.kind == "parameter":
            raise RedshiftError("42P02", f"there is no parameter {token.text}")
    # Redshift guide, r_UNLOAD: neither LIMIT nor TOP in the outer SELECT
    if _is_limited(_without_brackets(tokens)):
        raise RedshiftError(
            "0A000",
            "UNLOAD does not support LIMIT, FETCH or TOP in its outer SELECT: put it in a subquery, select * from (select "
            "...) q",
        )
    return text[: tokens[-1].end]


def _without_brackets(tokens: list[Token]) -> list[Token]:
    """Return the query without brackets that enclose all of it."""
    while is_bracketed(tokens):
        tokens = tokens[1:-1]
    return tokens


def _is_limited(tokens: list[Token]) -> bool:
    """Return whether the query begins with SELECT TOP, or has LIMIT or FETCH FIRST outside of brackets."""
    for index, token in top_level(tokens):
        if index and tokens[index - 1].is_symbol("."):
            continue
        fetches = token.is_word("fetch") and any(
            following.is_word("first", "next") for following in tokens[index + 1 : index + 2]
        )
        if fetches or token.is_word("limit"):
            return True
    return len(tokens) > 1 and tokens[1].is_word("top")


def _target(url: str, options: UnloadOptions) -> str:
    if not _OBJECT.match(url):
        raise RedshiftError("42601", f"UNLOAD needs a URL like s3://bucket/prefix or file:///path, found '{url}'")
    # Redshift guide, r_UNLOAD: with partitions a slash is appended to the prefix
    return f"{url}/" if options.partition_by and not url.endswith("/") else url


class _Clauses(Clauses):
    """The clauses of an UNLOAD."""

    def __init__(self, tokens: TokenCursor) -> None:
        super().__init__(tokens, "UNLOAD", OPTIONS)

    def options(self) -> UnloadOptions:
        if "format" not in self._values:
            raise RedshiftError("0A000", "UNLOAD without FORMAT PARQUET, CSV or JSON is not supported by the stand-in")
        options = UnloadOptions(**self._values)  # type: ignore[arg-type]  # each reader gives its field's type
        check_together(options, self._seen)
        return options

    def _read_own(self, word: str) -> bool:
        if word in ("format", "as", *EXCLUDED):
            self._read_format()
        elif word == "partition":
            self._read_partition()
        else:
            return False
        return True

    def _read_format(self) -> None:
        self._tokens.accept_word("format")
        self._tokens.accept_word("as")
        name = self._tokens.accept_word(*EXCLUDED)
        if name is None:
            raise self._tokens.syntax_error()
        self._mark("format")
        self._values["format"] = name

    def _read_partition(self) -> None:
        self._begin("partition")
        self._tokens.expect_word("by")
        self._values["partition_by"] = tuple(self._tokens.names_in_brackets())
        self._values["include"] = self._tokens.accept_word("include") is not None

    def _refusal(self, word: str) -> RedshiftError:
        data_format = str(self._values.get("format", ""))
        if word.upper() in EXCLUDED.get(data_format, ()):
            return excluded_option(word.upper(), data_format)
        if word in UNSUPPORTED:
            return RedshiftError("0A000", f"UNLOAD option {word.upper()} is not supported by the stand-in")
        return self._tokens.syntax_error()
