"""The manifest of an export, ``export.json``. It is written last: an export that has one is complete."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sparkify_dwh.errors import SourceError

NAME = "export.json"
FORMAT = 1  # of the manifest; to be raised when what it says can no longer be read by an older version


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file: its path from the folder of the export, and its size in bytes."""

    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class ExportedColumn:
    """A column of the files, with its Redshift type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table's rows, columns and files. The columns ``partition_by`` are also in the names of folders.

    ``columns`` are in the order of the files. ``last_number`` is the greatest value of the column whose values the
    warehouse gives; None when there is none.
    """

    rows: int
    partition_by: tuple[str, ...]
    columns: tuple[ExportedColumn, ...]
    files: tuple[ExportedFile, ...]
    last_number: int | None = None

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class Export:
    """A complete export. ``started_at`` is UTC, by this machine's clock; ``revision`` is that of the tables.

    ``last_load`` is the id of the load that the warehouse was loaded by last, None when it never was; ``last_load_at`` is
    when that began.
    """

    export_id: str
    target: str
    started_at: datetime
    seconds: float
    version: str
    revision: str
    last_load: str | None
    last_load_at: datetime | None
    tables: Mapping[str, ExportedTable]

    @property
    def manifest(self) -> str:
        """Return the URL of the manifest."""
        return self.target + NAME

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the manifest. Paths of files are relative: a copy of the whole folder is an export too."""
        tables = {
            name: {"rows": table.rows, "bytes": table.bytes} | asdict(table) for name, table in self.tables.items()
        }
        return {
            "format": FORMAT,
            **asdict(self),
            "started_at": self.started_at.isoformat(timespec="milliseconds"),
            "last_load_at": self.last_load_at and self.last_load_at.isoformat(timespec="milliseconds"),
            "tables": tables,
        }

    def to_json(self) -> bytes:
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Exported:
    """The part of a manifest that a restore needs: the tables and their revision."""

    revision: str
    tables: Mapping[str, ExportedTable]


def read_manifest(data: bytes, url: str) -> Exported:
    """Return the content of a manifest. Raise :class:`SourceError` for other content, or a later format."""
    try:
        manifest = json.loads(data)
        if manifest["format"] != FORMAT:
            raise SourceError(
                f"{url} must be a manifest of format {FORMAT}, and has format {manifest['format']}: use the version of "
                f"sparkify_dwh that wrote it, {manifest.get('version')}"
            )
        tables = {str(name): _table(table) for name, table in manifest["tables"].items()}
        return Exported(str(manifest["revision"]), tables)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SourceError(f"{url} must be the manifest of an export, and is not: name the folder of one") from error


def _table(read: Mapping[str, Any]) -> ExportedTable:
    files: Sequence[Mapping[str, Any]] = read["files"]
    columns: Sequence[Mapping[str, Any]] = read["columns"]
    return ExportedTable(
        rows=int(read["rows"]),
        partition_by=tuple(read["partition_by"]),
        columns=tuple(ExportedColumn(str(column["name"]), str(column["type"])) for column in columns),
        files=tuple(ExportedFile(str(file["path"]), int(file["bytes"])) for file in files),
        last_number=read["last_number"],
    )
