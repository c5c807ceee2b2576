"""Provisioned clusters: nodes that run, and cost, until they are paused or deleted."""

from __future__ import annotations

from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import PROVISIONED
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.resources import Found
from sparkify_dwh.cluster.run import AVAILABLE, GOING, GONE, PAUSED, STUCK, Run, until_role_is_known
from sparkify_dwh.cluster.spec import ClusterSpec, Place
from sparkify_dwh.errors import AwsError
from sparkify_dwh.utils.secret import Secret

MISSING = ("ClusterNotFound", "ClusterNotFoundFault")
CREATION_MINUTES = 30
DELETION_MINUTES = 60  # a final snapshot comes first

_SETTLED = "settled"
_PASSING = (
    "cancelling-resize",
    "creating",
    "modifying",
    "pausing",
    "rebooting",
    "renaming",
    "resizing",
    "resuming",
    "rotating-keys",
    "updating-hsm",
)
# Of ClusterAvailabilityStatus, those with which an available cluster takes no queries, as a person says them.
_NO_QUERIES = {"unavailable": "unavailable", "failed": "failed", "maintenance": "in maintenance"}

Described = dict[str, Any]


def find(aws: Aws, identifier: str) -> Found | None:
    cluster = _described(aws, identifier)
    return _found(cluster) if cluster else None


def _described(aws: Aws, identifier: str) -> Described | None:
    clusters = aws.call("redshift", "describe_clusters", absent=MISSING, ClusterIdentifier=identifier).get("Clusters")
    return dict(clusters[0]) if clusters else None


def find_own(aws: Aws) -> list[Found]:
    """All clusters in the region that this program has made."""
    clusters = aws.pages("redshift", "describe_clusters", "Clusters", TagKeys=[tags.CLUSTER])
    return [found for cluster in clusters if (found := _found(cluster)).is_ours]


def _found(cluster: Described) -> Found:
    endpoint = cluster.get("Endpoint") or {}
    return Found(
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
        tags=tags.read(cluster.get("Tags")),
    )


def _state_of(cluster: Described) -> str:
    state = str(cluster.get("ClusterStatus", "")).lower()
    answers = str(cluster.get("ClusterAvailabilityStatus", "")).lower()
    return _NO_QUERIES.get(answers, state) if state.split(",")[0] == AVAILABLE else state


def _is_changing(cluster: Described) -> bool:
    """Whether an available cluster is still being given what was asked for; its state says nothing of that."""
    parts = [role.get("ApplyStatus") for role in cluster.get("IamRoles", ())]
    parts += [group.get("Status") for group in cluster.get("VpcSecurityGroups", ())]
    pending = cluster.get("PendingModifiedValues") or {}
    return "adding" in parts or "removing" in parts or "PubliclyAccessible" in pending


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
        **until_role_is_known(place),
    )


def amend(run: Run, found: Found, spec: ClusterSpec, place: Place) -> None:
    """Give a cluster that is there what it lacks: the role, the security group, the public address."""
    if place.role_arn not in found.role_arns:
        _let_use(run, found.identifier, place)
        wait_until_available(run, found.identifier)
    changes: dict[str, Any] = {}
    if place.security_group not in found.security_groups:
        changes["VpcSecurityGroupIds"] = [*found.security_groups, place.security_group]
    if spec.public not in (None, found.public):
        changes["PubliclyAccessible"] = spec.public
    if changes:
        deed = f"change the cluster: {', '.join(sorted(changes))}"
        run.do(deed, "redshift", "modify_cluster", ClusterIdentifier=found.identifier, **changes)


def _let_use(run: Run, identifier: str, place: Place) -> None:
    run.tell("let the cluster use the role")
    if not run.dry:
        run.retry(
            lambda: run.aws.call(
                "redshift", "modify_cluster_iam_roles", ClusterIdentifier=identifier, AddIamRoles=[place.role_arn]
            ),
            **until_role_is_known(place),
        )


def tag(run: Run, found: Found, marks: dict[str, str]) -> None:
    arn = f"arn:{run.aws.partition}:redshift:{run.aws.region}:{run.aws.account()}:cluster:{found.identifier}"
    run.aws.call("redshift", "create_tags", ResourceName=arn, Tags=tags.listed(marks))


def pause(run: Run, found: Found) -> None:
    """Stop it, once it is done with what it is doing."""
    if found.state != "pausing":
        if not found.is_available:
            wait_until_available(run, found.identifier)
        run.do(f"pause the cluster {found.identifier}", "redshift", "pause_cluster", ClusterIdentifier=found.identifier)
    _wait_until_paused(run, found.identifier)


def resume(run: Run, found: Found) -> None:
    """Start it if it is paused or is about to be, and wait until it is available in any case."""
    if found.state == "pausing":  # which cannot be undone
        _wait_until_paused(run, found.identifier)
    if found.state in (PAUSED, "pausing"):
        deed = f"resume the cluster {found.identifier}"
        run.do(deed, "redshift", "resume_cluster", ClusterIdentifier=found.identifier)
    wait_until_available(run, found.identifier)


def _wait_until_paused(run: Run, identifier: str) -> None:
    run.wait("the cluster", lambda: _state(run, identifier), [PAUSED], minutes=CREATION_MINUTES)


def delete(run: Run, found: Found, snapshot: str | None) -> str | None:
    """Delete the cluster, after a final snapshot of this name, and wait until it is gone. The name, if it is being taken.

    AWS deletes no cluster that is changing (InvalidClusterState), so that is waited for.
    """
    taken = None
    run.wait("the cluster", lambda: _settled(run, found.identifier), [_SETTLED], minutes=CREATION_MINUTES)
    if (state := _state(run, found.identifier)) not in (GONE, *GOING):
        run.tell(
            f"delete the cluster {found.identifier}" + (f", after the final snapshot {snapshot}" if snapshot else "")
        )
        if run.dry or _ask_to_delete(run, found, state, snapshot):
            taken = snapshot
    run.wait("the cluster", lambda: _state(run, found.identifier), [GONE], minutes=DELETION_MINUTES)
    return taken


def _ask_to_delete(run: Run, found: Found, state: str, snapshot: str | None) -> bool:
    """Whether it was there to be deleted. A paused one may have to run for its final snapshot: the guide does not say."""
    final: dict[str, Any] = {"SkipFinalClusterSnapshot": snapshot is None}
    if snapshot:
        final["FinalClusterSnapshotIdentifier"] = snapshot

    def ask() -> bool:
        return bool(
            run.aws.call("redshift", "delete_cluster", absent=MISSING, ClusterIdentifier=found.identifier, **final)
        )

    try:
        return ask()
    except AwsError as error:
        if error.code == "InvalidClusterState" and state == PAUSED:
            resume(run, found)
            return ask()
        if snapshot and state.startswith(STUCK):
            raise AwsError(f"{error}. It is {state}: without a final snapshot it may go, with --no-snapshot") from error
        raise


def _settled(run: Run, identifier: str) -> str:
    state = _state(run, identifier)
    return state if state in _PASSING else _SETTLED


def wait_until_available(run: Run, identifier: str) -> None:
    """And until it has the role, the security group and the address that were asked for."""

    def state() -> str:
        cluster = _described(run.aws, identifier)
        current = _state_of(cluster).split(",")[0] if cluster else GONE
        return "modifying" if cluster and current == AVAILABLE and _is_changing(cluster) else current

    run.wait("the cluster", state, [AVAILABLE], minutes=CREATION_MINUTES)


def _state(run: Run, identifier: str) -> str:
    cluster = _described(run.aws, identifier)
    return _state_of(cluster) if cluster else GONE
