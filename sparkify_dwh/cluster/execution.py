"""The execution of a command: it reports steps and, unless it is a dry run, carries them out."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, TypeVar

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import region_of
from sparkify_dwh.cluster.description import require_reachable
from sparkify_dwh.connection.credentials import aws_of
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings

OnStep = Callable[[str], None]
Sleep = Callable[[float], None]
T = TypeVar("T")

POLL_SECONDS = 15.0
RETRY_SECONDS = 5.0


def now() -> datetime:
    return datetime.now(timezone.utc)


def ignore_step(_step: str) -> None:
    """Show no steps."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Which errors of AWS are temporary, how long to retry, and the reason to report. AWS's services lag behind another."""

    is_temporary: Callable[[AwsError], bool]
    minutes: int
    reason: str


@dataclass
class Execution:
    """``done`` lists the steps so far. ``sleep`` waits for a number of seconds."""

    aws: Aws
    on_step: OnStep = ignore_step
    dry_run: bool = False
    sleep: Sleep = time.sleep
    done: list[str] = field(default_factory=list)

    def do(
        self,
        step: str,
        service: str,
        operation: str,
        *,
        absent: Collection[str] = (),
        retry: RetryPolicy | None = None,
        **parameters: Any,
    ) -> dict[str, Any]:
        """Report a step, such as "create the role x", and send its request. The response is empty in a dry run.

        Error codes in ``absent`` mean that the resource does not exist; the response is then empty too.
        """
        self.report(step)
        if self.dry_run:
            return {}

        def send() -> dict[str, Any]:
            return self.aws.call(service, operation, absent=absent, **parameters)

        return self.retry(send, retry) if retry else send()

    def report(self, step: str) -> None:
        self.done.append(step)
        self.on_step(f"would {step}" if self.dry_run else step)

    def wait(self, what: str, state: Callable[[], str], wanted: Collection[str], *, minutes: int) -> None:
        """Wait until ``state()`` is one of ``wanted``. Report each state, and each minute.

        Raises AwsError after ``minutes``, and for a state that no wanted one can follow.
        """
        if self.dry_run:
            return
        waited_seconds, reported = 0.0, ""
        while (current := state()) not in wanted:
            require_reachable(what, current, wanted, waited_seconds)
            if waited_seconds >= minutes * 60:
                raise AwsError(
                    f"{what} is still {current} after {minutes} minutes",
                    "see `sparkify-dwh cluster status`, and run this again to continue",
                )
            progress = f"{what} is {current}" + (f", {int(waited_seconds // 60)} min" if waited_seconds >= 60 else "")
            if progress != reported:
                self.on_step(reported := progress)
            self.sleep(POLL_SECONDS)
            waited_seconds += POLL_SECONDS

    def retry(self, act: Callable[[], T], policy: RetryPolicy) -> T:
        """Call ``act`` until it succeeds or its error is not temporary."""
        for attempt in range(int(policy.minutes * 60 // RETRY_SECONDS)):
            try:
                return act()
            except AwsError as error:
                if not policy.is_temporary(error):
                    raise
                if attempt == 0:
                    self.on_step(policy.reason)
            self.sleep(RETRY_SECONDS)
        return act()


@contextmanager
def open_aws(settings: Settings, aws: Aws | None = None) -> Iterator[Aws]:
    """Yield a client for the region of the cluster; or ``aws``, which stays open."""
    if aws:
        yield aws
        return
    with aws_of(settings, region=settings.aws_region or region_of(settings.host)) as new_aws:
        yield new_aws


@contextmanager
def open_execution(
    settings: Settings, aws: Aws | None, on_step: OnStep, dry_run: bool, sleep: Sleep
) -> Iterator[Execution]:
    """Yield an execution with a client for the settings, or with ``aws``."""
    with open_aws(settings, aws) as open_client:
        yield Execution(open_client, on_step, dry_run, sleep)
