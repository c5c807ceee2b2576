"""Staging: COPY of JSON, as a load does it, against COPY of the same rows formatted as text beforehand.

Both fill the same table of the same server, and commit. Ours lists the files and writes their manifest, as a load does.
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
from benchmarks.warehouses import BenchmarkServer, engine_of
from sparkify_dwh.base import StagingTable
from sparkify_dwh.loading.input_files import Selection, find_input, manifest
from sparkify_dwh.loading.stage import copies_of
from sparkify_dwh.settings import Settings
from sparkify_dwh.staging import StagingEvent, StagingSong

PART = "staging"
READ_BYTES = 256 * 1024


def rows(server: BenchmarkServer, size: Size) -> Iterator[Row]:
    """Yield the rows of the table about staging."""
    events = simulated(size.events, size.songs, size.songs_per_file)
    yield _against_text(server, events, f"COPY of {size.events:,} events", size.repeats, limit=1.5, aim=1.15)
    several_lines = rewritten(events, "over-several-lines", size.exact_events, _over_several_lines)
    yield _against_text(server, several_lines, f"COPY of {size.exact_events:,} events of several lines each", 1)
    below = rewritten(events, "below-the-root", size.exact_events, _below_the_root, below="event")
    yield _against_text(server, below, f"COPY of {size.exact_events:,} events by the exact reader, row by row", 1)
    yield _many_files(server, size)


def _over_several_lines(line: bytes) -> bytes:
    """Return the event over several lines, which no line-based reader can read."""
    return json.dumps(json.loads(line), indent=1, ensure_ascii=False).encode()


def _below_the_root(line: bytes) -> bytes:
    """Return the event one level deeper, which only the exact reader supports."""
    return b'{"event":' + line + b"}"


def copy(engine: Engine, settings: Settings, model: type[StagingTable]) -> None:
    """COPY the files under the configured prefix as a load does, and commit."""
    locations = settings.for_load()
    with settings.open_store() as store, engine.begin() as connection:
        found = find_input(connection, model, locations[model.source.key], store, Selection(force=True))
        with manifest(store, f"{settings.manifests}bench.manifest", found.files) as url:
            connection.execute(copies_of(model, settings, locations).command(url, "MANIFEST"))


def copy_text(server: BenchmarkServer, model: type[StagingTable], file: Path) -> None:
    """COPY text, and commit: the lower bound for bringing these rows into this table."""
    command = f"COPY {model.__tablename__} ({_columns(model)}) FROM STDIN".encode()
    with server.direct() as connection, file.open("rb") as stream, connection.cursor().copy(command) as into:
        while data := stream.read(READ_BYTES):
            into.write(data)


def _columns(model: type[StagingTable]) -> str:
    return ", ".join(model.copied())


@contextmanager
def _formatted(server: BenchmarkServer, model: type[StagingTable]) -> Iterator[Path]:
    """Yield a file with the staged rows in their order, in COPY's text format."""
    with tempfile.TemporaryDirectory() as directory, server.direct() as connection, connection.cursor() as cursor:
        query = f"SELECT {_columns(model)} FROM {model.__tablename__} ORDER BY staged_id"  # noqa: S608 (our own names)
        file = Path(directory) / "rows.text"
        with cursor.copy(f"COPY ({query}) TO STDOUT".encode()) as rows, file.open("wb") as stream:
            for row in rows:
                stream.write(row)
        connection.commit()
        yield file


def _against_text(  # noqa: PLR0913 (a row's)
    server: BenchmarkServer,
    dataset: Dataset,
    what: str,
    repeats: int,
    limit: float | None = None,
    aim: float | None = None,
) -> Row:
    settings, model = server.settings_for(dataset), StagingEvent
    empty = partial(server.empty, model.__tablename__)
    with engine_of(settings) as engine:
        empty()
        copy(engine, settings, model)
        with _formatted(server, model) as file:
            ours = Contestant("ours", partial(copy, engine, settings, model), empty)
            text = Contestant("text", partial(copy_text, server, model, file), empty)
            alternate([ours, text], repeats)
    return Row.of(PART, what, "COPY of the same rows as text", ours, text, limit=limit, aim=aim)


def _many_files(server: BenchmarkServer, size: Size) -> Row:
    """Compare one file per song with the same songs in few files."""
    contestants = []
    with engine_of(server.settings) as engine:
        for songs_per_file in (1, size.songs_per_file):
            settings = server.settings_for(simulated(0, size.songs, songs_per_file))
            run = partial(copy, engine, settings, StagingSong)
            contestants.append(Contestant(f"by {songs_per_file}", run, partial(server.empty, "staging_songs")))
        alternate(contestants, size.repeats)
    many, few = contestants
    what = f"COPY of {size.songs:,} songs in {size.songs:,} files"
    return Row.of(PART, what, f"COPY of them in {size.song_files} files", many, few, limit=4, aim=2)
