"""A cluster as AWS describes it, provisioned or Serverless; its states, in AWS's words in lower case, and two of our own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sparkify_dwh.aws.endpoint import Kind
from sparkify_dwh.cluster import tags
from sparkify_dwh.errors import AwsError

AVAILABLE = "available"
PAUSED = "paused"
PAUSING = "pausing"
DELETING = ("deleting", "final-snapshot")
# States that a cluster does not leave by itself. https://docs.aws.amazon.com/redshift/latest/APIReference/API_Cluster.html
FAILED_PREFIXES = ("incompatible-", "hardware-failure", "storage-full", "failed")

# Our own: AWS finds no such cluster; a namespace without its workgroup, or the reverse.
GONE = "gone"
INCOMPLETE = "incomplete"

STALE_SECONDS = 120.0  # how long AWS may show the state before a request


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


def require_reachable(what: str, current: str, wanted: Collection[str], waited_seconds: float) -> None:
    """Raise :class:`AwsError` if no wanted state can follow the current one without intervention."""
    if GONE in wanted:
        return
    if current.startswith(FAILED_PREFIXES):
        raise AwsError(
            f"{what} is {current} and will not become {AVAILABLE}",
            "see the Redshift console, or delete it with `sparkify-dwh cluster down --no-snapshot`",
        )
    if current in DELETING:
        raise AwsError(f"{what} is being deleted ({current})", "wait until it is gone, and run this again")
    if current in (GONE, PAUSED) and waited_seconds >= STALE_SECONDS:
        raise AwsError(f"{what} is {current}; another user or a failure in AWS has interfered", "run this again")
