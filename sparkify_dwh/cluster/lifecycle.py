"""``cluster pause`` and ``cluster resume``."""

from __future__ import annotations

import time

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import PROVISIONED
from sparkify_dwh.cluster import provisioned
from sparkify_dwh.cluster.description import DELETING, INCOMPLETE, PAUSED, ClusterDescription
from sparkify_dwh.cluster.execution import OnStep, Sleep, ignore_step, open_execution
from sparkify_dwh.cluster.naming import configured_kind, identifier_of, region_hint
from sparkify_dwh.cluster.services import find_clusters
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings


def pause(
    settings: Settings,
    *,
    on_step: OnStep = ignore_step,
    dry_run: bool = False,
    aws: Aws | None = None,
    sleep: Sleep = time.sleep,
) -> list[str]:
    """Pause a provisioned cluster, which keeps its data and then costs only its storage. Return the steps.

    Serverless needs no pause: it costs nothing while no query runs. Raises AwsError when there is no cluster to pause.
    """
    with open_execution(settings, aws, on_step, dry_run, sleep) as execution:
        cluster = _find_cluster(execution.aws, settings)
        if cluster.kind == PROVISIONED and cluster.state != PAUSED:
            _require_not_deleting(cluster)
            provisioned.pause(execution, cluster)
        return execution.done


def resume(
    settings: Settings,
    *,
    on_step: OnStep = ignore_step,
    dry_run: bool = False,
    aws: Aws | None = None,
    sleep: Sleep = time.sleep,
) -> list[str]:
    """Resume a paused cluster, and wait until it is available. Return the steps. Raises AwsError."""
    with open_execution(settings, aws, on_step, dry_run, sleep) as execution:
        cluster = _find_cluster(execution.aws, settings)
        if cluster.kind == PROVISIONED and not cluster.is_available:
            _require_not_deleting(cluster)
            provisioned.resume(execution, cluster)
        elif cluster.state == INCOMPLETE:
            raise AwsError(f"{cluster.identifier} has no workgroup", "run `sparkify-dwh cluster up` to create it")
        return execution.done


def find_managed_clusters_named(aws: Aws, settings: Settings) -> list[ClusterDescription]:
    """Return the clusters of the configured name that this program created. Raises AwsError if there are only others."""
    clusters = find_clusters(aws, identifier_of(settings), configured_kind(settings))
    managed = [cluster for cluster in clusters if cluster.is_managed]
    if clusters and not managed:
        raise AwsError(
            f"{clusters[0].identifier} was not created by sparkify-dwh, which does not change it",
            "use the Redshift console, or correct DWH_CLUSTER_IDENTIFIER",
        )
    return managed


def _find_cluster(aws: Aws, settings: Settings) -> ClusterDescription:
    clusters = find_managed_clusters_named(aws, settings)
    if not clusters:
        raise AwsError(
            f"There is no warehouse {identifier_of(settings)} in {aws.region}{region_hint(settings, aws.region)}",
            "correct [AWS] REGION or DWH_CLUSTER_IDENTIFIER, or run `sparkify-dwh cluster up`",
        )
    return clusters[0]


def _require_not_deleting(cluster: ClusterDescription) -> None:
    if cluster.state in DELETING:
        raise AwsError(f"{cluster.identifier} is being deleted ({cluster.state}) and cannot be paused or resumed")
