"""A place among the tokens of a statement, and what a parser asks of it."""

from __future__ import annotations

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language.tokens import Token, tokenize


class TokenCursor:
    """The tokens of one statement, read from left to right; semicolons at its end are left out.

    ``accept_*`` steps over what comes next if it is what was asked for; the other verbs raise RedshiftError 42601 when
    it is not. Errors name a word or symbol but never repeat a string, which may be a secret.
    """

    def __init__(self, sql: str) -> None:
        self._tokens = tokenize(sql)
        while self._tokens and self._tokens[-1].is_symbol(";"):
            self._tokens.pop()
        self._next = 0

    @property
    def done(self) -> bool:
        return self._next == len(self._tokens)

    def peek(self) -> Token | None:
        """The next token; None at the end."""
        return None if self.done else self._tokens[self._next]

    def take(self) -> Token:
        """Step over the next token, whatever it is."""
        if self.done:
            raise self.syntax_error()
        self._next += 1
        return self._tokens[self._next - 1]

    def accept_word(self, *words: str) -> str | None:
        """The next token if it is one of these words (in lower case)."""
        token = self.peek()
        return self.take().value if token is not None and token.is_word(*words) else None

    def accept_symbol(self, symbol: str) -> bool:
        token = self.peek()
        if token is None or not token.is_symbol(symbol):
            return False
        self._next += 1
        return True

    def accept_string(self) -> str | None:
        """The value of the next token if it is a string."""
        token = self.peek()
        return self.take().value if token is not None and token.kind == "string" else None

    def expect_word(self, word: str) -> None:
        if not self.accept_word(word):
            raise self.syntax_error()

    def expect_symbol(self, symbol: str) -> None:
        if not self.accept_symbol(symbol):
            raise self.syntax_error()

    def name(self) -> str:
        """An identifier, quoted or not, in lower case."""
        token = self.peek()
        if token is None or token.kind not in ("word", "quoted_identifier"):
            raise self.syntax_error()
        return self.take().value

    def string(self) -> str:
        text = self.accept_string()
        if text is None:
            raise self.syntax_error()
        return text

    def integer(self, option: str, least: int, most: int) -> int:
        """An integer without a sign; 22023 names ``option`` when it is out of range."""
        token = self.peek()
        if token is None or token.kind != "number" or not token.text.isdigit():
            raise self.syntax_error()
        digits = self.take().text
        if len(digits) > 20 or not least <= int(digits) <= most:
            raise RedshiftError("22023", f"{option} must be between {least} and {most}, not {digits}")
        return int(digits)

    def syntax_error(self) -> RedshiftError:
        """The error for a token that should not stand here; it names the next one."""
        token = self.peek()
        if token is None:
            return RedshiftError("42601", "syntax error at end of input")
        if token.kind == "string":
            return RedshiftError("42601", f"syntax error at or near the string at character {token.start + 1}")
        return RedshiftError("42601", f'syntax error at or near "{token.text}"')
