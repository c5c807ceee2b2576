"""What people listen to, as a page for managers: one HTML file that works offline.

    from sparkify_dwh.report import write_report
    write_report(settings, Path("report.html"))

data, period, listening, daily   what is read, for which days     questions, rollups   its queries and temporary tables
page, templates/, report.js      the page                         charts               its charts; a new one goes here
headline_figures, load_status    its first and its last part      chart_library        the JavaScript that draws charts
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
    from sparkify_dwh.checks.freshness import Freshness
    from sparkify_dwh.report.data import ReportData

__all__ = ["Written", "make_report", "write_report"]


@dataclass(frozen=True)
class Written:
    """A report file. ``first`` and ``last`` are None when the warehouse has no plays and no days were requested."""

    path: Path
    first: date | None
    last: date | None
    plays: int
    freshness: Freshness

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        named = {"path": self.path, "first": self.first, "last": self.last, "plays": self.plays}
        return named | {"freshness": self.freshness.to_dict()}


def write_report(  # noqa: PLR0913 (options by name)
    settings: Settings,
    path: Path,
    first: date | str | None = None,
    last: date | str | None = None,
    *,
    check: bool = False,
    on_step: Callable[[str], None] = lambda _step: None,
) -> Written:
    """Write the report of the days from ``first`` to ``last`` (UTC, both included) to a file.

    ``last`` defaults to the last complete day with plays, ``first`` to 29 days earlier or the first day with plays. With
    ``check``, all checks are run on the whole warehouse. An existing file is replaced when the new one is complete.

    Raises :class:`UsageError` when the file cannot be written, for an invalid period, and without the extra ``report``; and
    the errors of connecting.
    """
    target = _output_file(path)
    html, data = _render(settings, first, last, check, on_step)
    on_step("writing")
    write_atomically(target, html.encode())
    if data.listening is None:
        return Written(target, None, None, 0, data.freshness)
    period = data.listening.period
    return Written(target, period.first, period.last, data.listening.plays, data.freshness)


def _output_file(path: Path) -> Path:
    """Return the path with links followed. Raises :class:`UsageError` when no file can be written there."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file: name a file for the report, such as report.html.")
    if not path.parent.is_dir():
        raise UsageError(f"The directory {path.parent} does not exist: create it first.")
    return path


def make_report(
    settings: Settings,
    first: date | str | None = None,
    last: date | str | None = None,
    *,
    check: bool = False,
    on_step: Callable[[str], None] = lambda _step: None,
) -> str:
    """Return the report as HTML: see :func:`write_report`."""
    return _render(settings, first, last, check, on_step)[0]


def _render(
    settings: Settings,
    first: date | str | None,
    last: date | str | None,
    check: bool,
    on_step: Callable[[str], None],
) -> tuple[str, ReportData]:
    require_extra("report", "A report")
    from sparkify_dwh.report.chart_library import ChartLibrary

    with ChartLibrary() as chart_library, ThreadPoolExecutor(1) as importer:
        from sparkify_dwh.report.data import read_report_data  # while the script is bundled

        @cache
        def importing() -> Future[Any]:
            return importer.submit(import_module, "sparkify_dwh.report.page")

        def tell(step: str) -> None:
            importing()  # from the first step on: this process then waits for the warehouse
            on_step(step)

        data = read_report_data(settings, first, last, check=check, on_step=tell)
        tell("drawing")
        html: str = importing().result().render_page(data, chart_library.script())
        return html, data
