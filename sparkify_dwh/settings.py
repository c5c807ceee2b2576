"""The settings of a warehouse: cluster, role, inputs; read from ``dwh.cfg`` and the environment.

    settings = Settings.read()       # SPARKIFY_DWH_CONFIG or ./dwh.cfg, and SPARKIFY_DWH_<SECTION>_<KEY> over it
    settings.url                     # the warehouse, for SQLAlchemy
    settings.for_load()              # where the inputs are

Reading validates the given values. ``url`` and ``for_load`` report everything that is missing for them at once. Passwords
and keys are ``Secret``, which is never shown by repr or logs. Settings can be pickled for other processes; a pickle holds
the passwords in clear.

A new setting is a row of ``sparkify_dwh.config.fields``, and an attribute here.

Limits: [AWS] has no key for the session token of temporary credentials: leave it empty and use the environment, a profile or
the role of the machine. A host is a name or an IPv4 address, not IPv6.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sparkify_dwh.aws.endpoint import region_of
from sparkify_dwh.aws.sessions import AccessKey
from sparkify_dwh.checks.rules import CheckRules
from sparkify_dwh.config.fields import (
    DEFAULT_ANALYZE_ABOVE_ROWS,
    DEFAULT_CONNECT_SECONDS,
    DEFAULT_PORT,
    DEFAULT_QUERY_GROUP,
    Name,
    keys,
    variable,
)
from sparkify_dwh.config.file import Values, read_values
from sparkify_dwh.config.reading import read_all
from sparkify_dwh.config.reference import render_reference
from sparkify_dwh.config.values import STANDIN, VERIFY_FULL, Endpoint, absolute
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.storage.urls import file_url
from sparkify_dwh.utils.secret import Secret

if TYPE_CHECKING:
    from sqlalchemy import URL

    from sparkify_dwh.redshift.schemas import Schemas
    from sparkify_dwh.warehouse import Warehouse

__all__ = ["Secret", "Settings"]


def sparkify() -> Warehouse:
    """Return Sparkify's warehouse, imported when it is first needed: models import SQLAlchemy, which takes a while."""
    from sparkify_dwh.sparkify import SPARKIFY

    return SPARKIFY


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; None for those that are not configured.

    ``inputs`` are the key prefixes and JSONPaths files of the warehouse's sources, by their keys in [S3]; ``manifests`` and
    ``export`` are key prefixes. All are ``s3://`` or ``file:///`` URLs. ``region`` is that of the buckets, ``aws_region``
    that of the cluster. ``standin_directory`` is absolute, and None with a real cluster. ``dwh`` is the section [DWH], by
    key in capitals, without its password. ``checks`` is what differs from the declared checks; names that the warehouse
    does not have are a ConfigurationError. ``max_age`` is that of the newest event. ``origin`` names the configuration in
    messages.
    """

    host: str | None = None
    db_name: str | None = None
    db_user: str | None = None
    db_password: Secret | None = None
    db_port: int = DEFAULT_PORT
    schema: str | None = None
    staging_schema: str | None = None
    iam: bool = False
    secret_arn: str | None = None
    tls: str = VERIFY_FULL
    connect_seconds: float = DEFAULT_CONNECT_SECONDS
    query_group: str = DEFAULT_QUERY_GROUP
    analyze_above_rows: int = DEFAULT_ANALYZE_ABOVE_ROWS
    role_arn: str | None = None
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    region: str | None = None
    manifests: str | None = None
    export: str | None = None
    jsonpaths_in_any_order: bool = False
    checks: CheckRules = field(default_factory=CheckRules)
    max_age: timedelta | None = None
    aws_key: Secret | None = None
    aws_secret: Secret | None = None
    aws_region: str | None = None
    standin_directory: Path | None = None
    dwh: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    dwh_db_password: Secret | None = None
    origin: str = field(default="the configuration", compare=False)
    warehouse: Warehouse = field(default_factory=sparkify, repr=False)

    def __post_init__(self) -> None:
        if self.checks:
            self.checks.require_known(self.warehouse.check_names, self.warehouse.allowed_values)

    def __reduce__(self) -> tuple[Callable[[dict[str, Any]], Settings], tuple[dict[str, Any]]]:
        """Pickle the values: a read-only mapping cannot be pickled."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return _unpickled, (values | {"inputs": dict(self.inputs), "dwh": dict(self.dwh)},)

    @classmethod
    def read(
        cls,
        path: Path | str | None = None,
        environ: Mapping[str, str] | None = None,
        *,
        warehouse: Warehouse | None = None,
    ) -> Settings:
        """Read the settings in the file at ``path``, else in SPARKIFY_DWH_CONFIG, else in ./dwh.cfg, and the environment.

        The environment (that of the process when ``environ`` is None) wins, and an empty value counts as absent. Raises
        ConfigurationError without a configuration, and for a malformed file, a misspelt key or an invalid value.
        """
        warehouse = warehouse or sparkify()
        return _settings(read_values(path, os.environ if environ is None else environ, warehouse.fields), warehouse)

    @classmethod
    def embedded(
        cls, directory: Path, inputs: Mapping[str, str] | None = None, *, warehouse: Warehouse | None = None
    ) -> Settings:
        """Return the settings of the embedded stand-in in ``directory``. ``inputs`` are URLs by their keys in [S3]."""
        base = absolute(directory, Path.cwd())
        return cls(
            host=STANDIN,
            inputs=MappingProxyType(dict(inputs or {})),
            warehouse=warehouse or sparkify(),
            manifests=file_url(f"{base}/manifests/"),
            standin_directory=base,
            origin="the embedded stand-in",
        )

    @property
    def input_prefixes(self) -> Mapping[str, str]:
        """The configured key prefixes of inputs, by their keys in [S3]: ``inputs`` without the JSONPaths files."""
        keys = (source.key for source in self.warehouse.sources)
        return {key: self.inputs[key] for key in keys if key in self.inputs}

    @property
    def locations(self) -> Mapping[str, str]:
        """All configured locations of [S3] by their keys: the prefixes of inputs first, what is written last."""
        written = {"MANIFESTS": self.manifests, "EXPORT": self.export}
        return {**self.input_prefixes, **self.inputs, **{key: url for key, url in written.items() if url}}

    @property
    def is_standin(self) -> bool:
        """Whether the warehouse is the embedded stand-in, which reads local files and needs no password and no role."""
        return self.host == STANDIN

    @property
    def lacks_role(self) -> bool:
        """Whether there is no role with which Redshift could read and write S3; the stand-in needs none."""
        return not (self.is_standin or self.role_arn)

    @property
    def url(self) -> URL:
        """The SQLAlchemy URL of the warehouse. Raises ConfigurationError with everything that [CLUSTER] lacks."""
        from sqlalchemy import URL

        self._require(self._missing_cluster())
        if self.is_standin:
            return URL.create("redshift+standin", database=str(self.standin_directory))
        has_other_login = self.iam or self.secret_arn  # sparkify_dwh.connection.credentials
        password = self.db_password.reveal() if self.db_password and not has_other_login else None
        return URL.create("redshift+sparkify", self.db_user, password, self.host, self.db_port, self.db_name)

    @property
    def schemas(self) -> Schemas | None:
        """The schemas of the tables; None to use the search path of the user. Raises ConfigurationError."""
        from sparkify_dwh.redshift.schemas import Schemas

        self._require(self._missing_schema())
        if self.schema is None:
            return None
        staged = frozenset(model.__tablename__ for model in self.warehouse.staging)
        return Schemas(self.schema, self.staging_schema or self.schema, staged)

    @property
    def access_key(self) -> AccessKey | None:
        """The access key of [AWS], which is used when environment and profile have no credentials."""
        if self.aws_key is None or self.aws_secret is None:
            return None
        return AccessKey(self.aws_key, self.aws_secret, is_fallback=True)

    @property
    def bucket_region(self) -> str | None:
        """The region of the buckets: that of [S3], else that of the cluster."""
        return self.region or self.aws_region or region_of(self.host)

    def open_store(self) -> ObjectStore:
        """Return the store of the inputs and exports, a context manager. It asks AWS as the settings' identity."""
        return ObjectStore(access_key=self.access_key, region=self.bucket_region)

    def for_load(self) -> Mapping[str, str]:
        """Return the locations of a load's inputs by their keys in [S3].

        Raises ConfigurationError with everything that a load lacks, and for a key prefix that also matches another
        location, such as the JSONPaths file, which COPY would read as data (Redshift guide, copy-parameters-data-format).
        """
        role = [("IAM_ROLE", "ARN")] if self.lacks_role else []
        missing = [("S3", key) for source in self.warehouse.sources for key in source.keys if key not in self.inputs]
        self._require([*self._missing_cluster(), *role, *missing])
        self._refuse_overlap()
        return self.inputs

    def _missing_cluster(self) -> list[Name]:
        if self.is_standin:
            return [*([] if self.standin_directory else [("STANDIN", "DIR")]), *self._missing_schema()]
        needed: dict[str, object] = {"HOST": self.host, "DB_NAME": self.db_name}
        if not (self.iam or self.secret_arn):
            needed |= {"DB_USER": self.db_user, "DB_PASSWORD": self.db_password}
        return [*(("CLUSTER", key) for key, value in needed.items() if not value), *self._missing_schema()]

    def _missing_schema(self) -> list[Name]:
        return [("CLUSTER", "SCHEMA")] if self.staging_schema and not self.schema else []

    def _require(self, missing: list[Name]) -> None:
        if missing:
            names = ", ".join(f"[{section}] {key}" for section, key in missing)
            remark = " (HOST=standin is the embedded stand-in)" if ("CLUSTER", "HOST") in missing else ""
            raise ConfigurationError(
                f"{self.origin} lacks {names}{remark}",
                f"add what is missing, or set it in the environment, such as {variable(missing[0])}",
            )

    def _refuse_overlap(self) -> None:
        for name, input_url in self.input_prefixes.items():
            for other, url in self.locations.items():
                if other != name and url.startswith(input_url):
                    raise ConfigurationError(
                        f"{self.origin}: the key prefix [S3] {name} also matches [S3] {other}, which COPY would read "
                        "as data",
                        f"move one of them, or end {name} with a slash",
                    )


