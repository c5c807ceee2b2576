"""Real input, where there is any."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "sparkify"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Sparkify's own files: 71 songs, 30 days of logs, the JSONPaths file."""
    if not (REAL_DATA / "log_data").is_dir():
        pytest.skip(f"Sparkify's own files are not at {REAL_DATA}")
    return REAL_DATA
