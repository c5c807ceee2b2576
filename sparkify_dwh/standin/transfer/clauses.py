"""The clauses of a COPY or an UNLOAD: everything after its source or target, in whatever order it comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language.token_cursor import TokenCursor
from sparkify_dwh.standin.transfer.authorization import FORMS, AuthorizationClauses

# By the word an option begins with: the field it sets, and what reads its argument.
Options = Mapping[str, tuple[str, Callable[[TokenCursor], object]]]


class Clauses:
    """The clauses of one statement, read when it is made: each at most once, by the word that it begins with.

    Authorization and what is in ``options`` is read here; a subclass reads what only its command has, such as the format.
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
        """Read the clause if only this command has it; whether it has."""
        raise NotImplementedError

    def _refusal(self, word: str) -> RedshiftError:
        """The error for a clause that begins with an unknown word; '' when it begins with none."""
        raise NotImplementedError

    def _name(self, word: str) -> str:
        """What errors call the clause; two clauses of one name exclude each other."""
        return word.upper()

    def _begin(self, word: str) -> None:
        self._tokens.take()
        self._mark(word)

    def _mark(self, word: str) -> None:
        """Note a clause, of which a statement may hold one."""
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
