"""The clauses of COPY and UNLOAD after the source or target, which may have any order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.authorization import FORMS, AuthorizationClauses
from sparkify_dwh.redshift.parsing.token_cursor import TokenCursor

# By the option's first word: the field that it sets, and the parser of its argument.
Options = Mapping[str, tuple[str, Callable[[TokenCursor], object]]]


class Clauses:
    """The clauses of one statement, each at most once, recognised by the first word.

    This class reads authorization and ``options``; a subclass reads what only its command has, such as the format.
    """

    def __init__(self, tokens: TokenCursor, command: str, options: Options) -> None:
        self.authorization = AuthorizationClauses(command)
        self._tokens = tokens
        self._options = options
        self._seen: set[str] = set()
        self._values: dict[str, object] = {}
        while not tokens.done:
            self._read()

    def _read(self) -> None:
        token = self._tokens.peek()
        word = token.value if token is not None and token.kind == "word" else ""
        if self._read_own(word):
            return
        if word in self._options:
            self._begin(word)
            attribute, read = self._options[word]
            self._values[attribute] = read(self._tokens)
        elif word in FORMS:
            self._begin(word)
            self.authorization.read(word, self._tokens)
        elif word == "with":
            self._tokens.take()
            self._tokens.expect_word("credentials")
            self._mark("credentials")
            self.authorization.read("credentials", self._tokens)
        else:
            raise self._refusal(word)

    def _read_own(self, word: str) -> bool:
        """Read a clause that only this command has, and return whether it was one."""
        raise NotImplementedError

    def _refusal(self, word: str) -> RedshiftError:
        """Return the error for a clause with an unknown first word, '' if it begins with no word."""
        raise NotImplementedError

    def _name(self, word: str) -> str:
        """Return the clause's name in errors; two clauses with the same name exclude each other."""
        return word.upper()

    def _begin(self, word: str) -> None:
        self._tokens.take()
        self._mark(word)

    def _mark(self, word: str) -> None:
        """Record a clause, which a statement may have once."""
        name = self._name(word)
        if name in self._seen:
            raise RedshiftError("42601", f"conflicting or redundant options: {name} is given twice")
        self._seen.add(name)


def read_flag(_: TokenCursor) -> bool:
    """Read an option without an argument."""
    return True


def read_string(tokens: TokenCursor) -> str:
    """Read the string that is an option's argument, with or without AS."""
    tokens.accept_word("as")
    return tokens.string()
