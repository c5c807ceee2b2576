"""Skipping what the stand-in cannot show, by the names of its known differences only."""

from __future__ import annotations

import pytest

from sparkify_dwh.standin.differences import DIFFERENCES


def differs(name: str) -> pytest.MarkDecorator:
    """Skip a test for one of the known differences between the stand-in and Redshift; others are a KeyError."""
    return pytest.mark.skip(reason=f"{name}: {DIFFERENCES[name].sentence}")
