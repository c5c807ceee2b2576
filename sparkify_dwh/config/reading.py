"""From the texts of the settings to their values, by the table of settings; every error is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparkify_dwh.config.fields import Fields, Name
from sparkify_dwh.config.file import Values
from sparkify_dwh.config.mistakes import require_well_written
from sparkify_dwh.config.values import STANDIN, Endpoint
from sparkify_dwh.errors import ConfigurationError

HOST: Name = ("CLUSTER", "HOST")


@dataclass(frozen=True, slots=True)
class Reading:
    """The valid values by section and key, and the errors of the invalid ones."""

    fields: Fields
    values: dict[Name, Any] = field(default_factory=dict, repr=False)
    errors: list[ConfigurationError] = field(default_factory=list)

    def get(self, section: str, key: str) -> Any:
        """Return a value; None when it is absent."""
        return self.values.get((section, key))

    def __getitem__(self, name: Name) -> Any:
        """Return a value, or its default when it is absent."""
        return self.values.get(name, self.fields[name].default)


def read_all(values: Values) -> Reading:
    """Return the values of all settings but those of a cluster to create.

    `sparkify-dwh cluster up` reads [DWH] (sparkify_dwh.cluster.spec): an existing warehouse works whatever it describes.
    """
    reading = Reading(values.fields)
    _read(reading, values, HOST, None)
    local = local_directory(values, reading.get(*HOST))
    for name in values.fields:
        if name != HOST and (name[0] != "DWH" or _stands_in(values, reading, name[1])):
            _read(reading, values, name, local)
    key, secret = values.get("AWS", "KEY"), values.get("AWS", "SECRET")
    if bool(key) != bool(secret):
        given, missing = ("KEY", "SECRET") if key else ("SECRET", "KEY")
        reading.errors.append(
            ConfigurationError(f"{values.place('AWS', given)} is given, [AWS] {missing} is not", "give both or neither")
        )
    return reading


def _stands_in(values: Values, reading: Reading, key: str) -> bool:
    """Return whether a value of [DWH] is used where [CLUSTER] has none."""
    endpoint = reading.get(*HOST)
    has_port = values.get("CLUSTER", "DB_PORT") or (endpoint and endpoint.port)
    return key == "DWH_DB_PASSWORD" or (key == "DWH_PORT" and not has_port)


def local_directory(values: Values, endpoint: Endpoint | None) -> Path | None:
    """Return what local paths are relative to; None with a real cluster, which reads no local files.

    Without a host, local paths are accepted: the missing HOST is reported first.
    """
    return values.directory if endpoint is None or endpoint.host == STANDIN else None


def _read(reading: Reading, values: Values, name: Name, directory: Path | None) -> None:
    given = values.given(*name, directory)
    if given is None:
        return
    field = values.fields[name]
    try:
        if not field.is_secret:
            require_well_written(given)
        reading.values[name] = field.reader(given)
    except ConfigurationError as error:
        reading.errors.append(error)
