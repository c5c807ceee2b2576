"""The whole of it in one go: simulate, upgrade, load, and ask what people listened to. On the embedded stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Select

from sparkify_dwh import analytics, migrate
from sparkify_dwh.database import connected
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.loading.loader import load
from sparkify_dwh.loading.report import LoadReport, OnStep
from sparkify_dwh.settings import Settings
from sparkify_dwh.simulation import simulate

CONFIGURATION = "dwh.cfg"
MADE_BY = "simulation.json"  # marks files that a simulation wrote, and with which arguments

CONFIGURATION_TEXT = """\
# The stand-in and the simulated files in this directory.
[CLUSTER]
HOST=standin

[STANDIN]
DIR=.

[S3]
LOG_DATA=data/log_data/
LOG_JSONPATH=data/log_json_path.json
SONG_DATA=data/song_data/
EXPORT=export/
"""


@dataclass(frozen=True)
class Answer:
    """A question and what the warehouse says to it."""

    question: str
    headings: list[str]
    rows: list[tuple[Any, ...]]


def prepare(
    directory: Path, *, songs: int, events: int, progress: Callable[[str, int, int], None] | None = None
) -> Settings:
    """Write a configuration and simulated files to ``directory``. Files that no simulation wrote are left alone."""
    data = directory / "data"
    wanted = json.dumps({"songs": songs, "events": events})
    marker = data / MADE_BY
    made = marker.read_text() if marker.exists() else None
    if made != wanted and (made is not None or not (data / "log_data").exists()):
        data.mkdir(parents=True, exist_ok=True)
        marker.write_text("")  # first, so that what is interrupted is known to be ours
        simulate(data, songs=songs, events=events, overwrite=True, progress=progress)
        marker.write_text(wanted)
    configuration = directory / CONFIGURATION
    if not configuration.exists():
        configuration.write_text(CONFIGURATION_TEXT)
    return Settings.read(configuration, environ={})


def run(settings: Settings, *, on_step: OnStep) -> tuple[LoadReport, list[Answer]]:
    """Migrate, load, and ask."""
    on_step("creating the tables")
    migrate.upgrade(settings)
    report = load(settings, on_step=on_step)
    on_step("asking")
    with connected(settings) as connection:
        answers = [
            Answer(question, list(result.keys()), [tuple(row) for row in result])
            for question, statement in QUESTIONS.items()
            for result in [connection.execute(statement)]
        ]
    return report, answers


def is_usual(settings: Settings) -> bool:
    """Whether commands without ``--config`` meet the warehouse of ``settings`` too, here and in this environment."""
    try:
        usual = Settings.read()
    except ConfigurationError:
        return False
    places = [each.standin_directory if each.is_standin else None for each in (usual, settings)]
    return None not in places and len({place.resolve() for place in places if place}) == 1


QUESTIONS: dict[str, Select[Any]] = {
    "What was played most": analytics.top_songs(limit=5),
    "Who was played most": analytics.top_artists(limit=5),
    "Free and paid": analytics.levels(),
    "Of songs in the catalogue": analytics.share_in_catalogue(),
}
