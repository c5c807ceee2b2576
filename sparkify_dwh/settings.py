"""The settings of a warehouse: which cluster, which role, which inputs; read from ``dwh.cfg`` and the environment.

    settings = Settings.read()       # SPARKIFY_DWH_CONFIG or ./dwh.cfg, and SPARKIFY_DWH_<SECTION>_<KEY> over it
    settings.url                     # the warehouse, for SQLAlchemy
    settings.for_load()              # where the inputs are

Reading checks the form of what is there; what is missing is said by ``url`` and ``for_load``, all of it at once, when
it is needed. Passwords and keys are ``Secret``, which no repr, log or pickle shows.

Limits: temporary AWS credentials need a session token, for which there is no key: leave [AWS] empty and let the usual
chain of AWS (environment, profile, role of the machine) give them. A host is a name or an IPv4 address, not IPv6.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sparkify_dwh.configfile import KEYS, Name, Values, read_values, variable
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.locations import Locations, configured_location, expanded, file_url
from sparkify_dwh.secret import Secret

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["Locations", "Secret", "Settings"]

STANDIN = "standin"
DEFAULT_PORT = 5439
DEFAULT_STANDIN_DIRECTORY = ".standin"

_ENDPOINT = re.compile(r"(?P<host>[^\s:/?#@]+)(?::(?P<port>\d+))?(?:/(?P<db_name>[^\s/?#]*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is configured; None where nothing is.

    ``log_data``, ``song_data``, ``manifests`` and ``export`` are key prefixes and ``log_jsonpath`` is an object, all as
    ``s3://`` or ``file:///`` URLs. ``standin_directory`` is absolute, and None with a real cluster. ``dwh`` is the
    section [DWH], by key in capitals, without its password.
    """

    host: str | None = None
    db_name: str | None = None
    db_user: str | None = None
    db_password: Secret | None = None
    db_port: int = DEFAULT_PORT
    role_arn: str | None = None
    log_data: str | None = None
    log_jsonpath: str | None = None
    song_data: str | None = None
    region: str | None = None
    manifests: str | None = None
    export: str | None = None
    aws_key: Secret | None = None
    aws_secret: Secret | None = None
    standin_directory: Path | None = None
    dwh: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    dwh_db_password: Secret | None = None
    origin: str = field(default="the configuration", compare=False)
    """Where the settings come from, as a message says it."""

    @classmethod
    def read(cls, path: Path | str | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings in the file at ``path``, else in SPARKIFY_DWH_CONFIG, else in ./dwh.cfg, and in the environment.

        The environment wins; ``environ`` is the process's own when None. An empty value counts as absent.

        Raises:
            ConfigurationError: no file and nothing in the environment, a file that is missing or malformed, a misspelt
                key, or a value that cannot work.
        """
        return _settings(read_values(path, os.environ if environ is None else environ))

    @classmethod
    def embedded(cls, directory: Path) -> Settings:
        """The embedded stand-in in ``directory``, with the inputs under ``directory/data``."""
        base = _absolute(directory, Path.cwd())
        return cls(
            host=STANDIN,
            log_data=file_url(f"{base}/data/log_data/"),
            log_jsonpath=file_url(base / "data" / "log_json_path.json"),
            song_data=file_url(f"{base}/data/song_data/"),
            manifests=file_url(f"{base}/manifests/"),
            standin_directory=base,
            origin="the embedded stand-in",
        )

    @property
    def is_standin(self) -> bool:
        """Whether the warehouse is the embedded stand-in, which reads local files and needs no password and no role."""
        return self.host == STANDIN

    @property
    def url(self) -> URL:
        """The warehouse as a SQLAlchemy URL; ConfigurationError lists all that [CLUSTER] lacks."""
        from sqlalchemy import URL

        self._require(self._missing_cluster())
        if self.is_standin:
            return URL.create("redshift+standin", database=str(self.standin_directory))
        password = self.db_password.reveal() if self.db_password else None
        return URL.create("redshift+sparkify", self.db_user, password, self.host, self.db_port, self.db_name)

    def store_options(self) -> dict[str, Any]:
        """What an ObjectStore is to be made with."""
        return {"key": self.aws_key, "secret": self.aws_secret, "region": self.region}

    def for_load(self) -> Locations:
        """Where a load's inputs are; the JSONPaths file is outside of the data.

        Raises:
            ConfigurationError: with all that a load lacks, of [S3], [CLUSTER] and [IAM_ROLE]; or the key prefix of one
                input also matches another location, which COPY would read as data (Redshift guide,
                copy-parameters-data-format).
        """
        role = [] if self.is_standin or self.role_arn else [("IAM_ROLE", "ARN")]
        inputs = {"LOG_DATA": self.log_data, "LOG_JSONPATH": self.log_jsonpath, "SONG_DATA": self.song_data}
        missing = [("S3", key) for key, value in inputs.items() if not value]
        self._require([*self._missing_cluster(), *role, *missing])
        self._refuse_overlap()
        return Locations(self.log_data or "", self.log_jsonpath or "", self.song_data or "")

    def _missing_cluster(self) -> list[Name]:
        if self.is_standin:
            return [] if self.standin_directory else [("STANDIN", "DIR")]
        needed = {"HOST": self.host, "DB_NAME": self.db_name, "DB_USER": self.db_user, "DB_PASSWORD": self.db_password}
        return [("CLUSTER", key) for key, value in needed.items() if not value]

    def _require(self, missing: list[Name]) -> None:
        if missing:
            names = ", ".join(f"[{section}] {key}" for section, key in missing)
            hint = " (HOST=standin is the embedded stand-in)" if ("CLUSTER", "HOST") in missing else ""
            raise ConfigurationError(
                f"{self.origin} lacks {names}{hint}: add what is missing, or set it in the environment, such as "
                f"{variable(missing[0])}"
            )

    def _refuse_overlap(self) -> None:
        others = {"LOG_JSONPATH": self.log_jsonpath, "MANIFESTS": self.manifests, "EXPORT": self.export}
        inputs = {"LOG_DATA": self.log_data, "SONG_DATA": self.song_data}
        for name, prefix in inputs.items():
            for other, url in {**inputs, **others}.items():
                if prefix and url and other != name and url.startswith(prefix):
                    raise ConfigurationError(
                        f"{self.origin}: the key prefix [S3] {name} also matches [S3] {other}, which COPY would read "
                        f"as data: move one of them, or end {name} with a slash"
                    )


def _settings(values: Values) -> Settings:
    endpoint = _endpoint(values)
    standin = endpoint.get("host") == STANDIN
    standin_directory = _absolute(values.get("STANDIN", "DIR") or DEFAULT_STANDIN_DIRECTORY, values.directory)
    directory = standin_directory if standin else None
    # Without a host it is open who reads the locations, and a missing HOST is what the user should hear of first.
    local = values.directory if standin or "host" not in endpoint else None
    aws_key, aws_secret = _aws_keys(values)
    return Settings(
        host=endpoint.get("host"),
        db_name=values.get("CLUSTER", "DB_NAME") or endpoint.get("db_name") or values.get("DWH", "DWH_DB"),
        db_user=values.get("CLUSTER", "DB_USER") or values.get("DWH", "DWH_DB_USER"),
        db_password=_secret(values, "CLUSTER", "DB_PASSWORD") or _secret(values, "DWH", "DWH_DB_PASSWORD"),
        db_port=_port(values, endpoint.get("port")),
        role_arn=values.get("IAM_ROLE", "ARN"),
        log_data=_location(values, "LOG_DATA", local),
        log_jsonpath=_location(values, "LOG_JSONPATH", local),
        song_data=_location(values, "SONG_DATA", local),
        region=values.get("S3", "REGION"),
        manifests=_location(values, "MANIFESTS", local) or (file_url(f"{directory}/manifests/") if directory else None),
        export=_location(values, "EXPORT", local),
        aws_key=aws_key,
        aws_secret=aws_secret,
        standin_directory=directory,
        dwh=_cluster_to_create(values),
        dwh_db_password=_secret(values, "DWH", "DWH_DB_PASSWORD"),
        origin=values.origin,
    )


def _endpoint(values: Values) -> dict[str, str]:
    """Host, port and db_name, as far as HOST names them: the console's form of an endpoint is host:5439/dev."""
    host = values.get("CLUSTER", "HOST")
    if host is None:
        return {}
    if host.lower() == STANDIN:
        return {"host": STANDIN}
    if "://" in host or host.lower().startswith("jdbc:"):
        problem = "found a URL: leave out http://, jdbc:redshift:// or the like"
    elif found := _ENDPOINT.fullmatch(host):
        return {name: part for name, part in found.groupdict().items() if part}
    else:
        problem = "found something else: copy the endpoint from the Redshift console"
    # What was found is not shown: a URL may hold a password.
    raise ConfigurationError(
        f"{values.place('CLUSTER', 'HOST')} must be a host like x.y.eu-west-1.redshift.amazonaws.com, {problem}"
    )


def _port(values: Values, in_endpoint: str | None) -> int:
    given = {
        ("CLUSTER", "DB_PORT"): values.get("CLUSTER", "DB_PORT"),
        ("CLUSTER", "HOST"): in_endpoint,
        ("DWH", "DWH_PORT"): values.get("DWH", "DWH_PORT"),
    }
    name, text = next(((name, text) for name, text in given.items() if text), (("CLUSTER", "DB_PORT"), ""))
    if not text:
        return DEFAULT_PORT
    if re.fullmatch(r"0*[1-9][0-9]{0,4}", text) and int(text) <= 65535:
        return int(text)
    found = text if re.fullmatch("[0-9]{1,6}", text) else "something else"  # which may be a password in the wrong line
    raise ConfigurationError(f"{values.place(*name)} needs a port from 1 to 65535, found {found}: correct it")


def _location(values: Values, key: str, directory: Path | None) -> str | None:
    value = values.get("S3", key)
    url = configured_location(values.place("S3", key), value, directory) if value else None
    if url and key == "LOG_JSONPATH" and url.endswith("/"):
        raise ConfigurationError(f"{values.place('S3', key)} must be one file, found a key prefix that ends in a slash")
    return url


def _secret(values: Values, section: str, key: str) -> Secret | None:
    value = values.get(section, key)
    return Secret(value) if value else None


def _aws_keys(values: Values) -> tuple[Secret | None, Secret | None]:
    key, secret = _secret(values, "AWS", "KEY"), _secret(values, "AWS", "SECRET")
    if bool(key) != bool(secret):
        given, lacking = ("KEY", "SECRET") if key else ("SECRET", "KEY")
        raise ConfigurationError(f"{values.place('AWS', given)} is given, [AWS] {lacking} is not: give both or neither")
    return key, secret


def _cluster_to_create(values: Values) -> Mapping[str, str]:
    keys = (key for key in KEYS["DWH"] if key != "DWH_DB_PASSWORD")
    return MappingProxyType({key: value for key in keys if (value := values.get("DWH", key))})


def _absolute(path: Path | str, directory: Path) -> Path:
    return Path(os.path.normpath(directory / expanded(path)))
