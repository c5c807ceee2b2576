"""A statement's tokens with their brackets: what a rule asks of a place among them."""

from __future__ import annotations

from collections.abc import Iterator, Set

from sparkify_dwh.standin.language.tokens import Token, TokenKind, tokenize


class StatementTokens:
    """The tokens of one statement. Places before the first and behind the last are allowed, and are nothing."""

    def __init__(self, sql: str) -> None:
        self._tokens = tokenize(sql)
        self._opened_at: list[int] = []  # of each token: the place of the bracket it stands in, -1 outside of any
        self._closing: dict[int, int] = {}
        stack = [-1]
        for place, token in enumerate(self._tokens):
            if token.is_symbol(")") and len(stack) > 1:
                self._closing[stack.pop()] = place
            self._opened_at.append(stack[-1])
            if token.is_symbol("("):
                stack.append(place)
        self._opening = {closing: opening for opening, closing in self._closing.items()}

    def __len__(self) -> int:
        return len(self._tokens)

    def __getitem__(self, place: int) -> Token:
        return self._tokens[place]

    def words(self, wanted: Set[str]) -> Iterator[int]:
        """The places of these words (in lower case): not of columns of that name, behind a dot."""
        for place, token in enumerate(self._tokens):
            if token.kind == "word" and token.value in wanted and self._is_plain(place):
                yield place

    def kind(self, place: int) -> TokenKind | None:
        token = self._at(place)
        return None if token is None else token.kind

    def symbol(self, place: int) -> str:
        """The symbol at ``place``; '' where there is another token, or none."""
        token = self._at(place)
        return token.text if token is not None and token.kind == "symbol" else ""

    def is_symbol(self, place: int, symbol: str) -> bool:
        return self.symbol(place) == symbol

    def is_word(self, place: int, *words: str) -> bool:
        token = self._at(place)
        return token is not None and token.is_word(*words)

    def follows_word(self, place: int, *words: str) -> bool:
        """Whether one of these words stands before ``place``."""
        return self.is_word(place - 1, *words)

    def phrase_begins(self, place: int, *words: str) -> bool:
        return all(self.is_word(place + offset, word) for offset, word in enumerate(words))

    def phrase_ends(self, place: int, *words: str) -> bool:
        return self.phrase_begins(place - len(words) + 1, *words)

    def is_call(self, place: int) -> bool:
        """Whether a name with a bracket behind it stands here."""
        return self.kind(place) in ("word", "quoted_identifier") and self.is_symbol(place + 1, "(")

    def schema(self, place: int) -> str:
        """The name before a dot before ``place``; '' if there is none."""
        before = self._at(place - 2)
        return before.value if before is not None and self.symbol(place - 1) == "." else ""

    def opener(self, place: int) -> str:
        """The word before the bracket that ``place`` stands in: ``cast`` in ``CAST(x AS ...)``; '' if there is none."""
        opened_at = self._opened_at[place]
        before = self._at(opened_at - 1) if opened_at > 0 else None
        return before.value if before is not None and before.kind == "word" else ""

    def closing(self, place: int) -> int:
        """The place of the bracket that closes the one at ``place``; the end if there is none."""
        return self._closing.get(place, len(self._tokens))

    def frame(self, place: int) -> str:
        """The unit of the frame in the window whose bracket is at ``place``: ``rows`` ...; '' if it has none."""
        for at in self._directly_inside(place):
            bounded = self.is_word(at + 1, "between", "unbounded", "current") or self.kind(at + 1) == "number"
            if bounded and self.is_word(at, "rows", "range", "groups"):
                return self._tokens[at].value
        return ""

    def has_order(self, place: int) -> bool:
        """Whether ORDER BY stands in the bracket at ``place``."""
        return any(self.phrase_begins(at, "order", "by") for at in self._directly_inside(place))

    def called_before(self, place: int) -> str | None:
        """The function whose call ends before ``place``, past IGNORE NULLS and RESPECT NULLS; None if there is none."""
        end = place - 1
        if self.phrase_ends(end, "ignore", "nulls") or self.phrase_ends(end, "respect", "nulls"):
            end -= 2
        opening = self._opening.get(end, 0)
        return self._tokens[opening - 1].value if opening > 0 and self.kind(opening - 1) == "word" else None

    def reads_the_catalogue(self) -> bool:
        """Whether the statement is a query that names a table of the catalogue."""
        return self.is_word(0, "select", "with") and any(self._is_catalogue_table(at) for at in range(len(self)))

    def _is_catalogue_table(self, place: int) -> bool:
        token = self._tokens[place]
        if token.kind != "word" or token.value == "pg_catalog":
            return False
        return token.value == "information_schema" or (token.value.startswith("pg_") and not self.is_call(place))

    def _directly_inside(self, place: int) -> list[int]:
        """The places in the bracket at ``place``, without those in brackets within."""
        return [at for at in range(place + 1, self.closing(place)) if self._opened_at[at] == place]

    def _is_plain(self, place: int) -> bool:
        if self.symbol(place - 1) == ".":
            return self.is_word(place - 2, "pg_catalog")
        return True

    def _at(self, place: int) -> Token | None:
        return self._tokens[place] if 0 <= place < len(self._tokens) else None
