"""The results of a COPY: rows, rejected records, and statistics of each file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from sparkify_dwh.redshift.copy_rules.rejects import LoadReject
from sparkify_dwh.redshift.errors import RedshiftError


class FileResult(msgspec.Struct, gc=False):  # there may be very many
    """One file: lines and bytes after decompression, and the number of rejected records."""

    url: str
    lines: int = 0
    bytes: int = 0
    errors: int = 0


@dataclass(frozen=True)
class CopyResult:
    """A COPY that succeeded. ``rows`` were written (none with NOLOAD); ``rejects`` is empty unless MAXERROR allows some."""

    rows: int
    rejects: list[LoadReject]
    files: list[FileResult]


class CopyFailed(RedshiftError):
    """A COPY whose errors reached its MAXERROR; the rows that it wrote must be rolled back."""

    def __init__(self, table: str, rejects: Sequence[LoadReject]) -> None:
        # The text that clients look for: https://github.com/databricks/spark-redshift/issues/53
        super().__init__(
            "XX000", f"Load into table '{table}' failed.  Check 'sys_load_error_detail' system table for details."
        )
        self.rejects = list(rejects)
