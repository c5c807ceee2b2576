"""Many small JSON objects packed into a few gzip files, which COPY loads far faster."""

from sparkify_dwh.compaction.compact import Packed, Part, pack

__all__ = ["Packed", "Part", "pack"]
