"""Staging: COPY of JSON, as a load does it, against COPY of the same rows formatted as text beforehand.

Both go into the same table of the same server, and commit. Ours lists the files and writes their manifest, as a load does.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from benchmarks.data import Dataset, rewritten, simulated
from benchmarks.measure import Contestant, alternate
from benchmarks.sizes import Size
from benchmarks.table import Row
from benchmarks.warehouses import Ground, engine_of
from sparkify_dwh.base import StagingTable
from sparkify_dwh.loading.input_files import Selection, find_input, manifest
from sparkify_dwh.loading.stage import copies_of
from sparkify_dwh.settings import Settings
from sparkify_dwh.staging import StagingEvent, StagingSong

PART = "staging"
READ_BYTES = 256 * 1024


def rows(ground: Ground, size: Size) -> Iterator[Row]:
    """The rows of the table about staging."""
    events = simulated(size.events, size.songs, size.songs_per_file)
    yield _against_text(ground, events, f"COPY of {size.events:,} events", size.repeats, limit=1.5, aim=1.15)
    several_lines = rewritten(events, "over-several-lines", size.exact_events, _over_several_lines)
    yield _against_text(ground, several_lines, f"COPY of {size.exact_events:,} events of several lines each", 1)
    below = rewritten(events, "below-the-root", size.exact_events, _below_the_root, below="event")
    yield _against_text(ground, below, f"COPY of {size.exact_events:,} events by the exact reader, row by row", 1)
    yield _many_files(ground, size)


def _over_several_lines(line: bytes) -> bytes:
    """The same event as no reader of lines can read it."""
    return json.dumps(json.loads(line), indent=1, ensure_ascii=False).encode()


def _below_the_root(line: bytes) -> bytes:
    """The same event one level deeper, where only the exact reader finds it."""
    return b'{"event":' + line + b"}"


def copy(engine: Engine, settings: Settings, model: type[StagingTable]) -> None:
    """COPY what lies under the configured prefix, as a load does it, and commit."""
    locations = settings.for_load()
    with settings.open_store() as store, engine.begin() as connection:
        found = find_input(connection, model, locations[model.source.key], store, Selection(force=True))
        with manifest(store, f"{settings.manifests}bench.manifest", found.files) as url:
            connection.execute(copies_of(model, settings, locations).command(url, "MANIFEST"))


def copy_text(ground: Ground, model: type[StagingTable], file: Path) -> None:
    """COPY text, and commit: the least that it takes to bring these rows into this table."""
    command = f"COPY {model.__tablename__} ({_columns(model)}) FROM STDIN".encode()
    with ground.direct() as connection, file.open("rb") as stream, connection.cursor().copy(command) as into:
        while data := stream.read(READ_BYTES):
            into.write(data)


def _columns(model: type[StagingTable]) -> str:
    return ", ".join(model.copied())


@contextmanager
def _formatted(ground: Ground, model: type[StagingTable]) -> Iterator[Path]:
    """The rows that are staged, in their order, as COPY writes text."""
    with tempfile.TemporaryDirectory() as directory, ground.direct() as connection, connection.cursor() as cursor:
        query = f"SELECT {_columns(model)} FROM {model.__tablename__} ORDER BY staged_id"  # noqa: S608 (our own names)
        file = Path(directory) / "rows.text"
        with cursor.copy(f"COPY ({query}) TO STDOUT".encode()) as rows, file.open("wb") as stream:
            for row in rows:
                stream.write(row)
        connection.commit()
        yield file


def _against_text(  # noqa: PLR0913 (a row's)
    ground: Ground, dataset: Dataset, what: str, repeats: int, limit: float | None = None, aim: float | None = None
) -> Row:
    settings, model = ground.settings_for(dataset), StagingEvent
    empty = partial(ground.empty, model.__tablename__)
    with engine_of(settings) as engine:
        empty()
        copy(engine, settings, model)
        with _formatted(ground, model) as file:
            ours = Contestant("ours", partial(copy, engine, settings, model), empty)
            text = Contestant("text", partial(copy_text, ground, model, file), empty)
            alternate([ours, text], repeats)
    return Row.of(PART, what, "COPY of the same rows as text", ours, text, limit=limit, aim=aim)


def _many_files(ground: Ground, size: Size) -> Row:
    """Files of one song each, against the same songs in few files."""
    contestants = []
    with engine_of(ground.settings) as engine:
        for songs_per_file in (1, size.songs_per_file):
            settings = ground.settings_for(simulated(0, size.songs, songs_per_file))
            run = partial(copy, engine, settings, StagingSong)
            contestants.append(Contestant(f"by {songs_per_file}", run, partial(ground.empty, "staging_songs")))
        alternate(contestants, size.repeats)
    many, few = contestants
    what = f"COPY of {size.songs:,} songs in {size.songs:,} files"
    return Row.of(PART, what, f"COPY of them in {size.song_files} files", many, few, limit=4, aim=2)
