"""Records and files of a verification: events and songs as dictionaries, and how files hold them."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkify_dwh.simulation.traffic import EVENT_KEYS

Record = Mapping[str, Any]

JSON_PATHS = json.dumps({"jsonpaths": [f"$['{key}']" for key in EVENT_KEYS]}).encode()


def an_event(**changes: Any) -> dict[str, Any]:
    """Return a play by a logged-in user, with these changes."""
    return {
        "artist": "The Verified",
        "auth": "Logged In",
        "firstName": "Ada",
        "gender": "F",
        "itemInSession": 0,
        "lastName": "Verity",
        "length": 200.5,
        "level": "paid",
        "location": "Lubbock, TX",
        "method": "PUT",
        "page": "NextSong",
        "registration": 1540919166796.0,
        "sessionId": 1,
        "song": "Of The Verified",
        "status": 200,
        "ts": 1542285000796,
        "userAgent": '"Mozilla/5.0 (X11; Linux x86_64)"',
        "userId": "1",
    } | changes


def a_song(**changes: Any) -> dict[str, Any]:
    """Return a song of the catalogue, with these changes."""
    return {
        "num_songs": 1,
        "artist_id": "ARVERIFIED",
        "artist_latitude": 33.5,
        "artist_longitude": -101.75,
        "artist_location": "Lubbock, TX",
        "artist_name": "The Verified",
        "song_id": "SOVERIFIED",
        "title": "Of The Verified",
        "duration": 200.5,
        "year": 2001,
    } | changes


@dataclass(frozen=True)
class Rejected:
    """A record that COPY must reject, with the column and the code of its error.

    Redshift guide, r_Load_Error_Reference
    """

    record: Record
    column: str
    code: int


@dataclass(frozen=True)
class File:
    """An input file. ``name`` is its key under the folder of the verification; its ending says how it is compressed.

    ``is_pretty`` writes each record over several lines, which COPY takes like one line per record (Redshift guide,
    copy-parameters-data-format); ``is_ascii`` writes other characters as escapes, those beyond U+FFFF as two.
    """

    name: str
    records: Sequence[Record]
    rejected: Sequence[Rejected] = ()
    is_pretty: bool = False
    is_ascii: bool = False

    @property
    def content(self) -> bytes:
        """The file as it is uploaded: the same bytes every time."""
        lines = [self._line(record) for record in (*self.records, *(row.record for row in self.rejected))]
        data = "\n".join(lines).encode()
        if self.name.endswith(".gz"):
            return gzip.compress(data, mtime=0)
        return bz2.compress(data) if self.name.endswith(".bz2") else data

    def _line(self, record: Record) -> str:
        return json.dumps(record, ensure_ascii=self.is_ascii, indent=1 if self.is_pretty else None)


@dataclass(frozen=True)
class Delivery:
    """The files that arrive together."""

    log_files: Sequence[File] = ()
    song_files: Sequence[File] = ()

    @property
    def files(self) -> tuple[File, ...]:
        return (*self.log_files, *self.song_files)

    @property
    def events(self) -> list[Record]:
        """The events that COPY takes."""
        return [record for file in self.log_files for record in file.records]

    @property
    def songs(self) -> list[Record]:
        """The songs that COPY takes."""
        return [record for file in self.song_files for record in file.records]

    @property
    def rejected(self) -> list[Rejected]:
        return [row for file in self.files for row in file.rejected]

    def only(self, names: Collection[str]) -> Delivery:
        """Return the files with these names."""
        return Delivery(
            [file for file in self.log_files if file.name in names],
            [file for file in self.song_files if file.name in names],
        )


def together(deliveries: Iterable[Delivery]) -> Delivery:
    """Return several deliveries as one, as a forced load reads them."""
    chosen = list(deliveries)
    return Delivery(
        [file for delivery in chosen for file in delivery.log_files],
        [file for delivery in chosen for file in delivery.song_files],
    )
