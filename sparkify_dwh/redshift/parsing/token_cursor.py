"""A cursor over the tokens of a statement, for parsers."""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.tokens import Token, tokenize


class TokenCursor:
    """The tokens of one statement, read from left to right, without the semicolons at its end.

    ``accept_*`` skips what comes next if it matches; the other methods raise RedshiftError 42601 if it does not. Errors
    name a word or symbol but never repeat a string, which may be a secret.
    """

    def __init__(self, sql: str) -> None:
        self._tokens = tokenize(sql)
        while self._tokens and self._tokens[-1].is_symbol(";"):
            self._tokens.pop()
        self._next = 0

    @property
    def done(self) -> bool:
        """Whether all tokens have been read."""
        return self._next == len(self._tokens)

    def peek(self) -> Token | None:
        """Return the next token; None at the end."""
        return None if self.done else self._tokens[self._next]

    @property
    def ahead(self) -> str:
        """The text of the next token in upper case, '' at the end."""
        token = self.peek()
        return "" if token is None else token.text.upper()

    def take(self) -> Token:
        """Skip the next token, and return it."""
        if self.done:
            raise self.syntax_error()
        self._next += 1
        return self._tokens[self._next - 1]

    def accept_word(self, *words: str) -> str | None:
        """Skip the next token if it is one of these words (in lower case), and return it."""
        token = self.peek()
        return self.take().value if token is not None and token.is_word(*words) else None

    def accept_symbol(self, symbol: str) -> bool:
        """Skip the next token if it is this symbol, and return whether it is."""
        token = self.peek()
        if token is None or not token.is_symbol(symbol):
            return False
        self._next += 1
        return True

    def accept_string(self) -> str | None:
        """Skip the next token if it is a string, and return its value."""
        token = self.peek()
        return self.take().value if token is not None and token.kind == "string" else None

    def expect_word(self, word: str) -> None:
        """Skip this word, which must come next."""
        if not self.accept_word(word):
            raise self.syntax_error()

    def expect_symbol(self, symbol: str) -> None:
        """Skip this symbol, which must come next."""
        if not self.accept_symbol(symbol):
            raise self.syntax_error()

    def name(self) -> str:
        """Read an identifier, quoted or not, and return it in lower case."""
        token = self.peek()
        if token is None or token.kind not in ("word", "quoted_identifier"):
            raise self.syntax_error()
        return self.take().value

    def table_name(self) -> tuple[str | None, str]:
        """Read a table's name as (schema or None, name)."""
        first = self.name()
        return (first, self.name()) if self.accept_symbol(".") else (None, first)

    def names_in_brackets(self) -> list[str]:
        """Read a list of names in brackets, which must not be empty."""
        self.expect_symbol("(")
        names = [self.name()]
        while self.accept_symbol(","):
            names.append(self.name())
        self.expect_symbol(")")
        return names

    def string(self) -> str:
        text = self.accept_string()
        if text is None:
            raise self.syntax_error()
        return text

    def integer(self, option: str, min_value: int, max_value: int) -> int:
        """Read an integer without a sign. Raise 22023, which names ``option``, when it is out of range."""
        token = self.peek()
        if token is None or token.kind != "number" or not token.text.isdigit():
            raise self.syntax_error()
        digits = self.take().text
        if len(digits) > 20 or not min_value <= int(digits) <= max_value:
            raise RedshiftError("22023", f"{option} must be between {min_value} and {max_value}, not {digits}")
        return int(digits)

    def syntax_error(self) -> RedshiftError:
        """Return the error for an unexpected token, which names it."""
        token = self.peek()
        if token is None:
            return RedshiftError("42601", "syntax error at end of input")
        if token.kind == "string":
            return RedshiftError("42601", f"syntax error at or near the string at character {token.start + 1}")
        return RedshiftError("42601", f'syntax error at or near "{token.text}"')
