"""Reading DDL token by token: the phrases, names and brackets that CREATE TABLE and ALTER TABLE are made of."""

from __future__ import annotations

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language.token_cursor import TokenCursor
from sparkify_dwh.standin.language.tokens import Token


class StatementReader(TokenCursor):
    """A statement's tokens, read by phrases. Words are given in capitals, as the guide's syntax diagrams have them."""

    def __init__(self, sql: str, tokens: list[Token] | None = None) -> None:
        super().__init__(sql if tokens is None else "")
        self._sql = sql
        if tokens is not None:
            self._tokens = tokens

    @property
    def ahead(self) -> str:
        """The next token in upper case as it is written, '' at the end."""
        token = self.peek()
        return "" if token is None else token.text.upper()

    def accept(self, *words: str) -> bool:
        """Step over ``words`` if they come next; all of them or none."""
        coming = self._tokens[self._next : self._next + len(words)]
        if [token.text.upper() for token in coming] != list(words):
            return False
        self._next += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise self.syntax_error()

    def accept_one_of(self, *words: str) -> str | None:
        """Step over the next word if it is one of ``words``, and return it."""
        word = self.ahead
        return word if word in words and self.accept(word) else None

    def table_name(self) -> tuple[str | None, str]:
        """A table's name as (schema or None, name)."""
        first = self.name()
        return (first, self.name()) if self.accept_symbol(".") else (None, first)

    def bracketed(self) -> list[StatementReader]:
        """What stands in the brackets that come next, cut at its outer commas."""
        self.expect_symbol("(")
        parts: list[list[Token]] = [[]]
        depth = 1
        while depth:
            token = self.take()
            depth += _depth(token)
            if token.is_symbol(",") and depth == 1:
                parts.append([])
            elif depth:
                parts[-1].append(token)
        return [StatementReader(self._sql, tokens) for tokens in parts if parts != [[]]]

    def names_in_brackets(self) -> list[str]:
        """A list of names in brackets; there must be one."""
        names = [part.only_name() for part in self.bracketed()]
        if not names:
            raise RedshiftError("42601", 'syntax error at or near ")"')
        return names

    def only_name(self) -> str:
        name = self.name()
        self.finish()
        return name

    def text_until(self, stops: frozenset[str]) -> str:
        """The source text up to one of ``stops`` outside of brackets, or to the end; there must be some."""
        first = last = self.take()
        depth = _depth(first)
        while not self.done and (depth or self.ahead not in stops):
            last = self.take()
            depth += _depth(last)
        return self._sql[first.start : last.end]

    def finish(self) -> None:
        """Raise unless everything has been read."""
        if not self.done:
            raise self.syntax_error()


def _depth(token: Token) -> int:
    """By how much a token goes into brackets, or out of them."""
    return {"(": 1, ")": -1}.get(token.text, 0)


def quoted(name: str) -> str:
    """An identifier as PostgreSQL reads it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal; the session reads backslashes as escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def qualified(schema: str | None, name: str) -> str:
    return quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"