def _unpickled(values: dict[str, Any]) -> Settings:
    read_only = {name: MappingProxyType(values[name]) for name in ("inputs", "dwh")}
    return Settings(**(values | read_only))


def _settings(values: Values, warehouse: Warehouse) -> Settings:
    reading = read_all(values)
    if reading.errors:
        raise reading.errors[0]
    endpoint = reading.get("CLUSTER", "HOST") or Endpoint("")
    directory = absolute(reading["STANDIN", "DIR"], values.directory) if endpoint.host == STANDIN else None
    dwh_password = reading.get("DWH", "DWH_DB_PASSWORD")
    dwh = {key: text for key in keys(values.fields, "DWH") if (text := values.get("DWH", key))}
    dwh.pop("DWH_DB_PASSWORD", None)
    input_keys = [key for source in warehouse.sources for key in source.keys]
    return Settings(
        host=endpoint.host or None,
        db_name=reading.get("CLUSTER", "DB_NAME") or endpoint.db_name or values.get("DWH", "DWH_DB"),
        db_user=reading.get("CLUSTER", "DB_USER") or values.get("DWH", "DWH_DB_USER"),
        db_password=reading.get("CLUSTER", "DB_PASSWORD") or dwh_password,
        schema=reading["CLUSTER", "SCHEMA"],
        staging_schema=reading["CLUSTER", "STAGING_SCHEMA"],
        db_port=reading.get("CLUSTER", "DB_PORT") or endpoint.port or reading.get("DWH", "DWH_PORT") or DEFAULT_PORT,
        iam=reading["CLUSTER", "IAM"],
        secret_arn=reading["CLUSTER", "SECRET_ARN"],
        tls=reading["CLUSTER", "TLS"],
        connect_seconds=reading["CLUSTER", "CONNECT_SECONDS"],
        query_group=reading["CLUSTER", "QUERY_GROUP"],
        analyze_above_rows=reading["CLUSTER", "ANALYZE_ABOVE_ROWS"],
        role_arn=reading["IAM_ROLE", "ARN"],
        inputs=MappingProxyType({key: url for key in input_keys if (url := reading["S3", key])}),
        region=reading["S3", "REGION"],
        manifests=reading["S3", "MANIFESTS"] or (file_url(f"{directory}/manifests/") if directory else None),
        export=reading["S3", "EXPORT"],
        checks=CheckRules.configured(reading),
        max_age=reading["CHECKS", "MAX_AGE"],
        jsonpaths_in_any_order=reading["S3", "JSONPATHS_IN_ANY_ORDER"],
        aws_key=reading["AWS", "KEY"],
        aws_secret=reading["AWS", "SECRET"],
        aws_region=reading["AWS", "REGION"],
        standin_directory=directory,
        dwh=MappingProxyType(dwh),
        dwh_db_password=dwh_password,
        origin=values.origin,
        warehouse=warehouse,
    )


if __name__ == "__main__":
    print(render_reference(sparkify().fields), end="")
