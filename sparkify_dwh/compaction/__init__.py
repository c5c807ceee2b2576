"""Compaction: pack many small JSON objects into a few gzip files, which COPY loads far faster."""

from sparkify_dwh.compaction.compact import PackReport, Part, pack

__all__ = ["PackReport", "Part", "pack"]
