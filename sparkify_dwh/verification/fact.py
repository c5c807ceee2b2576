"""A fact about the warehouse's server, and the outcome of trying it."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import error_fields, server_message

if TYPE_CHECKING:
    from sparkify_dwh.verification.trial import Trial

GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg/"

State = Literal["passed", "noted", "different", "warning", "skipped", "failed"]

ANYTHING = object()
"""The expected value of a fact on which the product does not rely: what is found is noted."""

TryFact = Callable[["Trial"], Any]


class NotTried(Exception):
    """A fact cannot be tried here, for this reason, such as a right that is missing."""


@dataclass(frozen=True)
class Fact:
    """A fact, and the function that tries it.

    ``says`` states it in a sentence; ``source`` is a page of the Redshift guide, or a URL. It holds when the function
    returns ``expected``, and is only noted where that is ``ANYTHING``. ``differs`` names the known difference because of
    which it does not hold on the stand-in. ``needs`` names the facts without which it cannot be tried. If not
    ``is_required``, the product works without it, and it is a warning.
    """

    name: str
    says: str
    source: str
    try_it: TryFact
    expected: Any = ANYTHING
    differs: str | None = None
    needs: tuple[str, ...] = ()
    is_required: bool = True

    @property
    def url(self) -> str:
        return self.source if "://" in self.source else f"{GUIDE}{self.source}.html"


@dataclass(frozen=True)
class Outcome:
    """What came of trying a fact. ``found`` can be written as JSON.

    States: ``passed``; ``noted``, where nothing was expected; ``different``, a known difference of the stand-in;
    ``warning``, it does not hold and need not; ``skipped``, not tried; ``failed``. ``is_complete`` is false when it was not
    tried to its end: what needs it cannot be tried.
    """

    fact: Fact
    state: State
    found: Any
    seconds: float
    is_complete: bool = True


class Facts:
    """The facts of one subject, in the order in which they are tried."""

    def __init__(self) -> None:
        self._facts: list[Fact] = []

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def add(self, fact: Fact) -> None:
        self._facts.append(fact)

    def fact(self, source: str, expected: Any = ANYTHING, **options: Any) -> Callable[[TryFact], TryFact]:
        """Register a function: its name is the fact's, its docstring says what the fact is. Options: :class:`Fact`."""

        def register(function: TryFact) -> TryFact:
            says, *_details = inspect.cleandoc(function.__doc__ or "").split("\n\n")
            name = function.__name__.replace("_", "-")
            self.add(Fact(name, " ".join(says.split()), source, function, expected, **options))
            return function

        return register


def try_fact(fact: Fact, trial: Trial) -> Outcome:
    """Try a fact. An unexpected error is its outcome too, so that one fact does not hide the others."""
    start = time.perf_counter()
    is_complete = False
    try:
        found = fact.try_it(trial)
        state: State = _state_of(fact, trial, held=fact.expected is ANYTHING or found == fact.expected)
        is_complete = True
    except NotTried as reason:
        found, state = str(reason), "different" if _is_known_difference(fact, trial) else "skipped"
    except Exception as error:  # of whatever kind: the server is not known
        found, state = describe_error(error), _state_of(fact, trial, held=False)
    return Outcome(fact, state, found, round(time.perf_counter() - start, 3), is_complete)


def skip(fact: Fact, needed: str) -> Outcome:
    """Return the outcome of a fact that is not tried, because ``needed`` was not complete."""
    return Outcome(fact, "skipped", f"needs {needed}", 0.0, is_complete=False)


def describe_error(error: BaseException) -> str:
    """Return an error as one line: with its SQLSTATE if the server sent it."""
    if isinstance(error, DBAPIError):
        return f"{error_fields(error).get('C', type(error).__name__)} {server_message(error)}"
    return f"{type(error).__name__}: {error}"


def _state_of(fact: Fact, trial: Trial, held: bool) -> State:
    if held:
        return "noted" if fact.expected is ANYTHING else "passed"
    if _is_known_difference(fact, trial):
        return "different"
    return "failed" if fact.is_required else "warning"


def _is_known_difference(fact: Fact, trial: Trial) -> bool:
    return fact.differs is not None and trial.settings.is_standin
