"""``cluster down`` and ``cluster expire``: delete everything that was created, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster.description import ClusterDescription
from sparkify_dwh.cluster.execution import Execution, OnStep, RetryPolicy, Sleep, ignore_step, now, open_execution
from sparkify_dwh.cluster.lifecycle import find_managed_clusters_named
from sparkify_dwh.cluster.naming import default_role_name, identifier_of, role_name_of
from sparkify_dwh.cluster.role import remove_role
from sparkify_dwh.cluster.security_groups import IN_USE_MINUTES, remove_security_groups
from sparkify_dwh.cluster.services import find_managed_clusters, service_of
from sparkify_dwh.cluster.status import find_resources
from sparkify_dwh.cluster.vpc import remove_subnet_group
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings

_REMAINING = "Remaining"  # the code of the error while AWS still shows deleted resources
_UNTIL_REMOVED = RetryPolicy(
    lambda error: error.code == _REMAINING, minutes=5, reason="checking that everything is deleted"
)


@dataclass(frozen=True, slots=True)
class RemovedResources:
    """The result of a deletion: final snapshots and steps. ``done`` is empty when there was nothing to delete."""

    identifier: str
    region: str
    snapshots: tuple[str, ...]
    done: tuple[str, ...]


def down(  # noqa: PLR0913 (the task, and how to carry it out)
    settings: Settings,
    *,
    snapshot: bool = True,
    on_step: OnStep = ignore_step,
    dry_run: bool = False,
    aws: Aws | None = None,
    sleep: Sleep = time.sleep,
) -> RemovedResources:
    """Delete the cluster after a final snapshot, then its security group, subnet group and role. Check that all are gone.

    The final snapshot is kept, and costs its storage, until it is deleted by hand. Raises AwsError when the cluster was not
    created by this program, or something still exists at the end.
    """
    with open_execution(settings, aws, on_step, dry_run, sleep) as execution:
        clusters = find_managed_clusters_named(execution.aws, settings)
        role_name = (clusters[0].role_name if clusters else None) or role_name_of(settings)
        return _remove(execution, identifier_of(settings), role_name, clusters, snapshot=snapshot)


def expire(  # noqa: PLR0913 (the task, and how to carry it out)
    settings: Settings,
    *,
    snapshot: bool = True,
    on_step: OnStep = ignore_step,
    dry_run: bool = False,
    aws: Aws | None = None,
    sleep: Sleep = time.sleep,
) -> list[RemovedResources]:
    """Delete all clusters of the region whose time to live is over, as ``down`` does. For a scheduler.

    A cluster that cannot be deleted does not prevent the others; the AwsError is raised at the end.
    """
    removed = []
    with open_execution(settings, aws, on_step, dry_run, sleep) as execution:
        clusters, errors = find_managed_clusters(execution.aws)
        failures = [str(error) for error in errors]
        for cluster in clusters:
            if not cluster.expires or cluster.expires > now():
                continue
            role_name = cluster.role_name or default_role_name(cluster.identifier)
            own_execution = replace(execution, done=[])
            try:
                removed.append(_remove(own_execution, cluster.identifier, role_name, [cluster], snapshot=snapshot))
            except AwsError as error:
                failures.append(f"{cluster.identifier}: {error}")
    if failures:
        raise AwsError(" ".join(failures))
    return removed


def _remove(
    execution: Execution, identifier: str, role_name: str, clusters: Sequence[ClusterDescription], *, snapshot: bool
) -> RemovedResources:
    snapshots = []
    for cluster in clusters:
        name = f"{identifier}-final-{now():%Y%m%d-%H%M%S}" if snapshot else None
        taken = service_of(cluster.kind).delete(execution, cluster, name)  # None if another deletion was in progress
        snapshots += [taken] if taken else []
    groups_in_use = remove_security_groups(execution, identifier)
    remove_subnet_group(execution, identifier)
    remove_role(execution, identifier, role_name)
    if groups_in_use:
        raise AwsError(
            f"Everything of {identifier} is deleted except its security group {', '.join(groups_in_use)}, which is still in "
            f"use after {IN_USE_MINUTES} minutes",
            "Something else uses it, or a rule of another group names it: remove that in the EC2 console, and run this "
            "again",
        )
    if not execution.dry_run:
        _require_removed(execution, identifier, role_name, clusters)
    return RemovedResources(identifier, execution.aws.region, tuple(snapshots), tuple(execution.done))


def _require_removed(
    execution: Execution, identifier: str, role_name: str, clusters: Sequence[ClusterDescription]
) -> None:
    """Check that nothing is left, allowing for AWS's services to lag behind. Raises AwsError."""
    aws = execution.aws

    def check() -> None:
        kinds = [cluster.kind for cluster in clusters if service_of(cluster.kind).find(aws, identifier)]
        remaining = [f"the {kind} warehouse {identifier}" for kind in kinds]
        remaining += find_resources(aws, identifier, role_name)
        if remaining:
            raise AwsError(
                f"Not everything is deleted: {', '.join(remaining)} still exist in {aws.region}",
                "run this again",
                _REMAINING,
            )

    execution.retry(check, _UNTIL_REMOVED)
