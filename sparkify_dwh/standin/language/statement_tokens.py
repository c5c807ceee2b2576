"""The tokens of a statement by index, with their brackets and neighbours, for rules about its grammar."""

from __future__ import annotations

from collections.abc import Iterator, Set

from sparkify_dwh.redshift.parsing.tokens import Token, TokenKind, tokenize


class StatementTokens:
    """The tokens of one statement. Methods accept any index; outside of the statement there is no token."""

    def __init__(self, sql: str) -> None:
        self._tokens = tokenize(sql)
        # For each token, the index of the bracket that encloses it; -1 outside of brackets.
        self._opened_at: list[int] = []
        self._closing: dict[int, int] = {}
        stack = [-1]
        for index, token in enumerate(self._tokens):
            if token.is_symbol(")") and len(stack) > 1:
                self._closing[stack.pop()] = index
            self._opened_at.append(stack[-1])
            if token.is_symbol("("):
                stack.append(index)
        self._opening = {closing: opening for opening, closing in self._closing.items()}

    def __len__(self) -> int:
        return len(self._tokens)

    def __getitem__(self, index: int) -> Token:
        return self._tokens[index]

    def words(self, words: Set[str]) -> Iterator[int]:
        """Yield the indexes of these words (in lower case), except after a dot, where they are columns."""
        for index, token in enumerate(self._tokens):
            if token.kind == "word" and token.value in words and self._is_plain(index):
                yield index

    def kind(self, index: int) -> TokenKind | None:
        """Return the kind of a token; None where there is none."""
        token = self._at(index)
        return None if token is None else token.kind

    def symbol(self, index: int) -> str:
        """Return the symbol at ``index``; '' where there is another token, or none."""
        token = self._at(index)
        return token.text if token is not None and token.kind == "symbol" else ""

    def is_word(self, index: int, *words: str) -> bool:
        """Return whether one of these words is at ``index``."""
        token = self._at(index)
        return token is not None and token.is_word(*words)

    def follows_word(self, index: int, *words: str) -> bool:
        """Return whether one of these words precedes ``index``."""
        return self.is_word(index - 1, *words)

    def phrase_begins(self, index: int, *words: str) -> bool:
        """Return whether these words begin at ``index``."""
        return all(self.is_word(index + offset, word) for offset, word in enumerate(words))

    def phrase_ends(self, index: int, *words: str) -> bool:
        """Return whether these words end at ``index``."""
        return self.phrase_begins(index - len(words) + 1, *words)

    def is_call(self, index: int) -> bool:
        """Return whether a name at ``index`` is followed by a bracket."""
        return self.kind(index) in ("word", "quoted_identifier") and self.symbol(index + 1) == "("

    def schema(self, index: int) -> str:
        """Return the name that qualifies the one at ``index``; '' if there is none."""
        before = self._at(index - 2)
        return before.value if before is not None and self.symbol(index - 1) == "." else ""

    def opener(self, index: int) -> str:
        """Return the word before the enclosing bracket, such as ``cast`` in ``CAST(x AS ...)``; '' if there is none."""
        opened_at = self._opened_at[index]
        before = self._at(opened_at - 1) if opened_at > 0 else None
        return before.value if before is not None and before.kind == "word" else ""

    def closing(self, index: int) -> int:
        """Return the index of the bracket that closes the one at ``index``; the end if there is none."""
        return self._closing.get(index, len(self._tokens))

    def frame(self, index: int) -> str:
        """Return the unit of the frame, such as ``rows``, in the window with a bracket at ``index``; '' without a frame."""
        for at in self._directly_inside(index):
            bounded = self.is_word(at + 1, "between", "unbounded", "current") or self.kind(at + 1) == "number"
            if bounded and self.is_word(at, "rows", "range", "groups"):
                return self._tokens[at].value
        return ""

    def has_order(self, index: int) -> bool:
        """Return whether ORDER BY is directly inside the bracket at ``index``."""
        return any(self.phrase_begins(at, "order", "by") for at in self._directly_inside(index))

    def called_before(self, index: int) -> str | None:
        """Return the function whose call ends before ``index``, or before IGNORE or RESPECT NULLS; None if there is none."""
        end = index - 1
        if self.phrase_ends(end, "ignore", "nulls") or self.phrase_ends(end, "respect", "nulls"):
            end -= 2
        opening = self._opening.get(end, 0)
        return self._tokens[opening - 1].value if opening > 0 and self.kind(opening - 1) == "word" else None

    def reads_catalogue(self) -> bool:
        """Return whether the statement is a query that names a table of the catalogue."""
        return self.is_word(0, "select", "with") and any(self._is_catalogue_table(at) for at in range(len(self)))

    def _is_catalogue_table(self, index: int) -> bool:
        token = self._tokens[index]
        if token.kind != "word" or token.value == "pg_catalog":
            return False
        return token.value == "information_schema" or (token.value.startswith("pg_") and not self.is_call(index))

    def _directly_inside(self, index: int) -> list[int]:
        """Return the indexes inside the bracket at ``index`` and outside of nested ones."""
        return [at for at in range(index + 1, self.closing(index)) if self._opened_at[at] == index]

    def _is_plain(self, index: int) -> bool:
        if self.symbol(index - 1) == ".":
            return self.is_word(index - 2, "pg_catalog")
        return True

    def _at(self, index: int) -> Token | None:
        return self._tokens[index] if 0 <= index < len(self._tokens) else None
