"""The questions as the command line has them: by name, with what each is about and the options that it takes."""

from __future__ import annotations

import inspect
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.cli.output import plain_text, print_json
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import UsageError

if TYPE_CHECKING:
    from sparkify_dwh.analytics import Question
    from sparkify_dwh.settings import Settings

OPTIONS = {"first": "--from", "last": "--to", "limit": "--limit", "song": "--song", "artist": "--artist"}
ALL_ROWS = 0  # a --limit of this many
NO_PLAYS = "the warehouse holds no plays. Load some: sparkify-dwh load."


def questions() -> dict[str, Question]:
    """Every question by its name."""
    from sparkify_dwh.analytics import QUESTIONS

    return dict(QUESTIONS)


def question_named(name: str) -> Question:
    """The question of that name. Raises :class:`UsageError` with the names that are nearest when there is none."""
    known, asked = questions(), name.lower().replace("_", "-")
    if asked in known:
        return known[asked]
    near = get_close_matches(asked, known, n=3, cutoff=0.6)
    advice = f"Is it {' or '.join(near)}?" if near else "All of them: sparkify-dwh query --list."
    raise UsageError(f"There is no question {name!r}. {advice}")


def list_questions(name: str | None, wanted: bool, as_json: bool) -> None:
    """All questions, or everything about one. Raises :class:`UsageError` when neither was asked for."""
    if not wanted:
        raise UsageError("Name a question. All of them: sparkify-dwh query --list.")
    chosen = questions() if name is None else {name: question_named(name)}
    if as_json:
        print_json([_described(known, question) for known, question in chosen.items()])
    elif name is None:
        rows = [(known, heading(question), " ".join(options_of(question))) for known, question in chosen.items()]
        print_table("Questions", ["name", "question", "options"], rows)
    else:
        described = _described(name, chosen[name])
        most = default_of(chosen[name], "limit")
        rest = f"\nWithout --limit it gives {most:,} rows; --limit all gives every row." if most else ""
        click.echo(f"{described['about']}\n\nOptions: {' '.join(described['options']) or 'none'}{rest}")


def _described(name: str, question: Question) -> dict[str, Any]:
    said = plain_text(question.__doc__)
    return {"name": name, "question": heading(question), "about": said, "options": options_of(question)}


def heading(question: Question) -> str:
    """The question itself: what the function's docstring begins with."""
    return (inspect.getdoc(question) or "").split("\n", 1)[0]


def default_of(question: Question, parameter: str) -> Any:
    """What a parameter of the question is when it is not given; None where it has none."""
    declared = inspect.signature(question).parameters.get(parameter)
    return None if declared is None else declared.default


def options_of(question: Question) -> list[str]:
    """The options that a question takes, those that it needs first."""
    return [OPTIONS[parameter] for parameter in inspect.signature(question).parameters]


def arguments_of(name: str, question: Question, given: dict[str, Any]) -> dict[str, Any]:
    """What was given, as the question's arguments. Raises :class:`UsageError` for what it does not take or lacks."""
    parameters = inspect.signature(question).parameters
    arguments = {parameter: value for parameter, value in given.items() if value is not None}
    for parameter in arguments:
        if parameter not in parameters:
            taken = ", ".join(options_of(question)) or "no options"
            raise UsageError(f"{name} does not take {OPTIONS[parameter]}; it takes {taken}.")
    for parameter, declared in parameters.items():
        if declared.default is inspect.Parameter.empty and parameter not in arguments:
            raise UsageError(f"{name} needs {OPTIONS[parameter]}: see sparkify-dwh query --list {name}.")
    if arguments.get("limit") == ALL_ROWS:
        arguments["limit"] = None
    return arguments


def plays_held(settings: Settings) -> str | None:
    """Of which days the warehouse has plays, for those who asked for others; None when it has none at all."""
    from sparkify_dwh.analytics import days_of_data, run

    (known,) = run(days_of_data(), settings)
    return f"the warehouse holds plays from {known.first_day} to {known.last_day}" if known.plays else None
