"""Redshift Serverless: a namespace, which holds the data, and a workgroup of the same name, which computes and is paid for
by the second in which it does.

https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-workgroup-namespace.html
"""

from __future__ import annotations

from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import SERVERLESS
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.resources import INCOMPLETE, Found
from sparkify_dwh.cluster.run import AVAILABLE, GONE, Run, until_role_is_known
from sparkify_dwh.cluster.spec import ClusterSpec, Place
from sparkify_dwh.utils.secret import Secret

SERVICE = "redshift-serverless"
MISSING = ("ResourceNotFoundException",)
CREATION_MINUTES = 15
DELETION_MINUTES = 60  # a final snapshot comes first

_DELETING = "deleting"
_SETTLED = (AVAILABLE, _DELETING, GONE)

Described = dict[str, Any]


def find(aws: Aws, identifier: str) -> Found | None:
    namespace, workgroup = _namespace(aws, identifier), _workgroup(aws, identifier)
    return _found(aws, identifier, namespace, workgroup) if namespace or workgroup else None


def find_own(aws: Aws) -> list[Found]:
    """All namespaces in the region that this program has made."""
    names = [namespace["namespaceName"] for namespace in aws.pages(SERVICE, "list_namespaces", "namespaces")]
    return [found for name in names if (found := find(aws, name)) and found.is_ours]


def _namespace(aws: Aws, identifier: str) -> Described:
    return dict(aws.call(SERVICE, "get_namespace", absent=MISSING, namespaceName=identifier).get("namespace", {}))


def _workgroup(aws: Aws, identifier: str) -> Described:
    return dict(aws.call(SERVICE, "get_workgroup", absent=MISSING, workgroupName=identifier).get("workgroup", {}))


def _found(aws: Aws, identifier: str, namespace: Described, workgroup: Described) -> Found:
    endpoint = workgroup.get("endpoint") or {}
    interfaces = endpoint.get("vpcEndpoints") or [{}]
    limit = workgroup.get("maxCapacity")
    size = f"Serverless, {workgroup.get('baseCapacity', 0)} RPUs" + (f", at most {limit}" if limit else "")
    return Found(
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
        role_arns=tuple(_arn_within(role) for role in namespace.get("iamRoles", ())),
        secret_arn=namespace.get("adminPasswordSecretArn"),
        tags=_tags(aws, namespace.get("namespaceArn") or workgroup["workgroupArn"]),
    )


def _state_of(namespace: Described, workgroup: Described) -> str:
    """The state of the part that is not available, where one is not."""
    states = [_state(part) for part in (namespace, workgroup) if part]
    if len(states) < 2 and _DELETING not in states:
        return INCOMPLETE
    return next((state for state in states if state != AVAILABLE), AVAILABLE)


def _arn_within(role: str) -> str:
    """The API gives roles as "IamRole(applyStatus=in-sync, iamRoleArn=arn:...)"."""
    return role.partition("iamRoleArn=")[2].rstrip(")").split(",")[0] or role


def _tags(aws: Aws, arn: str) -> dict[str, str]:
    return tags.read(aws.call(SERVICE, "list_tags_for_resource", absent=MISSING, resourceArn=arn).get("tags"))


def create(run: Run, spec: ClusterSpec, *, place: Place, password: Secret | None, marks: dict[str, str]) -> None:
    """Ask for namespace and workgroup, as far as they are not there; ``password`` None has Redshift make and keep one."""
    if not _namespace(run.aws, spec.identifier):
        secret = {"manageAdminPassword": True} if password is None else {"adminUserPassword": password.reveal()}
        run.tell(f"create the namespace {spec.identifier}, encrypted")
        if not run.dry:
            run.retry(
                lambda: run.aws.call(
                    SERVICE,
                    "create_namespace",
                    namespaceName=spec.identifier,
                    adminUsername=spec.admin,
                    dbName=spec.database,
                    iamRoles=[place.role_arn],
                    tags=tags.listed_small(marks),
                    **secret,
                ),
                **until_role_is_known(place),
            )
    run.wait("the namespace", lambda: _namespace_state(run, spec.identifier), [AVAILABLE], minutes=CREATION_MINUTES)
    if not _workgroup(run.aws, spec.identifier):
        further: dict[str, Any] = {"maxCapacity": spec.max_rpus} if spec.max_rpus else {}
        if spec.subnets:
            further["subnetIds"] = list(spec.subnets)
        run.do(
            f"create the workgroup {spec.identifier}: {spec.size}, {'public' if spec.public else 'not public'}",
            SERVICE,
            "create_workgroup",
            workgroupName=spec.identifier,
            namespaceName=spec.identifier,
            baseCapacity=spec.base_rpus,
            port=spec.port,
            publiclyAccessible=bool(spec.public),
            securityGroupIds=[place.security_group],
            tags=tags.listed_small(marks),
            **further,
        )


