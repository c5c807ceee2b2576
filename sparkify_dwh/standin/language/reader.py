"""A reader for DDL: the phrases, names and brackets of statements such as CREATE TABLE."""

from __future__ import annotations

from sparkify_dwh.redshift.parsing.token_cursor import TokenCursor
from sparkify_dwh.redshift.parsing.tokens import Token


class StatementReader(TokenCursor):
    """A statement's tokens, read by phrases of words in capitals, as in the guide's syntax diagrams."""

    def __init__(self, sql: str, tokens: list[Token] | None = None) -> None:
        super().__init__(sql if tokens is None else "")
        self._sql = sql
        if tokens is not None:
            self._tokens = tokens

    def accept(self, *words: str) -> bool:
        """Skip ``words`` if all of them come next, and return whether they do."""
        following = self._tokens[self._next : self._next + len(words)]
        if [token.text.upper() for token in following] != list(words):
            return False
        self._next += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Skip ``words``, which must come next."""
        if not self.accept(*words):
            raise self.syntax_error()

    def accept_one_of(self, *words: str) -> str | None:
        """Skip the next word if it is one of ``words``, and return it."""
        word = self.ahead
        return word if word in words and self.accept(word) else None

    def bracketed(self) -> list[StatementReader]:
        """Read the next pair of brackets, and return a reader for each part between its outer commas."""
        self.expect_symbol("(")
        parts: list[list[Token]] = [[]]
        depth = 1
        while depth:
            token = self.take()
            depth += token.nesting
            if token.is_symbol(",") and depth == 1:
                parts.append([])
            elif depth:
                parts[-1].append(token)
        return [StatementReader(self._sql, tokens) for tokens in parts if parts != [[]]]

    def text_until(self, stops: frozenset[str]) -> str:
        """Read up to one of ``stops`` outside of brackets, or to the end; the text must not be empty."""
        first = last = self.take()
        depth = first.nesting
        while not self.done and (depth or self.ahead not in stops):
            last = self.take()
            depth += last.nesting
        return self._sql[first.start : last.end]

    def finish(self) -> None:
        """Raise unless all tokens have been read."""
        if not self.done:
            raise self.syntax_error()


def quoted(name: str) -> str:
    """Return an identifier for PostgreSQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a string literal for a session in which backslashes are escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def qualified(schema: str | None, name: str) -> str:
    """Return a table's name for PostgreSQL."""
    return quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"
