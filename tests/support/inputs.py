"""The inputs of a warehouse's settings, by their keys in [S3]."""

from __future__ import annotations

from dataclasses import replace

from sparkify_dwh.settings import Settings
from sparkify_dwh.simulation import inputs_under

__all__ = ["inputs_under", "with_inputs"]


def with_inputs(settings: Settings, **changes: str | None) -> Settings:
    """The settings with some inputs changed, or taken away by None."""
    inputs = {**settings.inputs, **changes}
    return replace(settings, inputs={key: url for key, url in inputs.items() if url is not None})
