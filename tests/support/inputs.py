"""The inputs of a warehouse's settings, by their keys in [S3]."""

from __future__ import annotations

from dataclasses import replace

from sparkify_dwh.settings import Settings


def inputs_under(url: str) -> dict[str, str]:
    """The inputs as Sparkify and the simulation lay them out under a folder."""
    url = url.rstrip("/")
    return {
        "LOG_DATA": f"{url}/log_data/",
        "LOG_JSONPATH": f"{url}/log_json_path.json",
        "SONG_DATA": f"{url}/song_data/",
    }


def with_inputs(settings: Settings, **changes: str | None) -> Settings:
    """The settings with some inputs changed, or taken away by None."""
    inputs = {**settings.inputs, **changes}
    return replace(settings, inputs={key: url for key, url in inputs.items() if url is not None})
