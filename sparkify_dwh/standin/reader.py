"""Reading a statement token by token, as the rules for CREATE TABLE and ALTER TABLE do."""

from __future__ import annotations

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.tokens import Token, tokenize


class StatementReader:
    """A statement's tokens, and a place among them."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens: list[Token] = [token for token in tokenize(sql) if token.text != ";"]
        self._next = 0

    @property
    def done(self) -> bool:
        return self._next == len(self._tokens)

    def peek(self) -> str:
        """The next token in upper case as it is written, '' at the end."""
        return "" if self.done else self._tokens[self._next].text.upper()

    def accept(self, *words: str) -> bool:
        """Step over ``words`` if they come next; all of them or none."""
        ahead = self._tokens[self._next : self._next + len(words)]
        if [token.text.upper() for token in ahead] != list(words):
            return False
        self._next += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise self.syntax_error()

    def accept_one_of(self, *words: str) -> str | None:
        """Step over the next word if it is one of ``words``, and return it."""
        word = self.peek()
        return word if word in words and self.accept(word) else None

    def name(self) -> str:
        """An identifier, folded to lower case: Redshift does so even in quotes. Redshift guide, r_names"""
        if self.done or self._tokens[self._next].kind not in {"word", "quoted_identifier"}:
            raise self.syntax_error()
        self._next += 1
        return str(self._tokens[self._next - 1].value).lower()

    def table_name(self) -> tuple[str | None, str]:
        """A table's name as (schema or None, name)."""
        first = self.name()
        return (first, self.name()) if self.accept(".") else (None, first)

    def bracketed(self) -> list[list[Token]]:
        """What stands in the brackets that come next, cut at its outer commas."""
        self.expect("(")
        parts: list[list[Token]] = [[]]
        depth = 1
        while not self.done:
            token = self._tokens[self._next]
            self._next += 1
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0:
                return parts if parts != [[]] else []
            if token.text == "," and depth == 1:
                parts.append([])
            else:
                parts[-1].append(token)
        raise self.syntax_error()

    def names_in_brackets(self) -> list[str]:
        """A list of names in brackets."""
        return [reader.only_name() for reader in map(self.inside, self.bracketed())]

    def only_name(self) -> str:
        name = self.name()
        self.finish()
        return name

    def inside(self, tokens: list[Token]) -> StatementReader:
        """A reader of some of this statement's tokens."""
        reader = StatementReader("")
        reader.sql = self.sql
        reader._tokens = tokens
        return reader

    def text_until(self, stops: frozenset[str]) -> str:
        """The source text up to one of ``stops`` outside of brackets, or to the end."""
        start, depth = self._next, 0
        while not self.done and (depth or self.peek() not in stops):
            depth += {"(": 1, ")": -1}.get(self.peek(), 0)
            self._next += 1
        if start == self._next:
            raise self.syntax_error()
        return self.sql[self._tokens[start].start : self._tokens[self._next - 1].end]

    def finish(self) -> None:
        """Raise unless everything has been read."""
        if not self.done:
            raise self.syntax_error()

    def syntax_error(self) -> RedshiftError:
        """The error for the token that comes next, which names it."""
        if self.done:
            return RedshiftError("42601", "syntax error at end of input")
        return RedshiftError("42601", f'syntax error at or near "{self._tokens[self._next].text}"')


def quoted(name: str) -> str:
    """An identifier as PostgreSQL reads it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal; the session reads backslashes as escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def qualified(schema: str | None, name: str) -> str:
    return quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"
