"""The questions, each of which a warehouse with plays answers; some answers are computed in Python too."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from sparkify_dwh.analytics import QUESTIONS, Question, plays_per_day
from sparkify_dwh.verification.fact import Fact, Facts
from sparkify_dwh.verification.trial import Trial

FACTS = Facts()

ARGUMENTS = {"song": "Closest", "artist": "Matcher"}
NEEDED = ("first-load-fills-the-star",)
ANSWERED = "answered"


def _answering(question: Question) -> Callable[[Trial], str]:
    def answer(trial: Trial) -> str:
        names = inspect.signature(question).parameters
        with trial.connect() as connection:
            connection.execute(question(**{name: ARGUMENTS[name] for name in ARGUMENTS if name in names})).all()
        return ANSWERED

    return answer


for _name, _question in QUESTIONS.items():
    _first_line = (inspect.getdoc(_question) or "").split("\n", 1)[0]
    FACTS.add(Fact(f"question-{_name}", _first_line, "c_SQL_functions", _answering(_question), ANSWERED, needs=NEEDED))


@FACTS.fact("c_SQL_functions", expected=True, needs=NEEDED)
def plays_of_days_are_all_plays(trial: Trial) -> Any:
    """The plays of all days, by the question plays-per-day, are those that Python counts."""
    expected: dict[Any, int] = {}
    for play in trial.star.tables["songplays"].values():
        day = play["start_time"].date()
        expected[day] = expected.get(day, 0) + 1
    with trial.connect() as connection:
        found = {row.day: row.plays for row in connection.execute(plays_per_day()) if row.plays}
    return found == expected or f"{sum(found.values())} plays on {len(found)} days"
