"""Provisioned clusters: nodes that run, and cost, until they are paused or deleted."""

from __future__ import annotations

from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import PROVISIONED
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.description import (
    AVAILABLE,
    DELETING,
    FAILED_PREFIXES,
    GONE,
    PAUSED,
    PAUSING,
    ClusterDescription,
)
from sparkify_dwh.cluster.execution import Execution
from sparkify_dwh.cluster.role import until_role_is_known
from sparkify_dwh.cluster.spec import ClusterSpec, Infrastructure
from sparkify_dwh.errors import AwsError
from sparkify_dwh.utils.secret import Secret

SERVICE = "redshift"
MISSING = ("ClusterNotFound", "ClusterNotFoundFault")
CREATION_MINUTES = 30
DELETION_MINUTES = 60  # including the final snapshot

_SETTLED = "settled"
_CHANGING = (
    "cancelling-resize", "creating", "modifying", PAUSING, "rebooting", "renaming", "resizing", "resuming", "rotating-keys",
    "updating-hsm",
)  # fmt: skip
# Values of ClusterAvailabilityStatus with which an available cluster takes no queries, and the state to show.
_NO_QUERIES = {"unavailable": "unavailable", "failed": "failed", "maintenance": "in maintenance"}

Described = dict[str, Any]


def find(aws: Aws, identifier: str) -> ClusterDescription | None:
    cluster = _describe(aws, identifier)
    return _description(cluster) if cluster else None


def find_managed(aws: Aws) -> list[ClusterDescription]:
    """Return all clusters of the region that this program created."""
    clusters = map(_description, aws.pages(SERVICE, "describe_clusters", "Clusters", TagKeys=[tags.CLUSTER]))
    return [cluster for cluster in clusters if cluster.is_managed]


def _describe(aws: Aws, identifier: str) -> Described | None:
    clusters = aws.call(SERVICE, "describe_clusters", absent=MISSING, ClusterIdentifier=identifier).get("Clusters")
    return dict(clusters[0]) if clusters else None


def _description(cluster: Described) -> ClusterDescription:
    endpoint = cluster.get("Endpoint") or {}
    return ClusterDescription(
        kind=PROVISIONED,
        identifier=cluster["ClusterIdentifier"],
        state=_state_of(cluster),
        size=f"{cluster.get('NumberOfNodes', 1)} x {cluster.get('NodeType')}",
        created=cluster.get("ClusterCreateTime"),
        host=endpoint.get("Address"),
        port=endpoint.get("Port"),
        database=cluster.get("DBName"),
        admin=cluster.get("MasterUsername"),
        public=bool(cluster.get("PubliclyAccessible")),
        vpc=cluster.get("VpcId"),
        security_groups=tuple(
            group["VpcSecurityGroupId"]
            for group in cluster.get("VpcSecurityGroups", ())
            if group.get("Status") != "removing"
        ),
        role_arns=tuple(
            role["IamRoleArn"] for role in cluster.get("IamRoles", ()) if role.get("ApplyStatus") != "removing"
        ),
        secret_arn=cluster.get("MasterPasswordSecretArn"),
        tags=tags.as_dict(cluster.get("Tags")),
    )


def _state_of(cluster: Described) -> str:
    state = str(cluster.get("ClusterStatus", "")).lower()
    availability = str(cluster.get("ClusterAvailabilityStatus", "")).lower()
    return _NO_QUERIES.get(availability, state) if state.split(",")[0] == AVAILABLE else state


def _is_changing(cluster: Described) -> bool:
    """Return whether changes to an available cluster are not complete yet, which its state does not show."""
    statuses = [role.get("ApplyStatus") for role in cluster.get("IamRoles", ())]
    statuses += [group.get("Status") for group in cluster.get("VpcSecurityGroups", ())]
    pending = cluster.get("PendingModifiedValues") or {}
    return "adding" in statuses or "removing" in statuses or "PubliclyAccessible" in pending


def create(
    execution: Execution,
    spec: ClusterSpec,
    *,
    infrastructure: Infrastructure,
    password: Secret | None,
    cluster_tags: dict[str, str],
) -> None:
    """Request the cluster. With ``password`` None Redshift generates one and keeps it in Secrets Manager."""
    credentials = {"ManageMasterPassword": True} if password is None else {"MasterUserPassword": password.reveal()}
    nodes: dict[str, Any] = {"NumberOfNodes": spec.nodes} if spec.form == "multi-node" else {}
    network: dict[str, Any] = {"EnhancedVpcRouting": True} if spec.enhanced_vpc_routing else {}
    if infrastructure.subnet_group:
        network["ClusterSubnetGroupName"] = infrastructure.subnet_group
    execution.do(
        f"create the cluster {spec.identifier}: {spec.size}, encrypted, {'public' if spec.public else 'not public'}",
        SERVICE,
        "create_cluster",
        retry=until_role_is_known(infrastructure),
        ClusterIdentifier=spec.identifier,
        ClusterType=spec.form,
        NodeType=spec.node_type,
        MasterUsername=spec.admin,
        DBName=spec.database,
        Port=spec.port,
        Encrypted=True,
        PubliclyAccessible=bool(spec.public),
        IamRoles=[infrastructure.role_arn],
        VpcSecurityGroupIds=[infrastructure.security_group],
        Tags=tags.as_list(cluster_tags),
        **nodes,
        **credentials,
        **network,
    )


