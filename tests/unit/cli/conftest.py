"""Fixtures: a small star, a folder for its export, and input files."""

from __future__ import annotations

import pytest
from support.export_target import star, target
from support.records import a_song, an_event
from support.warehouse import Sparkify

__all__ = ["star", "target"]


@pytest.fixture
def delivered(sparkify: Sparkify) -> Sparkify:
    """A warehouse with one event and one song in its input files, not loaded yet."""
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    return sparkify
