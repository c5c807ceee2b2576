"""Redshift Serverless: a namespace, which holds the data, and a workgroup of the same name, which runs the queries.

https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-workgroup-namespace.html
"""

from __future__ import annotations

from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import SERVERLESS
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.description import AVAILABLE, GONE, INCOMPLETE, ClusterDescription
from sparkify_dwh.cluster.execution import Execution
from sparkify_dwh.cluster.role import until_role_is_known
from sparkify_dwh.cluster.spec import ClusterSpec, Infrastructure
from sparkify_dwh.utils.secret import Secret

SERVICE = "redshift-serverless"
MISSING = ("ResourceNotFoundException",)
CREATION_MINUTES = 15
DELETION_MINUTES = 60  # including the final snapshot

_DELETING = "deleting"
_SETTLED = (AVAILABLE, _DELETING, GONE)

Described = dict[str, Any]


def find(aws: Aws, identifier: str) -> ClusterDescription | None:
    namespace, workgroup = _namespace(aws, identifier), _workgroup(aws, identifier)
    return _description(aws, identifier, namespace, workgroup) if namespace or workgroup else None


def find_managed(aws: Aws) -> list[ClusterDescription]:
    """Return all warehouses of the region that this program created."""
    names = [namespace["namespaceName"] for namespace in aws.pages(SERVICE, "list_namespaces", "namespaces")]
    return [cluster for name in names if (cluster := find(aws, name)) and cluster.is_managed]


def _namespace(aws: Aws, identifier: str) -> Described:
    return dict(aws.call(SERVICE, "get_namespace", absent=MISSING, namespaceName=identifier).get("namespace", {}))


def _workgroup(aws: Aws, identifier: str) -> Described:
    return dict(aws.call(SERVICE, "get_workgroup", absent=MISSING, workgroupName=identifier).get("workgroup", {}))


def _description(aws: Aws, identifier: str, namespace: Described, workgroup: Described) -> ClusterDescription:
    endpoint = workgroup.get("endpoint") or {}
    interfaces = endpoint.get("vpcEndpoints") or [{}]
    limit = workgroup.get("maxCapacity")
    size = f"Serverless, {workgroup.get('baseCapacity', 0)} RPUs" + (f", at most {limit}" if limit else "")
    return ClusterDescription(
        kind=SERVERLESS,
        identifier=identifier,
        state=_state_of(namespace, workgroup),
        size=size,
        created=workgroup.get("creationDate") or namespace.get("creationDate"),
        host=endpoint.get("address"),
        port=endpoint.get("port"),
        database=namespace.get("dbName"),
        admin=namespace.get("adminUsername"),
        public=bool(workgroup.get("publiclyAccessible")),
        vpc=interfaces[0].get("vpcId"),
        security_groups=tuple(workgroup.get("securityGroupIds", ())),
        role_arns=tuple(_role_arn(role) for role in namespace.get("iamRoles", ())),
        secret_arn=namespace.get("adminPasswordSecretArn"),
        tags=_tags(aws, namespace.get("namespaceArn") or workgroup["workgroupArn"]),
    )


def _state_of(namespace: Described, workgroup: Described) -> str:
    """Return the state of the part that is not available, if there is one."""
    states = [_state(part) for part in (namespace, workgroup) if part]
    if len(states) < 2 and _DELETING not in states:
        return INCOMPLETE
    return next((state for state in states if state != AVAILABLE), AVAILABLE)


def _role_arn(role: str) -> str:
    """Return the ARN in "IamRole(applyStatus=in-sync, iamRoleArn=arn:...)", as the API describes roles."""
    return role.partition("iamRoleArn=")[2].rstrip(")").split(",")[0] or role


def _tags(aws: Aws, arn: str) -> dict[str, str]:
    return tags.as_dict(aws.call(SERVICE, "list_tags_for_resource", absent=MISSING, resourceArn=arn).get("tags"))


def create(
    execution: Execution,
    spec: ClusterSpec,
    *,
    infrastructure: Infrastructure,
    password: Secret | None,
    cluster_tags: dict[str, str],
) -> None:
    """Request the namespace and the workgroup if they do not exist.

    With ``password`` None Redshift generates one and keeps it in Secrets Manager.
    """
    if not _namespace(execution.aws, spec.identifier):
        credentials = {"manageAdminPassword": True} if password is None else {"adminUserPassword": password.reveal()}
        execution.do(
            f"create the namespace {spec.identifier}, encrypted",
            SERVICE,
            "create_namespace",
            retry=until_role_is_known(infrastructure),
            namespaceName=spec.identifier,
            adminUsername=spec.admin,
            dbName=spec.database,
            iamRoles=[infrastructure.role_arn],
            tags=tags.as_serverless_list(cluster_tags),
            **credentials,
        )
    _wait_for_namespace(execution, spec.identifier, (AVAILABLE,), minutes=CREATION_MINUTES)
    if not _workgroup(execution.aws, spec.identifier):
        _create_workgroup(execution, spec, infrastructure, cluster_tags)