def update(
    execution: Execution, cluster: ClusterDescription, spec: ClusterSpec, infrastructure: Infrastructure
) -> None:
    """Give an existing cluster what it lacks: the role, the security group, the public address."""
    if infrastructure.role_arn not in cluster.role_arns:
        execution.do(
            "attach the role to the cluster",
            SERVICE,
            "modify_cluster_iam_roles",
            retry=until_role_is_known(infrastructure),
            ClusterIdentifier=cluster.identifier,
            AddIamRoles=[infrastructure.role_arn],
        )
        wait_until_available(execution, cluster.identifier)
    changes: dict[str, Any] = {}
    if infrastructure.security_group not in cluster.security_groups:
        changes["VpcSecurityGroupIds"] = [*cluster.security_groups, infrastructure.security_group]
    if spec.public not in (None, cluster.public):
        changes["PubliclyAccessible"] = spec.public
    if changes:
        step = f"change the cluster: {', '.join(sorted(changes))}"
        execution.do(step, SERVICE, "modify_cluster", ClusterIdentifier=cluster.identifier, **changes)


def tag(execution: Execution, cluster: ClusterDescription, cluster_tags: dict[str, str]) -> None:
    aws = execution.aws
    arn = f"arn:{aws.partition}:redshift:{aws.region}:{aws.account()}:cluster:{cluster.identifier}"
    aws.call(SERVICE, "create_tags", ResourceName=arn, Tags=tags.as_list(cluster_tags))


def pause(execution: Execution, cluster: ClusterDescription) -> None:
    """Pause the cluster, after changes in progress are complete."""
    if cluster.state != PAUSING:
        if not cluster.is_available:
            wait_until_available(execution, cluster.identifier)
        step = f"pause the cluster {cluster.identifier}"
        execution.do(step, SERVICE, "pause_cluster", ClusterIdentifier=cluster.identifier)
    _wait_until_paused(execution, cluster.identifier)


def resume(execution: Execution, cluster: ClusterDescription) -> None:
    """Resume the cluster if it is paused or pausing. Wait in any case until it is available."""
    if cluster.state == PAUSING:  # which cannot be cancelled
        _wait_until_paused(execution, cluster.identifier)
    if cluster.state in (PAUSED, PAUSING):
        step = f"resume the cluster {cluster.identifier}"
        execution.do(step, SERVICE, "resume_cluster", ClusterIdentifier=cluster.identifier)
    wait_until_available(execution, cluster.identifier)


def _wait_until_paused(execution: Execution, identifier: str) -> None:
    execution.wait("the cluster", lambda: _current_state(execution.aws, identifier), [PAUSED], minutes=CREATION_MINUTES)


def delete(execution: Execution, cluster: ClusterDescription, snapshot: str | None) -> str | None:
    """Delete the cluster, after a final snapshot of this name, and wait until it is gone.

    Return the name if this deletion takes the snapshot. AWS refuses to delete a cluster that is changing
    (InvalidClusterState), so changes in progress are waited for.
    """
    aws, identifier, taken = execution.aws, cluster.identifier, None
    execution.wait("the cluster", lambda: _settled_state(aws, identifier), [_SETTLED], minutes=CREATION_MINUTES)
    if (state := _current_state(aws, identifier)) not in (GONE, *DELETING):
        execution.report(
            f"delete the cluster {identifier}" + (f", after the final snapshot {snapshot}" if snapshot else "")
        )
        if execution.dry_run or _request_deletion(execution, cluster, state, snapshot):
            taken = snapshot
    execution.wait("the cluster", lambda: _current_state(aws, identifier), [GONE], minutes=DELETION_MINUTES)
    return taken


def _request_deletion(execution: Execution, cluster: ClusterDescription, state: str, snapshot: str | None) -> bool:
    """Return whether there was a cluster to delete.

    The documentation does not say whether a paused cluster must run for its final snapshot. It is resumed if AWS says so.
    """
    final: dict[str, Any] = {"FinalClusterSnapshotIdentifier": snapshot} if snapshot else {}
    final |= {"ClusterIdentifier": cluster.identifier, "SkipFinalClusterSnapshot": snapshot is None}

    def request() -> bool:
        return bool(execution.aws.call(SERVICE, "delete_cluster", absent=MISSING, **final))

    try:
        return request()
    except AwsError as error:
        if error.code == "InvalidClusterState" and state == PAUSED:
            resume(execution, cluster)
            return request()
        if snapshot and state.startswith(FAILED_PREFIXES):
            raise AwsError(f"{error} It is {state}", "delete it without a final snapshot, by --no-snapshot") from error
        raise


def wait_until_available(execution: Execution, identifier: str) -> None:
    """Wait until the cluster is available and all requested changes are complete."""

    def state() -> str:
        cluster = _describe(execution.aws, identifier)
        current = _state_of(cluster).split(",")[0] if cluster else GONE
        return "modifying" if cluster and current == AVAILABLE and _is_changing(cluster) else current

    execution.wait("the cluster", state, [AVAILABLE], minutes=CREATION_MINUTES)


def _current_state(aws: Aws, identifier: str) -> str:
    cluster = _describe(aws, identifier)
    return _state_of(cluster) if cluster else GONE


def _settled_state(aws: Aws, identifier: str) -> str:
    state = _current_state(aws, identifier)
    return state if state in _CHANGING else _SETTLED
