"""Passwords and keys that are not shown by accident."""

from __future__ import annotations


class Secret:
    """A password or key: ``***`` when printed, logged or formatted. ``reveal()`` returns it.

    A pickle holds it in clear, for another process to use: keep pickles of settings as safe as dwh.cfg.

    Equal only to a Secret with the same content; an empty one is false.
    """

    __slots__ = ("_clear",)

    def __init__(self, clear: str) -> None:
        self._clear = clear

    def reveal(self) -> str:
        """Return the password or key."""
        return self._clear

    def __repr__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._clear)

    def __eq__(self, other: object) -> bool:
        return self._clear == other._clear if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._clear))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (self._clear,)
