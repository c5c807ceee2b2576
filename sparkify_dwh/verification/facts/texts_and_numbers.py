"""Facts about values: literals, texts, numbers and times in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Double, Integer, Select, String, Table, func, insert, literal, select
from sqlalchemy.types import TypeEngine

from sparkify_dwh.sql.expressions import part, trimmed
from sparkify_dwh.verification.data.awkward_values import MOMENTS, TEXTS
from sparkify_dwh.verification.fact import Facts
from sparkify_dwh.verification.trial import ACCEPTED, Trial, answer, statement

FACTS = Facts()

DOUBLES = (0.1, 1 / 3, 269.58322, -179.99999999999997, 1e-300, 1e300, 1.7976931348623157e308, 9007199254740993.0)
CALENDAR = ("hour", "day", "week", "month", "year", "dow")


@FACTS.fact("pattern-matching-conditions-posix", expected=[])
def literals_arrive_as_written(trial: Trial) -> list[str]:
    """Texts in literals arrive as they are: quotes and backslashes doubled, everything else as it is."""
    return _changed(trial, TEXTS, String())


@FACTS.fact("r_Numeric_types201", expected=[])
def doubles_are_exact(trial: Trial) -> list[str]:
    """Numbers of DOUBLE PRECISION in literals and results keep all their bits."""
    return _changed(trial, DOUBLES, Double())


@FACTS.fact("r_Datetime_types", expected=[])
def times_keep_milliseconds(trial: Trial) -> list[str]:
    """Times in literals and results keep their milliseconds, and no time zone changes them."""
    return _changed(trial, [moment.replace(tzinfo=None) for moment in MOMENTS], DateTime())


def _changed(trial: Trial, values: Sequence[Any], kind: TypeEngine[Any]) -> list[str]:
    """Return the values that come back from a query of a table as others."""
    probe = _texts(trial, "a")
    with trial.connect() as connection:
        literals = (literal(value, kind).label(f"v{n}") for n, value in enumerate(values))
        row = connection.execute(select(*literals).select_from(probe)).one()
    return [f"{value!r} became {found!r}" for value, found in zip(values, row, strict=True) if value != found]


@FACTS.fact("r_Dateparts_for_datetime_functions", expected=[])
def calendar_is_pythons(trial: Trial) -> list[str]:
    """EXTRACT gives the ISO week, 0 for Sunday, and calendar years, at leap days and at the ends of years too."""
    probe = trial.probe(Column("at", DateTime))
    moments = [moment.replace(tzinfo=None) for moment in MOMENTS]
    with trial.connect() as connection:
        connection.execute(insert(probe), [{"at": moment} for moment in moments])
        rows = connection.execute(select(probe.c.at, *(part(name, probe.c.at) for name in CALENDAR)))
        return [f"{row[0]}: {tuple(row[1:])}" for row in rows if tuple(row[1:]) != _calendar(row[0])]


def _calendar(at: datetime) -> tuple[int, ...]:
    return at.hour, at.day, at.isocalendar().week, at.month, at.year, at.isoweekday() % 7


@FACTS.fact("r_Character_types", expected=[9])
def lengths_count_bytes(trial: Trial) -> list[int]:
    """VARCHAR(n) holds n bytes: three characters of three bytes each fit into 9, and not into 8."""
    probes = {length: trial.probe(Column("text", String(length))) for length in (3, 8, 9)}
    inserting = "INSERT INTO {table} VALUES ('日本語')"
    with trial.connect() as connection:
        answers = {n: answer(connection, statement(inserting, probe)) for n, probe in probes.items()}
    return [length for length, said in answers.items() if said == ACCEPTED]


@FACTS.fact("r_Character_types", expected=True, differs="trailing_blanks")
def trailing_blanks_do_not_count(trial: Trial) -> Any:
    """Texts that differ in trailing blanks only are equal; the product does not rely on it."""
    probe = _texts(trial, "a  ")
    return _scalar(trial, select(func.count()).where(probe.c.text == "a")) == 1


@FACTS.fact("r_Character_types", expected=True)
def trimmed_texts_are_equal(trial: Trial) -> Any:
    """RTRIM takes away blanks and nothing else, so that trimmed titles are equal on every server."""
    probe = _texts(trial, "a  ", "a\t", "a\u00a0")
    return _scalar(trial, select(func.count()).where(trimmed(probe.c.text) == "a")) == 1


@FACTS.fact("r_CREATE_DATABASE", expected=True, is_required=False)
def case_counts(trial: Trial) -> Any:
    """Texts that differ in case are different; in a database of COLLATE CASE_INSENSITIVE plays match titles of any case."""
    probe = _texts(trial, "a")
    return _scalar(trial, select(func.count()).where(probe.c.text == "A")) == 0


@FACTS.fact("r_ORDER_BY_clause", expected=True, is_required=False)
def texts_sort_by_their_bytes(trial: Trial) -> bool:
    """Texts sort by their bytes, NULLs last: it decides which of conflicting deliveries is kept."""
    texts = ["Z", "a", "_", "é", "\uffef", "\U0001f600", "10", "9", "", "B", "b"]
    probe = _texts(trial, *texts, None)
    with trial.connect() as connection:
        found = list(connection.scalars(select(probe.c.text).order_by(probe.c.text)))
    return found == [*sorted(texts, key=str.encode), None]


def _texts(trial: Trial, *texts: str | None) -> Table:
    probe = trial.probe(Column("n", Integer), Column("text", String(16)))
    with trial.engine.begin() as connection:
        connection.execute(insert(probe), [{"n": n, "text": text} for n, text in enumerate(texts)])
    return probe


def _scalar(trial: Trial, query: Select[Any]) -> Any:
    with trial.connect() as connection:
        return connection.execute(query).scalar()
