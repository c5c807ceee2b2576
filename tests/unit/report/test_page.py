"""The page: escaping, accessibility, and size."""

from __future__ import annotations

import re
from configparser import ConfigParser
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from itertools import pairwise
from random import Random

import pytest
from support.checkout import ROOT
from support.two_months import IMAGE, NO_DRAWING, NOW, PERIOD, SCRIPT, Reader, TwoMonths, embedded, visible_text

from sparkify_dwh.report.daily import Daily
from sparkify_dwh.report.data import read_report_data
from sparkify_dwh.report.page import as_json, render_page
from sparkify_dwh.report.period import Period
from sparkify_dwh.settings import Secret, Settings


@pytest.fixture(scope="module")
def html(two_months: TwoMonths) -> str:
    return render_page(two_months.data, NO_DRAWING)


def test_the_days_before_are_compared_with_when_the_warehouse_has_them(html: str) -> None:
    text = visible_text(html)
    assert "16 to 30 November 2018 , compared with 1 to 15 November 2018 ." in text
    assert re.search(r"Plays [\d,]+ [+−][\d,]+ \([+−][\d.]+%\)", text)


def test_without_days_before_nothing_is_compared(two_months: TwoMonths) -> None:
    data = read_report_data(two_months.settings, PERIOD.first - timedelta(15), PERIOD.last, now=NOW)
    no_comparison = "the warehouse has no plays from as many days before to compare with"
    assert no_comparison in visible_text(render_page(data, NO_DRAWING))
    assert not data.comparable


def test_no_name_becomes_part_of_the_page(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    assert "img" not in reader.elements
    assert reader.elements.count("script") == 3
    assert f"{SCRIPT} {IMAGE}" in visible_text(html)
    assert "alert(1)</script>" not in html


def test_json_in_the_page_cannot_end_its_element() -> None:
    assert as_json({"a": "</script><!--&"}) == '{"a":"\\u003c/script\\u003e\\u003c!--\\u0026"}'


def test_elements_are_closed_and_headings_are_in_order(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    levels = [int(level) for level in re.findall(r"<h(\d)", html)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_every_heading_cell_its_scope(html: str) -> None:
    assert re.findall(r"<table[^>]*>\s*(?!\s*<caption>)\S", html) == []
    assert re.findall(r"<th(?! scope=)[ >]", html) == []


def test_every_chart_says_what_it_is_and_has_its_table(html: str) -> None:
    charts = re.findall(
        r'<div class="chart" id="chart-(\w+)" role="img" aria-label="[^"]{20,}"></div>\s*<details>', html
    )
    assert sorted(charts) == sorted(embedded(html)["specs"])


def test_every_id_is_used_once_and_every_link_leads_somewhere(html: str) -> None:
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="#|aria-labelledby=")([^"]+)"', html)) <= set(ids)


def test_the_content_security_policy_allows_no_other_script(html: str) -> None:
    html = unescape(html)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert policy[1].count("'sha256-") == 2
    assert "unsafe-eval" not in policy[1]
    assert "script-src 'unsafe-inline'" not in policy[1]
    assert not re.search(r"""(?:src|href)=["'](?!#)""", html.replace(IMAGE, ""))


def test_the_page_names_its_warehouse_and_when_it_was_made(html: str, two_months: TwoMonths) -> None:
    text = visible_text(html)
    assert f"the stand-in in {two_months.settings.standin_directory}" in text
    assert f"Made {NOW:%Y-%m-%d %H:%M} UTC" in text


def test_the_page_of_a_cluster_names_database_and_host_without_user_and_password() -> None:
    from sparkify_dwh.report.data import _warehouse_name

    settings = Settings(host="c.example.com", db_name="dev", db_user="loader", db_password=Secret("hunter2"))
    assert _warehouse_name(settings) == "dev at c.example.com"


def test_the_longest_report_stays_below_three_megabytes(two_months: TwoMonths, chart_script: str) -> None:
    """A year compared with the year before, with listeners who return after every possible number of days."""
    period = Period(date(2018, 1, 1), date(2019, 1, 1))
    random = Random(0)
    size = 2 * period.days

    def numbers() -> list[int]:
        return [random.randrange(10_000, 100_000) for _ in range(size)]

    returns = [[random.randrange(100, 1000) for _ in range(day + 1)] for day in range(size)]
    few = [[random.randrange(10_000, 100_000), random.randrange(1000)] for _ in range(size)]
    levels = {"free": numbers(), "paid": numbers()}
    hours = [[random.randrange(1000, 10_000) for _ in range(24)] for _ in range(period.days)]
    span = Period(period.before().first, period.last)
    daily = Daily(span, numbers(), numbers(), numbers(), levels, numbers(), returns, few, hours)
    assert two_months.data.listening is not None
    data = replace(two_months.data, listening=replace(two_months.data.listening, period=period, daily=daily))
    assert len(render_page(data, chart_script).encode()) < 3_000_000


def test_all_files_of_the_page_are_package_data() -> None:
    """Every file beside the modules is named as data of the package."""
    folder = ROOT / "sparkify_dwh" / "report"
    declared = ConfigParser()
    declared.read(ROOT / "setup.cfg")
    patterns = declared["options.package_data"]["sparkify_dwh.report"].split(", ")
    beside = {path for path in folder.rglob("*.*") if path.suffix not in {".py", ".pyc"}}
    assert {path for pattern in patterns for path in folder.glob(pattern)} == beside
