"""A warehouse as AWS describes it, provisioned or Serverless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sparkify_dwh.aws.endpoint import Kind
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.run import AVAILABLE

INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Found:
    """``state`` is AWS's word in small letters, or, of an available cluster that takes no queries, why; ``incomplete`` is a
    namespace without its workgroup, or the reverse.
    """

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
    def is_ours(self) -> bool:
        """Whether this program has made it."""
        return self.tags.get(tags.CLUSTER) == self.identifier

    @property
    def is_available(self) -> bool:
        """Also while it is being resized: it answers then."""
        return self.state.split(",")[0] == AVAILABLE

    @property
    def expires(self) -> datetime | None:
        return tags.expiry(self.tags)

    @property
    def role_name(self) -> str | None:
        """The role that was made with it."""
        return self.tags.get(tags.ROLE)
