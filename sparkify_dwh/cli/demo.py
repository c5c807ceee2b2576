"""``sparkify-dwh demo``: simulate, upgrade, load, and query, all on the embedded stand-in."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import count_option
from sparkify_dwh.cli.output import echo, progress, progress_bars
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Select

    from sparkify_dwh.loading.report import LoadReport, OnStep
    from sparkify_dwh.settings import Settings

CONFIGURATION = "dwh.cfg"
MARKER = "simulation.json"  # marks files that the demo simulated, and holds the arguments

CONFIGURATION_TEXT = """\
# The stand-in and the simulated files in this directory.
[CLUSTER]
HOST=standin

[STANDIN]
DIR=.

[S3]
{inputs}
EXPORT=export/
"""


@click.command()
@click.option(
    "--directory", default=Path(".standin"), show_default=True, type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the stand-in and the simulated files.",
)  # fmt: skip
@count_option("--songs", "Songs to simulate.", default=1_000)
@count_option("--events", "Events to simulate.", default=10_000)
@pass_invocation
def demo(invocation: Invocation, directory: Path, songs: int, events: int) -> None:
    """Simulate a month of listening, load it into the embedded stand-in, and show what people listened to.

    It needs neither a cluster nor a configuration, but the extra: pip install '/path/to/checkout[standin]'

    \b
    Example:  sparkify-dwh demo
    """
    if invocation.config is not None:
        raise UsageError("The demo has its own configuration, in --directory", "leave out --config")
    with progress_bars("simulating") as show:
        settings = _prepare(directory, songs=songs, events=events, progress=show)
    with progress() as step:
        report = _load(settings, on_step=step)
        step("querying")
        answers = _answers(settings)
    echo(report)
    for question, (headings, rows) in answers.items():
        print_table(question, headings, rows)
    configured = "" if _is_default(settings) else f"--config {shlex.quote(str(directory / CONFIGURATION))} "
    echo(f"Next:  sparkify-dwh {configured}query plays-per-day")


def _prepare(directory: Path, *, songs: int, events: int, progress: Callable[[str, int, int], None]) -> Settings:
    """Write a configuration and simulated files to ``directory``. Files that the demo did not write are kept."""
    from sparkify_dwh.settings import Settings
    from sparkify_dwh.simulation import inputs_under, simulate

    data = directory / "data"
    arguments = json.dumps({"songs": songs, "events": events})
    marker = data / MARKER
    simulated = marker.read_text() if marker.exists() else None
    if simulated != arguments and (simulated is not None or not (data / "log_data").exists()):
        data.mkdir(parents=True, exist_ok=True)
        marker.write_text("")  # first, so that the files of an interrupted simulation are known to be the demo's
        simulate(data, songs=songs, events=events, overwrite=True, progress=progress)
        marker.write_text(arguments)
    configuration = directory / CONFIGURATION
    if not configuration.exists():
        inputs = "\n".join(f"{key}={path}" for key, path in inputs_under("data").items())
        configuration.write_text(CONFIGURATION_TEXT.format(inputs=inputs))
    return Settings.read(configuration, environ={})


def _load(settings: Settings, *, on_step: OnStep) -> LoadReport:
    from sparkify_dwh import migrate
    from sparkify_dwh.loading.loader import load

    on_step("creating the tables")
    migrate.upgrade(settings)
    return load(settings, on_step=on_step)


def _answers(settings: Settings) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Return column headings and rows by question."""
    from sparkify_dwh import analytics
    from sparkify_dwh.database import connected

    questions: dict[str, Select[Any]] = {
        "Most played songs": analytics.top_songs(limit=5),
        "Most played artists": analytics.top_artists(limit=5),
        "Free and paid plays": analytics.levels(),
        "Share of plays of songs in the catalogue": analytics.share_in_catalogue(),
    }
    with connected(settings) as connection:
        results = {question: connection.execute(statement) for question, statement in questions.items()}
        return {question: (list(result.keys()), list(map(tuple, result))) for question, result in results.items()}


def _is_default(settings: Settings) -> bool:
    """Return whether commands without ``--config`` use this warehouse, in this directory and environment."""
    from sparkify_dwh.settings import Settings

    try:
        default = Settings.read()
    except ConfigurationError:
        return False
    directories = [s.standin_directory for s in (default, settings)]
    return None not in directories and len({directory.resolve() for directory in directories if directory}) == 1
