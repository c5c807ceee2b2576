"""A cluster as AWS describes it, provisioned or Serverless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sparkify_dwh.aws.endpoint import Kind
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.states import AVAILABLE


@dataclass(frozen=True, slots=True)
class ClusterDescription:
    """``state`` is AWS's word in lower case. For an available cluster that takes no queries it is the reason."""

    kind: Kind
    identifier: str
    state: str
    size: str
    created: datetime | None = None
    host: str | None = None
    port: int | None = None
    database: str | None = None
    admin: str | None = None
    public: bool = False
    vpc: str | None = None
    security_groups: tuple[str, ...] = ()
    role_arns: tuple[str, ...] = ()
    secret_arn: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_managed(self) -> bool:
        """Whether sparkify-dwh created it."""
        return self.tags.get(tags.CLUSTER) == self.identifier

    @property
    def is_available(self) -> bool:
        """Whether it takes queries. It does while it is resized, too (``available, prep-for-resize``)."""
        return self.state.split(",")[0] == AVAILABLE

    @property
    def expires(self) -> datetime | None:
        return tags.expiry(self.tags)

    @property
    def role_name(self) -> str | None:
        """The name of the role that was created for it."""
        return self.tags.get(tags.ROLE)
