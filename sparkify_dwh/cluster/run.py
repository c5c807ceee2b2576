"""One run of a command: whom it asks, what it says, and whether it acts or only says what it would do."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, TypedDict, TypeVar

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster.spec import Place
from sparkify_dwh.errors import AwsError

OnStep = Callable[[str], None]
T = TypeVar("T")

POLL_SECONDS = 15.0
RETRY_SECONDS = 5.0

AVAILABLE = "available"
PAUSED = "paused"
GONE = "gone"
GOING = ("deleting", "final-snapshot")
# States of a cluster that it does not leave by itself. https://docs.aws.amazon.com/redshift/latest/APIReference/API_Cluster.html
STUCK = ("incompatible-", "hardware-failure", "storage-full", "failed")
_LAG_SECONDS = 120.0  # in which AWS may still show the state before a request


def now() -> datetime:
    return datetime.now(timezone.utc)


def nobody(_step: str) -> None:
    """Shows no steps."""


@dataclass
class Run:
    """``dry`` says what would be done and does nothing; ``sleep`` waits as many seconds as it is given."""

    aws: Aws
    on_step: OnStep = nobody
    dry: bool = False
    sleep: Callable[[float], None] = time.sleep
    done: list[str] = field(default_factory=list)

    def do(
        self, deed: str, service: str, operation: str, *, absent: Collection[str] = (), **parameters: Any
    ) -> dict[str, Any]:
        """Say ``deed``, such as "create the role x", and do it; the answer is empty when it is only said."""
        self.tell(deed)
        return {} if self.dry else self.aws.call(service, operation, absent=absent, **parameters)

    def tell(self, deed: str) -> None:
        self.done.append(deed)
        self.on_step(f"would {deed}" if self.dry else deed)

    def wait(self, what: str, state: Callable[[], str], wanted: Collection[str], *, minutes: int) -> None:
        """Wait until ``state()`` is one of ``wanted``, saying each state and each minute that passes.

        Raises AwsError when it is not within ``minutes``, or is one that nothing wanted comes after.
        """
        if self.dry:
            return
        waited, said = 0.0, ""
        while (current := state()) not in wanted:
            _require_hope(what, current, wanted, waited)
            if waited >= minutes * 60:
                raise AwsError(
                    f"{what} is still {current} after {minutes} minutes: see `sparkify-dwh cluster status`, and run this "
                    "again to go on"
                )
            passed = f"{what} is {current}" + (f", {int(waited // 60)} min" if waited >= 60 else "")
            if passed != said:
                self.on_step(said := passed)
            self.sleep(POLL_SECONDS)
            waited += POLL_SECONDS

    def retry(self, act: Callable[[], T], *, while_: Callable[[AwsError], bool], minutes: int, why: str) -> T:
        """Do ``act``, and again while it fails in a way that passes: AWS tells its own parts of changes with a delay."""
        for attempt in range(int(minutes * 60 // RETRY_SECONDS)):
            try:
                return act()
            except AwsError as error:
                if not while_(error):
                    raise
                if attempt == 0:
                    self.on_step(why)
            self.sleep(RETRY_SECONDS)
        return act()


def _require_hope(what: str, current: str, wanted: Collection[str], waited: float) -> None:
    """That the state may still become a wanted one without anybody doing anything; else AwsError."""
    if GONE in wanted:
        return
    if current.startswith(STUCK):
        raise AwsError(
            f"{what} is {current}, and will not be {AVAILABLE}: look at it in the console of Redshift, or delete it with "
            "`sparkify-dwh cluster down --no-snapshot`"
        )
    if current in GOING:
        raise AwsError(f"{what} is being deleted ({current}): wait until it is gone, and run this again")
    if current in (GONE, PAUSED) and waited >= _LAG_SECONDS:
        raise AwsError(f"{what} is {current}, by somebody else or because AWS could not go on: run this again")


class Patience(TypedDict):
    """How long, and with which failures, ``Run.retry`` tries again."""

    while_: Callable[[AwsError], bool]
    minutes: int
    why: str


def until_role_is_known(place: Place) -> Patience:
    """For requests that fail because a role that was just made is not known everywhere yet. No other is waited for."""
    refused = ("InvalidParameterValue", "ValidationException")
    return {
        "while_": lambda error: place.own_role and error.code in refused and "role" in str(error).lower(),
        "minutes": 2,
        "why": "waiting until Redshift knows the new role",
    }
