"""A small star, and a folder that it is exported to."""

from __future__ import annotations

from support.export_target import star, target

__all__ = ["star", "target"]
