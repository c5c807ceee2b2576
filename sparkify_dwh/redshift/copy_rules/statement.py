"""The parser of COPY statements.

    COPY table [ (column, ...) ] FROM 's3://...' authorization FORMAT JSON ['auto' | ...] | PARQUET [ option ... ]

Clauses after the source may have any order, and AS is optional everywhere (Redshift guide, r_COPY). Sources are JSON and
Parquet under ``s3://``, or ``file:///``, which only the stand-in accepts. Anything else is an error that names it: 42601
if Redshift refuses it too, 0A000 if it is not supported here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sparkify_dwh.redshift.copy_rules.options import (
    OPTIONS,
    CopyOptions,
    check_encoding,
    check_parquet_options,
    option_name,
    refused_option,
)
from sparkify_dwh.redshift.errors import NotSupportedError, RedshiftError
from sparkify_dwh.redshift.parsing.authorization import Authorization
from sparkify_dwh.redshift.parsing.clauses import Clauses
from sparkify_dwh.redshift.parsing.token_cursor import TokenCursor

_OBJECT = re.compile(r"s3://[^/]+|file:///")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True)
class CopyStatement:
    """A supported COPY statement. ``format`` is json or parquet.

    ``url`` is a key prefix, or a manifest's URL with the option MANIFEST. ``json`` is ``'auto'``,
    ``'auto ignorecase'`` or the URL of a JSONPaths file. ``columns`` is None when the statement names none.
    """

    schema: str | None
    table: str
    columns: tuple[str, ...] | None
    url: str
    authorization: Authorization
    json: str = "auto"
    options: CopyOptions = field(default_factory=CopyOptions)
    format: str = "json"

    @property
    def json_paths_url(self) -> str | None:
        """The URL of the JSONPaths file; None when fields are paired with columns by name."""
        return None if self.json in ("auto", "auto ignorecase") else self.json


def parse_copy(sql: str) -> CopyStatement:
    """Parse a COPY statement. Raise RedshiftError, whose message never repeats a string that may be a secret."""
    tokens = TokenCursor(sql)
    tokens.expect_word("copy")
    schema, table = tokens.table_name()
    columns = tuple(tokens.names_in_brackets()) if tokens.ahead == "(" else None
    tokens.expect_word("from")
    url = _object_url(tokens.string(), "COPY")
    clauses = _Clauses(tokens)
    authorization = clauses.authorization.authorization()
    if clauses.format is None:
        raise NotSupportedError("COPY without FORMAT JSON or PARQUET", "it reads nothing else")
    return CopyStatement(schema, table, columns, url, authorization, clauses.json, clauses.options(), clauses.format)


class _Clauses(Clauses):
    """The clauses of a COPY."""

    def __init__(self, tokens: TokenCursor) -> None:
        self.format: str | None = None
        self.json = "auto"
        super().__init__(tokens, "COPY", OPTIONS)

    def options(self) -> CopyOptions:
        if self.format == "parquet":
            check_parquet_options(self._seen)
        return CopyOptions(**self._values)  # type: ignore[arg-type]  # each reader gives its field's type

    def _read_own(self, word: str) -> bool:
        if word in ("format", "as", "json"):
            self._read_format()
        elif word == "encoding":
            self._begin(word)
            check_encoding(self._tokens)
        else:
            return False
        return True

    def _read_format(self) -> None:
        with_keyword = self._tokens.accept_word("format")
        self._tokens.accept_word("as")
        self.format = self._tokens.accept_word("json", "parquet") if with_keyword else self._tokens.accept_word("json")
        if self.format is None:
            token = self._tokens.peek()
            raise self._refusal(token.value if token is not None and token.kind == "word" else "")
        self._mark("format")
        if self.format == "json":
            self._read_json()

    def _read_json(self) -> None:
        self._tokens.accept_word("as")
        option = self._tokens.accept_string()
        if option == "noshred":
            raise NotSupportedError("COPY option JSON 'noshred'")
        known = option in (None, "auto", "auto ignorecase")
        self.json = (option or "auto") if known else _object_url(str(option), "a JSONPaths file")

    def _name(self, word: str) -> str:
        return option_name(word)

    def _refusal(self, word: str) -> RedshiftError:
        return refused_option(word, self.format) or self._tokens.syntax_error()


def _object_url(url: str, reader: str) -> str:
    """Return a URL with a supported scheme. Raise RedshiftError for any other."""
    if _OBJECT.match(url):
        return url
    scheme = _SCHEME.match(url)
    if scheme and scheme.group().lower() not in ("s3://", "file://"):
        raise NotSupportedError(f"{reader} from {scheme.group()}")
    raise RedshiftError("42601", f"{reader} needs a URL like s3://bucket/key or file:///path, found '{url}'")
