"""The questions on the command line: their names, descriptions and options."""

from __future__ import annotations

import inspect
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sparkify_dwh.cli.output import echo, plain_text, print_json
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import UsageError

if TYPE_CHECKING:
    from sparkify_dwh.analytics import Question
    from sparkify_dwh.settings import Settings

OPTIONS = {"first": "--from", "last": "--to", "limit": "--limit", "song": "--song", "artist": "--artist"}
ALL_ROWS = 0  # the --limit that means all
NO_PLAYS = "the warehouse has no plays. Run: sparkify-dwh load."


def questions() -> dict[str, Question]:
    """Return the questions by name."""
    from sparkify_dwh.analytics import QUESTIONS

    return dict(QUESTIONS)


def question_named(name: str) -> Question:
    """Return the question of a name. Raises :class:`UsageError` with similar names for an unknown one."""
    known, normalized = questions(), name.lower().replace("_", "-")
    if normalized in known:
        return known[normalized]
    similar = get_close_matches(normalized, known, n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(similar)}?" if similar else "List them: sparkify-dwh query --list."
    raise UsageError(f"There is no question {name!r}", hint)


def list_questions(name: str | None, is_listing: bool, as_json: bool) -> None:
    """Print all questions, or a description of one. Raises :class:`UsageError` without a name and without --list."""
    if not is_listing:
        raise UsageError("Name a question", "List them: sparkify-dwh query --list.")
    chosen = questions() if name is None else {name: question_named(name)}
    if as_json:
        print_json([_describe(known, question) for known, question in chosen.items()])
    elif name is None:
        rows = [(known, heading(question), " ".join(options_of(question))) for known, question in chosen.items()]
        print_table("Questions", ["name", "question", "options"], rows)
    else:
        described = _describe(name, chosen[name])
        limit = default_of(chosen[name], "limit")
        rows_shown = f"\nWithout --limit it shows {limit:,} rows; --limit all shows all." if limit else ""
        echo(f"{described['about']}\n\nOptions: {' '.join(described['options']) or 'none'}{rows_shown}")


def _describe(name: str, question: Question) -> dict[str, Any]:
    about = plain_text(question.__doc__)
    return {"name": name, "question": heading(question), "about": about, "options": options_of(question)}


def heading(question: Question) -> str:
    """Return the question itself, which is the first line of the docstring."""
    return (inspect.getdoc(question) or "").split("\n", 1)[0]


def default_of(question: Question, parameter: str) -> Any:
    """Return the default of a parameter of the question; None without one."""
    declared = inspect.signature(question).parameters.get(parameter)
    return None if declared is None else declared.default


def options_of(question: Question) -> list[str]:
    """Return the options of a question, required ones first."""
    return [OPTIONS[parameter] for parameter in inspect.signature(question).parameters]


def arguments_of(name: str, question: Question, given: dict[str, Any]) -> dict[str, Any]:
    """Return the given options as arguments. Raises :class:`UsageError` for unknown and missing ones."""
    parameters = inspect.signature(question).parameters
    arguments = {parameter: value for parameter, value in given.items() if value is not None}
    for parameter in arguments:
        if parameter not in parameters:
            accepted = ", ".join(options_of(question)) or "none"
            raise UsageError(f"{name} has no option {OPTIONS[parameter]}; its options: {accepted}.")
    for parameter, declared in parameters.items():
        if declared.default is inspect.Parameter.empty and parameter not in arguments:
            raise UsageError(f"{name} needs {OPTIONS[parameter]}", f"see sparkify-dwh query --list {name}.")
    if arguments.get("limit") == ALL_ROWS:
        arguments["limit"] = None
    return arguments


def days_with_plays(settings: Settings) -> str | None:
    """Return a clause that names the first and last day with plays; None without plays."""
    from sparkify_dwh.analytics import days_of_data, run

    (days,) = run(days_of_data(), settings)
    return f"the warehouse has plays from {days.first_day} to {days.last_day}" if days.plays else None
