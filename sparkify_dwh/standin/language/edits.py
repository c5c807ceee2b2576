"""Edits of a statement's text."""

from __future__ import annotations

from typing import NamedTuple


class Edit(NamedTuple):
    """``text`` replaces ``sql[start:end]``."""

    start: int
    end: int
    text: str


def apply_edits(sql: str, edits: list[Edit]) -> str:
    """Return ``sql`` with ``edits`` applied, without those inside of what an earlier one has replaced."""
    pieces, position = list[str](), 0
    for edit in sorted(edits):
        if edit.start < position:
            continue
        pieces += [sql[position : edit.start], edit.text]
        position = edit.end
    return "".join(pieces) + sql[position:]