def amend(run: Run, found: Found, spec: ClusterSpec, place: Place) -> None:
    """Give a warehouse that is there what it lacks: the role, the security group, the public address."""
    if place.role_arn not in found.role_arns:
        _let_use(run, found, place)
        wait_until_available(run, found.identifier)
    changes: dict[str, Any] = {}
    if place.security_group not in found.security_groups:
        changes["securityGroupIds"] = [*found.security_groups, place.security_group]
    if spec.public not in (None, found.public):
        changes["publiclyAccessible"] = spec.public
    for key, value in changes.items():  # UpdateWorkgroup takes one kind of change at a time
        run.do(
            f"change the workgroup: {key}", SERVICE, "update_workgroup", workgroupName=found.identifier, **{key: value}
        )
        wait_until_available(run, found.identifier)


def _let_use(run: Run, found: Found, place: Place) -> None:
    """The list that is sent replaces the one there was."""
    run.tell("let the namespace use the role")
    roles = [*found.role_arns, place.role_arn]
    if not run.dry:
        run.retry(
            lambda: run.aws.call(SERVICE, "update_namespace", namespaceName=found.identifier, iamRoles=roles),
            **until_role_is_known(place),
        )


def tag(run: Run, found: Found, marks: dict[str, str]) -> None:
    for arn in _arns(run.aws, found.identifier):
        run.aws.call(SERVICE, "tag_resource", resourceArn=arn, tags=tags.listed_small(marks))


def _arns(aws: Aws, identifier: str) -> list[str]:
    parts = (_namespace(aws, identifier).get("namespaceArn"), _workgroup(aws, identifier).get("workgroupArn"))
    return [arn for arn in parts if arn]


def delete(run: Run, found: Found, snapshot: str | None) -> str | None:
    """Delete the workgroup, then, after a final snapshot of this name, the namespace; wait until both are gone.

    A namespace can only be deleted without its workgroup. The name of the snapshot, if it is being taken.
    https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-console-namespace-delete.html
    """
    _delete_workgroup(run, found.identifier)
    return _delete_namespace(run, found.identifier, snapshot)


def _delete_workgroup(run: Run, identifier: str) -> None:
    workgroup = _workgroup(run.aws, identifier)
    if not workgroup:
        return
    if _state(workgroup) != _DELETING:
        run.wait("the workgroup", lambda: _workgroup_state(run, identifier), _SETTLED, minutes=CREATION_MINUTES)
        deed = f"delete the workgroup {identifier}"
        run.do(deed, SERVICE, "delete_workgroup", absent=MISSING, workgroupName=identifier)
    run.wait("the workgroup", lambda: _workgroup_state(run, identifier), [GONE], minutes=CREATION_MINUTES)


def _delete_namespace(run: Run, identifier: str, snapshot: str | None) -> str | None:
    taken = None
    run.wait("the namespace", lambda: _namespace_state(run, identifier), _SETTLED, minutes=CREATION_MINUTES)
    if _namespace_state(run, identifier) not in (GONE, _DELETING):
        final = {"finalSnapshotName": snapshot} if snapshot else {}
        deed = f"delete the namespace {identifier}" + (f", after the final snapshot {snapshot}" if snapshot else "")
        answer = run.do(deed, SERVICE, "delete_namespace", absent=MISSING, namespaceName=identifier, **final)
        taken = snapshot if run.dry or answer else None
    run.wait("the namespace", lambda: _namespace_state(run, identifier), [GONE], minutes=DELETION_MINUTES)
    return taken


def wait_until_available(run: Run, identifier: str) -> None:
    def state() -> str:
        namespace, workgroup = _namespace(run.aws, identifier), _workgroup(run.aws, identifier)
        return _state_of(namespace, workgroup) if namespace or workgroup else GONE

    run.wait("the warehouse", state, [AVAILABLE], minutes=CREATION_MINUTES)


def _state(part: Described) -> str:
    return str(part.get("status", GONE)).lower()


def _namespace_state(run: Run, identifier: str) -> str:
    return _state(_namespace(run.aws, identifier))


def _workgroup_state(run: Run, identifier: str) -> str:
    return _state(_workgroup(run.aws, identifier))
