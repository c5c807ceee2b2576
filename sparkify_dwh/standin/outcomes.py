"""What the stand-in does with a statement: pass it, rewrite it, or carry it out in the relay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sparkify_dwh.standin.postgres.backend import Backend

Notice = Callable[[str], None]


@dataclass(frozen=True)
class Passed:
    """The statement goes to PostgreSQL unchanged."""


@dataclass(frozen=True)
class Rewritten:
    """The statement goes to PostgreSQL as ``sql``.

    ``tag`` is the command tag that the client receives, if PostgreSQL's own would differ.
    """

    sql: str
    tag: str = ""


@dataclass(frozen=True)
class CarriedOut:
    """The relay carries out the statement in the client's own PostgreSQL session when the client executes it.

    ``run`` sends PostgreSQL whatever it needs; ``tag`` is the command tag that the client receives.
    """

    run: Callable[[Backend, Notice], None]
    tag: str


Plan = Passed | Rewritten | CarriedOut
PASSED = Passed()

# A rule takes a statement and its first words in upper case. It returns None for a statement that is not its own, and
# raises RedshiftError for one that it refuses.
Rule = Callable[[str, list[str]], Plan | None]
