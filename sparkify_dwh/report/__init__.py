"""What people listen to, as a page for managers: one HTML file that needs neither network nor warehouse.

from sparkify_dwh.report import write_report
write_report(settings, Path("report.html"))
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkify_dwh.errors import UsageError
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.atomic_write import write_atomically
from sparkify_dwh.utils.extras import require_extra

if TYPE_CHECKING:
    from sparkify_dwh.report.data import ReportData

__all__ = ["Written", "make_report", "write_report"]


@dataclass(frozen=True)
class Written:
    """A report in its file. ``first`` and ``last`` are None when the warehouse has no plays, and no days were asked for."""

    path: Path
    first: date | None
    last: date | None
    plays: int


def write_report(  # noqa: PLR0913 (options by name)
    settings: Settings,
    path: Path,
    first: date | str | None = None,
    last: date | str | None = None,
    *,
    check: bool = False,
    on_step: Callable[[str], None] = lambda _step: None,
) -> Written:
    """Write the report of the days from ``first`` to ``last`` (UTC, both included) to a file, and say what was written.

    Without ``last``, it is the last day with plays that is over; without ``first``, 29 days earlier, or the first day with
    plays. ``check`` checks everything in the warehouse, too. A file that is there is replaced when the new one is complete.

    Raises :class:`UsageError` where no file can be written, for days that make no period, and where the extra ``report`` is
    not installed; and what connecting raises.
    """
    target = _writable(path)
    html, data = _made(settings, first, last, check, on_step)
    on_step("writing")
    write_atomically(target, html.encode())
    if data.listening is None:
        return Written(target, None, None, 0)
    period = data.listening.period
    return Written(target, period.first, period.last, data.listening.plays)


def _writable(path: Path) -> Path:
    """The file that a path stands for, links followed. Raises :class:`UsageError` where no file can be written."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise UsageError(
            f"The report needs a file to be written to, and {path} is none: name a file, such as report.html."
        )
    if not path.parent.is_dir():
        raise UsageError(f"The report needs a directory that is there, and {path.parent} is not: create it first.")
    return path


def make_report(
    settings: Settings,
    first: date | str | None = None,
    last: date | str | None = None,
    *,
    check: bool = False,
    on_step: Callable[[str], None] = lambda _step: None,
) -> str:
    """The report as HTML: see :func:`write_report`."""
    return _made(settings, first, last, check, on_step)[0]


def _made(
    settings: Settings,
    first: date | str | None,
    last: date | str | None,
    check: bool,
    on_step: Callable[[str], None],
) -> tuple[str, ReportData]:
    """The page, and what it says."""
    require_extra("report", "A report")
    from sparkify_dwh.report.drawing import Drawing

    with Drawing() as drawing, ThreadPoolExecutor(1) as aside:
        from sparkify_dwh.report.data import Wanted, ask  # while the script is put together

        @cache
        def importing() -> Future[Any]:
            return aside.submit(import_module, "sparkify_dwh.report.page")

        def tell(step: str) -> None:
            importing()  # from the first step on, for then the warehouse works and this process waits
            on_step(step)

        data = ask(settings, Wanted.of(first, last, check=check), tell)
        tell("drawing")
        html: str = importing().result().page(data, drawing.script())
        return html, data
