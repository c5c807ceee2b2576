"""``cluster status``: the cluster as it is now, and everything that was created for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster.description import ClusterDescription
from sparkify_dwh.cluster.execution import now, open_aws
from sparkify_dwh.cluster.naming import configured_kind, identifier_of, role_name_of
from sparkify_dwh.cluster.role import find_managed_role
from sparkify_dwh.cluster.security_groups import attached_groups, find_managed_groups, open_sources
from sparkify_dwh.cluster.services import find_clusters
from sparkify_dwh.cluster.vpc import find_managed_subnet_group
from sparkify_dwh.settings import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """The clusters of a name, at the time ``at``. ``resources`` are role, security group and subnet group, if they exist."""

    identifier: str
    region: str
    clusters: tuple[ClusterDescription, ...]
    opened: tuple[str, ...]
    resources: tuple[str, ...]
    at: datetime

    def age(self, cluster: ClusterDescription) -> timedelta | None:
        return self.at - cluster.created if cluster.created else None

    def to_dict(self) -> dict[str, Any]:
        return {
            "identifier": self.identifier,
            "region": self.region,
            "state": self.clusters[0].state if self.clusters else "absent",
            "warehouses": [
                {
                    "kind": cluster.kind,
                    "state": cluster.state,
                    "host": cluster.host,
                    "port": cluster.port,
                    "database": cluster.database,
                    "size": cluster.size,
                    "public": cluster.public,
                    "created": cluster.created,
                    "age_seconds": int(age.total_seconds()) if (age := self.age(cluster)) else None,
                    "expires": cluster.expires,
                    "made_by_sparkify_dwh": cluster.is_managed,
                }
                for cluster in self.clusters
            ],
            "open_to": list(self.opened),
            "parts": list(self.resources),
        }


def status(settings: Settings, *, aws: Aws | None = None) -> Status:
    """Return the status of the cluster that [DWH] names. Raises AwsError."""
    identifier = identifier_of(settings)
    with open_aws(settings, aws) as client:
        clusters = find_clusters(client, identifier, configured_kind(settings))
        role_name = (clusters[0].role_name if clusters else None) or role_name_of(settings)
        port = (clusters[0].port if clusters else None) or settings.db_port
        groups = attached_groups(client, clusters[0]) if clusters else find_managed_groups(client, identifier)
        resources = find_resources(client, identifier, role_name)
        opened = open_sources(groups, port)
        return Status(identifier, client.region, tuple(clusters), tuple(opened), tuple(resources), now())


def find_resources(aws: Aws, identifier: str, role_name: str) -> list[str]:
    """Return the existing resources that were created for a cluster, as text for output."""
    resources = [f"the security group {group['GroupName']}" for group in find_managed_groups(aws, identifier)]
    if name := find_managed_subnet_group(aws, identifier):
        resources.append(f"the subnet group {name}")
    if find_managed_role(aws, identifier, role_name):
        resources.append(f"the role {role_name}")
    return resources