def _create_workgroup(
    execution: Execution, spec: ClusterSpec, infrastructure: Infrastructure, cluster_tags: dict[str, str]
) -> None:
    further: dict[str, Any] = {"maxCapacity": spec.max_rpus} if spec.max_rpus else {}
    if spec.subnets:
        further["subnetIds"] = list(spec.subnets)
    if spec.enhanced_vpc_routing:
        further["enhancedVpcRouting"] = True
    execution.do(
        f"create the workgroup {spec.identifier}: {spec.size}, {'public' if spec.public else 'not public'}",
        SERVICE,
        "create_workgroup",
        workgroupName=spec.identifier,
        namespaceName=spec.identifier,
        baseCapacity=spec.base_rpus,
        port=spec.port,
        publiclyAccessible=bool(spec.public),
        securityGroupIds=[infrastructure.security_group],
        tags=tags.as_serverless_list(cluster_tags),
        **further,
    )


def update(
    execution: Execution, cluster: ClusterDescription, spec: ClusterSpec, infrastructure: Infrastructure
) -> None:
    """Give an existing warehouse what it lacks: the role, the security group, the public address."""
    identifier = cluster.identifier
    if infrastructure.role_arn not in cluster.role_arns:
        execution.do(
            "attach the role to the namespace",
            SERVICE,
            "update_namespace",
            retry=until_role_is_known(infrastructure),
            namespaceName=identifier,
            iamRoles=[*cluster.role_arns, infrastructure.role_arn],  # the request replaces the list
        )
        wait_until_available(execution, identifier)
    changes: dict[str, Any] = {}
    if infrastructure.security_group not in cluster.security_groups:
        changes["securityGroupIds"] = [*cluster.security_groups, infrastructure.security_group]
    if spec.public not in (None, cluster.public):
        changes["publiclyAccessible"] = spec.public
    for key, value in changes.items():  # UpdateWorkgroup accepts one kind of change per request
        step = f"change the workgroup: {key}"
        execution.do(step, SERVICE, "update_workgroup", workgroupName=identifier, **{key: value})
        wait_until_available(execution, identifier)


def tag(execution: Execution, cluster: ClusterDescription, cluster_tags: dict[str, str]) -> None:
    aws, identifier = execution.aws, cluster.identifier
    arns = (_namespace(aws, identifier).get("namespaceArn"), _workgroup(aws, identifier).get("workgroupArn"))
    for arn in filter(None, arns):
        aws.call(SERVICE, "tag_resource", resourceArn=arn, tags=tags.as_serverless_list(cluster_tags))


def delete(execution: Execution, cluster: ClusterDescription, snapshot: str | None) -> str | None:
    """Delete the workgroup and then, after a final snapshot of this name, the namespace. Wait until both are gone.

    Return the name if this deletion takes the snapshot. A namespace can only be deleted without its workgroup.
    https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-console-namespace-delete.html
    """
    _delete_workgroup(execution, cluster.identifier)
    return _delete_namespace(execution, cluster.identifier, snapshot)


def _delete_workgroup(execution: Execution, identifier: str) -> None:
    def state() -> str:
        return _state(_workgroup(execution.aws, identifier))

    if (current := state()) == GONE:
        return
    if current != _DELETING:
        execution.wait("the workgroup", state, _SETTLED, minutes=CREATION_MINUTES)
        step = f"delete the workgroup {identifier}"
        execution.do(step, SERVICE, "delete_workgroup", absent=MISSING, workgroupName=identifier)
    execution.wait("the workgroup", state, [GONE], minutes=CREATION_MINUTES)


def _delete_namespace(execution: Execution, identifier: str, snapshot: str | None) -> str | None:
    taken = None
    _wait_for_namespace(execution, identifier, _SETTLED, minutes=CREATION_MINUTES)
    if _state(_namespace(execution.aws, identifier)) not in (GONE, _DELETING):
        final: dict[str, Any] = {"finalSnapshotName": snapshot} if snapshot else {}
        step = f"delete the namespace {identifier}" + (f", after the final snapshot {snapshot}" if snapshot else "")
        response = execution.do(step, SERVICE, "delete_namespace", absent=MISSING, namespaceName=identifier, **final)
        taken = snapshot if execution.dry_run or response else None
    _wait_for_namespace(execution, identifier, (GONE,), minutes=DELETION_MINUTES)
    return taken


def wait_until_available(execution: Execution, identifier: str) -> None:
    """Wait until namespace and workgroup are available."""

    def state() -> str:
        namespace, workgroup = _namespace(execution.aws, identifier), _workgroup(execution.aws, identifier)
        return _state_of(namespace, workgroup) if namespace or workgroup else GONE

    execution.wait("the warehouse", state, [AVAILABLE], minutes=CREATION_MINUTES)


def _wait_for_namespace(execution: Execution, identifier: str, wanted: tuple[str, ...], *, minutes: int) -> None:
    execution.wait("the namespace", lambda: _state(_namespace(execution.aws, identifier)), wanted, minutes=minutes)


def _state(part: Described) -> str:
    return str(part.get("status", GONE)).lower()
