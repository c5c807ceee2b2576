"""Options that several commands have: the same words in their help, the same values, the same errors."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.errors import UsageError
from sparkify_dwh.redshift.limits import LONGEST_WAIT_SECONDS
from sparkify_dwh.utils.dates import as_date

# Generic in later versions of click than may be installed, and to type checkers alone.
if TYPE_CHECKING:
    DayType = click.ParamType[date]
else:
    DayType = click.ParamType


class Day(DayType):
    """A day, which is UTC, as 2018-11-15."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return as_date(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Seconds(click.FloatRange):
    """How long to wait: a number, which nan is not, and with an end."""

    name = "seconds"

    def __init__(self) -> None:
        super().__init__(min=0, max=LONGEST_WAIT_SECONDS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value} is no number.", param, ctx)
        return seconds


DAY, SECONDS = Day(), Seconds()
COUNT, POSITIVE_COUNT = click.IntRange(min=0), click.IntRange(min=1)

from_option = click.option("--from", "first", type=DAY, metavar="DAY", help="The first day (UTC), e.g. 2018-11-01.")
to_option = click.option("--to", "last", type=DAY, metavar="DAY", help="The last day (UTC), which is included.")
since_option = click.option(
    "--since", type=DAY, metavar="DAY", help="Leave out files whose name holds an earlier day, e.g. 2018-11-15."
)
files_option = click.option(
    "--files", multiple=True, metavar="NAME", help="Take only files whose URL ends in NAME; may be repeated."
)
force_option = click.option("--force", is_flag=True, help="Take files again that were loaded before.")
wait_option = click.option(
    "--wait", type=SECONDS, default=3600.0, show_default=True, help="Seconds to wait for another load."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and no progress.")
