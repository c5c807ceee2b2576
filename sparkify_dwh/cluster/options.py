"""Options of ``cluster up``, and its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sparkify_dwh.cluster.addresses import ADDRESS_SERVICE
from sparkify_dwh.config.fields import Name
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret


@dataclass(frozen=True, slots=True)
class Options:
    """Options of ``up``. They take precedence over [DWH]."""

    public: bool | None = None
    cidrs: Sequence[str] = ()
    open_to_anyone: bool = False
    secret: bool = False
    ttl: timedelta | None = None
    address_service: str = ADDRESS_SERVICE


@dataclass(frozen=True, slots=True)
class CreatedCluster:
    """A cluster that is ready or, after a dry run, as it would be. ``done`` lists the steps; empty if it was complete."""

    identifier: str
    region: str
    size: str
    role_arn: str
    host: str | None
    port: int | None
    database: str | None
    admin: str | None
    secret_arn: str | None
    public: bool
    vpc: str | None
    opened: tuple[str, ...]
    expires: datetime | None
    done: tuple[str, ...]
    advice: tuple[str, ...]
    password: Secret | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the cluster for JSON, without the password."""
        return {key: value for key, value in asdict(self).items() if key != "password"}

    def values(self, settings: Settings) -> dict[Name, str]:
        """Return the values that the configuration needs to use the cluster and does not have yet."""
        values = {}
        if self.host and self.host != settings.host:
            values["CLUSTER", "HOST"] = self.host
        if self.role_arn != settings.role_arn:
            values["IAM_ROLE", "ARN"] = self.role_arn
        if self.port and self.port != settings.db_port:
            values["CLUSTER", "DB_PORT"] = str(self.port)
        if self.database and not settings.db_name:
            values["CLUSTER", "DB_NAME"] = self.database
        if self.secret_arn and self.secret_arn != settings.secret_arn and not settings.iam:
            values["CLUSTER", "SECRET_ARN"] = self.secret_arn
        if self.admin and not (settings.db_user or self.secret_arn):
            values["CLUSTER", "DB_USER"] = self.admin
        return values
