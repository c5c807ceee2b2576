"""The COPYs of a load: of the files that it takes in, one for each kind of compression; or one of a whole prefix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkify_dwh.base import StagingTable
from sparkify_dwh.errors import SourceError
from sparkify_dwh.loading.input_files import by_compression
from sparkify_dwh.redshift.commands import CopyCommand

if TYPE_CHECKING:
    from sparkify_dwh.settings import Locations, Settings
    from sparkify_dwh.storage.store import StoredObject


@dataclass(frozen=True)
class Copy:
    """A COPY of ``url``: a manifest, which is to list ``files``, or, where there are none, a key prefix."""

    url: str
    command: CopyCommand
    files: Sequence[StoredObject] | None = None


class Copies:
    """The COPYs of a staging table. ``max_errors`` rows may be left out by each."""

    def __init__(
        self, staging: type[StagingTable], settings: Settings, locations: Locations, max_errors: int = 0
    ) -> None:
        self._staging = staging
        self._settings = settings
        self._locations = locations
        self._allowing = [f"MAXERROR AS {max_errors + 1}"] if max_errors else []  # it fails at the n-th error

    def of_files(self, files: Sequence[StoredObject], name: str) -> Iterator[Copy]:
        """From manifests whose names begin with ``name``, one a kind of compression, for COPY takes one for all files."""
        for compression, group in by_compression(files).items():
            kind = compression.lower() or "plain"
            url = f"{self._settings.manifests}{name}-{self._staging.__tablename__}-{kind}.manifest"
            yield Copy(url, self._command(url, "MANIFEST", *filter(None, [compression])), group)

    def of_prefix(self, prefix: str, files: Sequence[StoredObject]) -> Copy:
        """Of everything under a prefix, which is ``files``, as far as they are known.

        Raises :class:`SourceError` where they are of several kinds of compression.
        """
        groups = by_compression(files)
        if len(groups) > 1:
            raise SourceError(
                f"{prefix} holds files of several compressions, and COPY takes one: give a place for manifests "
                "(MANIFESTS in [S3]), by which they are copied one after the other, or separate them."
            )
        return Copy(prefix, self._command(prefix, *filter(None, groups)))

    def _command(self, url: str, *clauses: str) -> CopyCommand:
        return copy_command(self._staging, self._settings, self._locations, url, *clauses, *self._allowing)


def copy_command(
    staging: type[StagingTable], settings: Settings, locations: Locations, url: str, *clauses: str
) -> CopyCommand:
    """The COPY that fills a staging table from ``url``, a key prefix or a manifest."""
    return CopyCommand(
        staging.table(),
        url,
        columns=staging.copied(),
        json=getattr(locations, staging.json_paths) if staging.json_paths else "auto",
        role_arn=settings.role_arn,
        region=settings.region,
        clauses=(*staging.copy_clauses, *clauses),
    )
