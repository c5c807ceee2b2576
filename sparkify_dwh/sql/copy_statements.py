"""The COPYs of a load: one for each kind of compression among its files, or one of a whole key prefix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkify_dwh.base import StagingTable
from sparkify_dwh.errors import SourceError
from sparkify_dwh.redshift.commands import CopyCommand

if TYPE_CHECKING:
    from sparkify_dwh.storage.store import StoredObject

# COPY does not detect compression, and takes one kind for all its files. Redshift guide, copy-parameters-file-compression
COMPRESSIONS = {".gz": "GZIP", ".bz2": "BZIP2", ".zst": "ZSTD"}


@dataclass(frozen=True)
class Copy:
    """A COPY of ``url``: a manifest that lists ``files``, or a key prefix where there are none."""

    url: str
    command: CopyCommand
    files: Sequence[StoredObject] | None = None


@dataclass(frozen=True)
class Copies:
    """The COPYs of one staging table.

    ``json`` is ``auto`` or the URL of a JSONPaths file, ``role_arn`` None for the cluster's default role, ``manifests`` the
    prefix under which manifests are written. Each COPY may reject ``max_errors`` rows.
    """

    staging: type[StagingTable]
    json: str = "auto"
    role_arn: str | None = None
    region: str | None = None
    manifests: str | None = None
    max_errors: int = 0

    def command(self, url: str, *clauses: str) -> CopyCommand:
        """Return the COPY that fills the table from ``url``, a key prefix or a manifest."""
        allowing = [f"MAXERROR AS {self.max_errors + 1}"] if self.max_errors else []  # it fails at the n-th error
        return CopyCommand(
            self.staging.table(),
            url,
            columns=self.staging.copied(),
            json=self.json,
            role_arn=self.role_arn,
            region=self.region,
            clauses=(*self.staging.copy_clauses, *clauses, *allowing),
        )

    def of_files(self, files: Sequence[StoredObject], name: str) -> Iterator[Copy]:
        """Yield a COPY for each kind of compression, from manifests whose names begin with ``name``."""
        for compression, group in by_compression(files).items():
            kind = compression.lower() or "plain"
            url = f"{self.manifests}{name}-{self.staging.__tablename__}-{kind}.manifest"
            yield Copy(url, self.command(url, "MANIFEST", *filter(None, [compression])), group)

    def of_prefix(self, prefix: str, files: Sequence[StoredObject]) -> Copy:
        """Return the COPY of everything under a prefix. ``files`` are what is known to be there.

        Raises :class:`SourceError` when they are of several kinds of compression.
        """
        groups = by_compression(files)
        if len(groups) > 1:
            raise SourceError(
                f"{prefix} holds files of several compressions, but COPY of a prefix takes one",
                "set MANIFESTS in [S3], so that each kind is copied by a manifest of its own, or separate the files.",
            )
        return Copy(prefix, self.command(prefix, *filter(None, groups)))


def by_compression(files: Iterable[StoredObject]) -> dict[str, list[StoredObject]]:
    """Return the files by the clause that COPY needs for them; '' for none."""
    groups: dict[str, list[StoredObject]] = {}
    for file in files:
        clause = next((clause for ending, clause in COMPRESSIONS.items() if file.url.endswith(ending)), "")
        groups.setdefault(clause, []).append(file)
    return groups
