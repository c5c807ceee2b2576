"""What people listen to, as a page for managers: one HTML file that needs neither network nor warehouse.

from sparkify_dwh.report import write_report
write_report(settings, Path("report.html"))
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sparkify_dwh.errors import UsageError
from sparkify_dwh.settings import Settings

__all__ = ["make_report", "write_report"]

EXTRA = {"altair": "altair", "jinja2": "jinja2", "vl_convert": "vl-convert-python"}


def write_report(  # noqa: PLR0913 (options by name)
    settings: Settings,
    path: Path,
    first: date | None = None,
    last: date | None = None,
    *,
    check: bool = False,
    on_step: Callable[[str], None] = lambda _step: None,
) -> Path:
    """Write the report of the days from ``first`` to ``last`` (UTC, both included) to a file, and return its full path.

    Without ``last``, it is the last day with plays that is over; without ``first``, 29 days earlier, or the first day with
    plays. ``check`` checks everything in the warehouse, too. A file that is there is replaced when the new one is complete.

    Raises :class:`UsageError` where no file can be written, for days that make no period, and where the extra ``report`` is
    not installed; and what connecting raises.
    """
    from sparkify_dwh.report.write import writable, write

    target = writable(path)
    text = make_report(settings, first, last, check=check, on_step=on_step)
    on_step("writing")
    write(target, text)
    return target


def make_report(
    settings: Settings,
    first: date | None = None,
    last: date | None = None,
    *,
    check: bool = False,
    on_step: Callable[[str], None] = lambda _step: None,
) -> str:
    """The report as HTML: see :func:`write_report`."""
    _require_extra()
    from sparkify_dwh.report.data import Wanted, ask
    from sparkify_dwh.report.drawing import Drawing

    with Drawing() as drawing, ThreadPoolExecutor(1) as aside:
        importing = aside.submit(import_module, "sparkify_dwh.report.page")  # while the warehouse works
        data = ask(settings, Wanted.of(first, last, check=check), on_step)
        on_step("drawing")
        html: str = importing.result().page(data, drawing.script())
        return html


def _require_extra() -> None:
    missing = [module for module in EXTRA if not _is_there(module)]
    if missing:
        names = ", ".join(EXTRA[module] for module in missing)
        raise UsageError(f"A report needs {names}, which the extra brings: pip install 'sparkify-dwh[report]'.")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # it is being kept from being imported
        return False
