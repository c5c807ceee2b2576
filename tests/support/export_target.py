"""A small star, and a folder that it may go to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.warehouse import Sparkify


@pytest.fixture
def star(sparkify: Sparkify) -> Sparkify:
    """A company with a small star, that no load has made."""
    from support.exports import fill

    with sparkify.engine.begin() as connection:
        fill(connection)
    return sparkify


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "star's 100%"
