"""Provisioned clusters: nodes that run, and cost, until they are paused or deleted."""

from __future__ import annotations

from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import PROVISIONED
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.found import PAUSED, Found
from sparkify_dwh.cluster.run import AVAILABLE, Run, is_new_role
from sparkify_dwh.cluster.spec import ClusterSpec, Place
from sparkify_dwh.secret import Secret

MISSING = ("ClusterNotFound", "ClusterNotFoundFault")
CREATION_MINUTES = 30
DELETION_MINUTES = 60  # a final snapshot comes first

_GOING = ("deleting", "final-snapshot")
_GONE = "gone"
_SETTLED = "settled"
_PASSING = ("creating", "modifying", "rebooting", "renaming", "resizing", "resuming", "pausing", "rotating-keys")


def find(aws: Aws, identifier: str) -> Found | None:
    clusters = aws.call("redshift", "describe_clusters", absent=MISSING, ClusterIdentifier=identifier).get("Clusters")
    return _found(clusters[0]) if clusters else None


def find_own(aws: Aws) -> list[Found]:
    """All clusters in the region that this program has made."""
    clusters = aws.pages("redshift", "describe_clusters", "Clusters", TagKeys=[tags.CLUSTER])
    return [found for cluster in clusters if (found := _found(cluster)).is_ours]


def _found(cluster: dict[str, Any]) -> Found:
    endpoint = cluster.get("Endpoint") or {}
    return Found(
        kind=PROVISIONED,
        identifier=cluster["ClusterIdentifier"],
        state=str(cluster.get("ClusterStatus", "")).lower(),
        size=f"{cluster.get('NumberOfNodes', 1)} x {cluster.get('NodeType')}",
        created=cluster.get("ClusterCreateTime"),
        host=endpoint.get("Address"),
        port=endpoint.get("Port"),
        database=cluster.get("DBName"),
        admin=cluster.get("MasterUsername"),
        public=bool(cluster.get("PubliclyAccessible")),
        vpc=cluster.get("VpcId"),
        security_groups=tuple(group["VpcSecurityGroupId"] for group in cluster.get("VpcSecurityGroups", ())),
        role_arns=tuple(role["IamRoleArn"] for role in cluster.get("IamRoles", ())),
        secret_arn=cluster.get("MasterPasswordSecretArn"),
        tags=tags.read(cluster.get("Tags")),
    )


def create(run: Run, spec: ClusterSpec, *, place: Place, password: Secret | None, marks: dict[str, str]) -> None:
    """Ask for the cluster; ``password`` None has Redshift make one and keep it in Secrets Manager."""
    secret = {"ManageMasterPassword": True} if password is None else {"MasterUserPassword": password.reveal()}
    size: dict[str, Any] = {"ClusterType": spec.form}
    if spec.form == "multi-node":
        size["NumberOfNodes"] = spec.nodes
    group = {"ClusterSubnetGroupName": place.subnet_group} if place.subnet_group else {}
    run.tell(
        f"create the cluster {spec.identifier}: {spec.size}, encrypted, {'public' if spec.public else 'not public'}"
    )
    if run.dry:
        return
    run.retry(
        lambda: run.aws.call(
            "redshift",
            "create_cluster",
            ClusterIdentifier=spec.identifier,
            NodeType=spec.node_type,
            MasterUsername=spec.admin,
            DBName=spec.database,
            Port=spec.port,
            Encrypted=True,
            PubliclyAccessible=bool(spec.public),
            IamRoles=[place.role_arn],
            VpcSecurityGroupIds=[place.security_group],
            Tags=tags.listed(marks),
            **size,
            **secret,
            **group,
        ),
        while_=is_new_role,
        minutes=2,
        why="waiting until Redshift knows the new role",
    )


def amend(run: Run, found: Found, spec: ClusterSpec, place: Place) -> None:
    """Give a cluster that is there what it lacks: the role, the security group, the public address."""
    if place.role_arn not in found.role_arns:
        run.do(
            "let the cluster use the role",
            "redshift",
            "modify_cluster_iam_roles",
            ClusterIdentifier=found.identifier,
            AddIamRoles=[place.role_arn],
        )
        wait_until_available(run, found.identifier)
    changes: dict[str, Any] = {}
    if place.security_group not in found.security_groups:
        changes["VpcSecurityGroupIds"] = [*found.security_groups, place.security_group]
    if spec.public not in (None, found.public):
        changes["PubliclyAccessible"] = spec.public
    if changes:
        deed = f"change the cluster: {', '.join(sorted(changes))}"
        run.do(deed, "redshift", "modify_cluster", ClusterIdentifier=found.identifier, **changes)


def tag(run: Run, found: Found, marks: dict[str, str]) -> None:
    arn = f"arn:{run.aws.partition}:redshift:{run.aws.region}:{run.aws.account()}:cluster:{found.identifier}"
    run.aws.call("redshift", "create_tags", ResourceName=arn, Tags=tags.listed(marks))


def pause(run: Run, found: Found) -> None:
    run.do(f"pause the cluster {found.identifier}", "redshift", "pause_cluster", ClusterIdentifier=found.identifier)
    run.wait("the cluster", lambda: _state(run, found.identifier), [PAUSED], minutes=CREATION_MINUTES)


def resume(run: Run, found: Found) -> None:
    run.do(f"resume the cluster {found.identifier}", "redshift", "resume_cluster", ClusterIdentifier=found.identifier)
    wait_until_available(run, found.identifier)


def delete(run: Run, found: Found, snapshot: str | None) -> None:
    """Delete the cluster, after a final snapshot of this name, and wait until it is gone.

    AWS deletes no cluster that is changing or paused (InvalidClusterState), so that is waited for, or it is resumed.
    """
    final: dict[str, Any] = {"SkipFinalClusterSnapshot": snapshot is None}
    if snapshot:
        final["FinalClusterSnapshotIdentifier"] = snapshot
    if found.state not in _GOING:
        run.wait("the cluster", lambda: _settled(run, found.identifier), [_SETTLED], minutes=CREATION_MINUTES)
        if _state(run, found.identifier) == PAUSED:
            resume(run, found)
        deed = f"delete the cluster {found.identifier}" + (f", after the final snapshot {snapshot}" if snapshot else "")
        run.do(deed, "redshift", "delete_cluster", absent=MISSING, ClusterIdentifier=found.identifier, **final)
    run.wait("the cluster", lambda: _state(run, found.identifier), [_GONE], minutes=DELETION_MINUTES)


def _settled(run: Run, identifier: str) -> str:
    state = _state(run, identifier)
    return state if state in _PASSING else _SETTLED


def wait_until_available(run: Run, identifier: str) -> None:
    run.wait("the cluster", lambda: _state(run, identifier).split(",")[0], [AVAILABLE], minutes=CREATION_MINUTES)


def _state(run: Run, identifier: str) -> str:
    found = find(run.aws, identifier)
    return found.state if found else _GONE
