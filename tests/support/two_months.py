"""Two months of simulated listening for reports, and a browser to read them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from sparkify_dwh import load
from sparkify_dwh.report.data import ReportData, read_report_data
from sparkify_dwh.report.period import Period
from sparkify_dwh.settings import Settings
from sparkify_dwh.simulation import simulate
from sparkify_dwh.sparkify import SPARKIFY
from support.inputs import inputs_under
from support.records import a_song, an_event, write_lines

SCRIPT = "</script><script>alert(1)</script>"
IMAGE = '<img src="x" onerror="alert(2)">'
PERIOD = Period(date(2018, 11, 16), date(2018, 11, 30))  # the days before are there too
NOW = datetime(2018, 12, 2, 9, 30)
NO_DRAWING = "window.vegaEmbed = null;"


@dataclass(frozen=True)
class TwoMonths:
    """A warehouse with plays from 22 October to 30 November 2018, and what a report says of the last 15 days."""

    settings: Settings
    engine: Engine
    data: ReportData


@pytest.fixture(scope="module")
def two_months(migrated: Settings, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoMonths]:
    """Loaded once for the tests of a module: 4,000 events, and one of a hostile song that is the most played."""
    directory = tmp_path_factory.mktemp("two-months")
    simulate(directory, songs=60, events=4000, days=40, start=date(2018, 10, 22), catalogue_share=0.4, seed=7)
    write_lines(directory / "log_data" / "hostile.json", hostile_events())
    write_lines(directory / "song_data" / "hostile.json", [a_song()])
    settings = replace(migrated, inputs=inputs_under(directory.as_uri()))
    try:
        load(settings)
        yield TwoMonths(settings, engine, read_report_data(settings, PERIOD.first, PERIOD.last, now=NOW))
    finally:
        with engine.begin() as connection:
            for table in SPARKIFY.all_tables.values():
                connection.execute(table.delete())


def hostile_events() -> list[dict[str, Any]]:
    """Plays whose names are made to break out of a page."""
    start = int(datetime.fromisoformat("2018-11-20T10:00:00+00:00").timestamp() * 1000)
    hostile = {"song": SCRIPT, "artist": IMAGE, "location": f"{SCRIPT}, {IMAGE}", "userAgent": IMAGE}
    return [an_event(**hostile, sessionId=9000 + number, ts=start + number) for number in range(500)]


def visible_text(html: str) -> str:
    """The text of a page that a reader sees, in one line."""
    reader = Reader()
    reader.feed(html)
    return " ".join(" ".join(reader.texts).split())


class Reader(HTMLParser):
    """Collects texts, and the names of elements, and looks whether they are closed in their order."""

    VOID = frozenset({"meta", "input", "img", "link", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (HTMLParser's signature)
        self.elements.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"script", "style"}:
            self.texts.append(data)


def embedded(html: str) -> Any:
    """The JSON that a page holds."""
    begin = '<script type="application/json" id="report-data">'
    return json.loads(html.split(begin)[1].split("</script>", maxsplit=1)[0])


@pytest.fixture(scope="session")
def chart_script() -> str:
    """The chart library as one script, bundled once."""
    from sparkify_dwh.report.chart_library import ChartLibrary

    with ChartLibrary() as chart_library:
        return chart_library.script()


CHROMIUM = shutil.which("chromium")
CHROMEDRIVER = Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1280,900",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium without a window, which finds no host, and logs what its pages say and ask for."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium chromium-driver")
    from selenium.webdriver import Chrome
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = Chrome(options=options, service=Service(str(CHROMEDRIVER)))
    yield chrome
    chrome.quit()
