"""The page in a real browser: charts, days, keyboard, light and dark, phone and paper, and silence on the network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.two_months import PERIOD, TwoMonths

from sparkify_dwh import analytics
from sparkify_dwh.report.formatting import format_number
from sparkify_dwh.report.load_status import LoadStatus
from sparkify_dwh.report.page import render_page
from sparkify_dwh.report.period import Period

WAIT_SECONDS = 20
CHARTS = {"plays", "week", "listeners", "sessions", "states", "browsers", "platforms", "unmatched"}


class Page:
    """A report that is open in the browser."""

    def __init__(self, browser: Any, file: Path) -> None:
        self.browser = browser
        self.file = file

    def open(self) -> Page:
        self.browser.get("about:blank")
        for log in ("browser", "performance"):
            self.browser.get_log(log)
        self.browser.get(self.file.as_uri())
        self.wait("return document.documentElement.dataset.drawn === 'yes'")
        return self

    def js(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def wait(self, script: str, *arguments: Any) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.browser, WAIT_SECONDS, poll_frequency=0.02).until(lambda _: self.js(script, *arguments))

    def figures(self) -> dict[str, str]:
        figures = "[...document.querySelectorAll('[data-figure]')]"
        return dict(self.js(f"return {figures}.map(each => [each.dataset.figure, each.children[1].innerText])"))

    def choose(self, first: date | str, last: date | str) -> None:
        """Change both inputs as a person would."""
        for name, day in (("first", first), ("last", last)):
            self.js("document.forms.days.elements[arguments[0]].value = arguments[1]", name, str(day))
        self.js("document.forms.days.dispatchEvent(new Event('change', {bubbles: true}))")

    def marks(self, chart: str) -> int:
        return int(self.js(f"return document.querySelectorAll('#chart-{chart} svg [class*=role-mark] path').length"))

    def emulate(self, command: str, **parameters: Any) -> Any:
        return self.browser.execute_cdp_cmd(f"Emulation.{command}", parameters)

    def close(self) -> None:
        """Return to the state after opening."""
        self.emulate("setEmulatedMedia", media="", features=[])
        self.emulate("clearDeviceMetricsOverride")
        self.js("for (const each of document.querySelectorAll('details')) each.open = false")
        self.js("[...document.querySelectorAll('button[data-days]')].pop().click()")


@pytest.fixture(scope="module")
def read(browser: Any, two_months: TwoMonths, chart_script: str, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report of the two months, in the browser."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(render_page(two_months.data, chart_script), encoding="utf-8", newline="\n")
    return Page(browser, file).open()


@pytest.fixture
def opened(read: Page) -> Iterator[Page]:
    """The report as it is when it is opened."""
    yield read
    read.close()


def test_the_charts_are_drawn_without_errors_or_network_requests(opened: Page) -> None:
    """The data contain hostile names: only the scripts of the page have run."""
    assert {chart for chart in CHARTS if opened.marks(chart)} == CHARTS
    assert opened.browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in opened.browser.get_log("performance")]
    asked = {each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"}
    assert opened.file.as_uri() in asked
    assert [url for url in asked if not url.startswith(("file:", "about:", "chrome:", "data:"))] == []
    assert opened.js("return document.images.length") == 0


def test_axis_labels_are_formatted_for_people(opened: Page) -> None:
    labels = opened.js("return [...document.querySelectorAll('.chart svg text')].map(each => each.textContent)")
    assert {"16 Nov", "Monday", "23", "100%", "paid", "returning"} <= set(labels)
    assert [label for label in labels if re.search(r"\de[+-]?\d|NaN|undefined|null", label)] == []


@pytest.mark.parametrize("part", [".figures", "#week", "[role=status]"])
def test_the_script_computes_the_numbers_that_the_page_was_rendered_with(
    opened: Page, two_months: TwoMonths, part: str
) -> None:
    """Exactly: Python formats them first, and JavaScript after days were chosen."""
    texts = """
        const made = new DOMParser().parseFromString(arguments[0], "text/html");
        const text = (document) => document.querySelector(arguments[1]).textContent.split(/\\s+/);
        return [text(made), text(document)]"""
    made, shown = opened.js(texts, render_page(two_months.data, ""), part)
    assert made == shown
    assert len(made) > 5


def test_choosing_days_updates_the_numbers(opened: Page, two_months: TwoMonths) -> None:
    days = Period(date(2018, 11, 21), date(2018, 11, 26))
    whole = opened.figures()
    opened.choose(days.first, days.last)
    with two_months.engine.connect() as connection:
        totals = connection.execute(analytics.totals(days.first, days.last)).one()
    shown = opened.figures()
    assert shown["plays"] == format_number("count", totals.plays) != whole["plays"]
    assert shown["listeners"] == format_number("count", totals.listeners)
    assert shown["new"] == format_number("count", totals.new_users)
    assert shown["sessions"] == format_number("count", totals.sessions)
    assert shown["unmatched"] == format_number("share", 1 - totals.matched_plays / totals.plays)
    status = opened.js("return document.querySelector('[role=status]').innerText")
    assert status == "21 to 26 November 2018, compared with 15 to 20 November 2018."


def test_choosing_days_filters_rows_and_charts(opened: Page) -> None:
    opened.choose("2018-11-21", "2018-11-26")
    rows = "return [...document.querySelectorAll('#when table[data-days] tbody tr')].filter(row => !row.hidden).length"
    assert opened.js(rows) == 6
    opened.wait("return document.querySelectorAll('#chart-plays [class*=role-mark] path').length <= 12")
    opened.js("document.querySelector('button[data-days=\"15\"]').click()")
    assert opened.js(rows) == 15
    opened.wait("return document.querySelectorAll('#chart-plays [class*=role-mark] path').length > 12")


def test_invalid_days_are_refused_with_a_message(opened: Page) -> None:
    whole = opened.figures()
    problem = "return document.getElementById('days-problem').innerText"
    opened.choose("2018-11-26", "2018-11-21")
    assert opened.js(problem) == "The first day must not come after the last."
    opened.choose("", "2018-11-21")
    assert opened.js(problem) == "Choose days from 16 to 30 November 2018."
    opened.choose("2018-10-01", "2018-11-21")
    assert opened.js(problem) == "Choose days from 16 to 30 November 2018."
    assert opened.figures() == whole
    opened.choose(PERIOD.first, PERIOD.last)
    assert opened.js(problem) == ""


def test_the_keyboard_reaches_the_days_and_the_tables(opened: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    reached = []
    for _ in range(60):
        opened.browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(opened.js("return document.activeElement.name || document.activeElement.innerText"))
        if "Plays per day: the numbers" in reached:
            break
    assert reached[0] == "Skip to the numbers"
    assert {"first", "last", "Last 7 days", "Whole period", "Plays per day: the numbers"} <= set(reached)
    opened.browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert opened.js("return document.querySelector('#when details').open")


def test_the_page_follows_dark_mode(opened: Page) -> None:
    colours = """
        const mark = document.querySelector('#chart-sessions [class*=role-mark] path');
        return [getComputedStyle(document.body).backgroundColor, getComputedStyle(mark).fill]"""
    seen = []
    for scheme in ("light", "dark"):
        opened.emulate("setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        seen.append(opened.js(colours))
    assert seen == [["rgb(246, 247, 248)", "rgb(31, 100, 130)"], ["rgb(18, 22, 27)", "rgb(98, 179, 212)"]]


@pytest.mark.parametrize("width", [320, 375])
def test_a_phone_need_not_scroll_sideways(opened: Page, width: int) -> None:
    opened.emulate("setDeviceMetricsOverride", width=width, height=700, deviceScaleFactor=2, mobile=True)
    opened.js("for (const each of document.querySelectorAll('details')) each.open = true")
    opened.wait("return document.querySelector('#chart-plays svg').getBoundingClientRect().width < innerWidth")
    assert opened.js("return document.documentElement.scrollWidth") <= width


def test_print_has_the_charts_and_no_controls(opened: Page) -> None:
    opened.emulate("setEmulatedMedia", media="print")
    shown = "return getComputedStyle(document.querySelector(arguments[0])).display !== 'none'"
    assert opened.js(shown, "#chart-plays svg")
    assert [each for each in ("nav", "form", "details", ".skip") if opened.js(shown, each)] == []


def test_an_empty_warehouse_gives_a_page_without_errors(
    browser: Any, two_months: TwoMonths, chart_script: str, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    empty = replace(two_months.data, days=None, listening=None, load_status=LoadStatus([], [], ""))
    file.write_text(render_page(empty, chart_script), encoding="utf-8", newline="\n")
    browser.get(file.as_uri())
    assert browser.get_log("browser") == []
    assert "The warehouse has no plays yet." in browser.execute_script("return document.body.innerText")
