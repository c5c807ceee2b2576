"""Options that several commands share, with the same help, values and errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.errors import UsageError
from sparkify_dwh.redshift.limits import MAX_WAIT_SECONDS
from sparkify_dwh.utils.dates import as_date
from sparkify_dwh.utils.durations import DURATION_EXAMPLES, parse_duration

# Generic only in later versions of click than the oldest supported, and for type checkers.
if TYPE_CHECKING:
    DayType = click.ParamType[date]
    DurationType = click.ParamType[timedelta]
else:
    DayType = DurationType = click.ParamType


class Day(DayType):
    """A date (UTC) such as 2018-11-15."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return as_date(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Duration(DurationType):
    """A duration such as 36h."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        span = value if isinstance(value, timedelta) else parse_duration(value)
        return span or self.fail(f"{value!r} is not {DURATION_EXAMPLES}.", param, ctx)


class WholeNumber(click.IntRange):
    """A whole number within limits."""

    name = "number"  # click calls it an integer range, also in errors


class Seconds(click.FloatRange):
    """A finite number of seconds."""

    name = "seconds"

    def __init__(self) -> None:
        super().__init__(min=0, max=MAX_WAIT_SECONDS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value} is not a number.", param, ctx)
        return seconds


DAY, DURATION, SECONDS = Day(), Duration(), Seconds()

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def count_option(name: str, help: str, *, default: int | None = None, minimum: int = 0) -> Decorator:
    """Return an option whose value is a whole number."""
    number = WholeNumber(min=minimum)
    return click.option(name, type=number, metavar="N", default=default, show_default=default is not None, help=help)


dry_run_option = click.option("--dry-run", is_flag=True, help="Show the steps, and do not carry them out.")
from_option = click.option("--from", "first", type=DAY, metavar="DAY", help="First day (UTC), e.g. 2018-11-01.")
to_option = click.option("--to", "last", type=DAY, metavar="DAY", help="Last day (UTC), inclusive.")
since_option = click.option(
    "--since", type=DAY, metavar="DAY", help="Skip files whose name contains an earlier date, e.g. 2018-11-15."
)
until_option = click.option(
    "--until", type=DAY, metavar="DAY", help="Skip files whose name contains a later date, e.g. 2018-11-20."
)
files_option = click.option(
    "--files", multiple=True, metavar="NAME", help="Only files whose URL ends in NAME; may be repeated."
)
force_option = click.option("--force", is_flag=True, help="Load files again that were loaded before.")
wait_option = click.option(
    "--wait", type=SECONDS, default=3600.0, show_default=True, help="Seconds to wait for other sessions."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, without progress.")
