"""The IAM role of a cluster: created with its policy, found by its tags, deleted with everything attached to it."""

from __future__ import annotations

import json
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import policy, tags
from sparkify_dwh.cluster.execution import Execution, RetryPolicy
from sparkify_dwh.cluster.spec import ClusterSpec, Infrastructure
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings

MISSING = ("NoSuchEntity", "NoSuchEntityException")

_INVALID = ("InvalidParameterValue", "ValidationException")  # Redshift's codes for a role that it does not know

_UNTIL_ROLE_IS_KNOWN = RetryPolicy(
    lambda error: error.code in MISSING, minutes=1, reason="waiting until IAM knows the new role"
)


def ensure_role(execution: Execution, spec: ClusterSpec, settings: Settings) -> str:
    """Return the ARN of the role, after creating it and granting it the permissions that the settings need."""
    if spec.role_arn:
        return spec.role_arn
    role = _find_role(execution.aws, spec.role_name)
    if role is None:
        arn = _create_role(execution, spec)
    elif (region := _cluster_region(role, spec.identifier)) == execution.aws.region:
        arn = str(role["Arn"])
    elif region:
        raise AwsError(
            f"The role {spec.role_name} belongs to {spec.identifier} in {region}, and roles are the same in all "
            "regions",
            "set another [DWH] DWH_IAM_ROLE_NAME or DWH_CLUSTER_IDENTIFIER",
        )
    else:
        raise AwsError(
            f"The role {spec.role_name} exists and does not belong to {spec.identifier}",
            f"set another [DWH] DWH_IAM_ROLE_NAME, or use this role unchanged with [IAM_ROLE] ARN={role['Arn']}",
        )
    _update_policies(execution, spec, settings)
    return arn


def until_role_is_known(infrastructure: Infrastructure) -> RetryPolicy:
    """Retry requests that Redshift refuses because of the role. A configured role exists, and is not retried."""

    def is_temporary(error: AwsError) -> bool:
        return infrastructure.managed_role and error.code in _INVALID and "role" in str(error).lower()

    return RetryPolicy(is_temporary, minutes=2, reason="waiting until Redshift knows the new role")


def find_managed_role(aws: Aws, identifier: str, name: str) -> dict[str, Any] | None:
    """Return the role if it was created for this cluster."""
    role = _find_role(aws, name)
    return role if role and _cluster_region(role, identifier) == aws.region else None


def remove_role(execution: Execution, identifier: str, name: str) -> None:
    """Delete the role if it was created for the cluster. Policies that others attached are only detached."""
    aws = execution.aws
    if find_managed_role(aws, identifier, name) is None:
        return
    execution.report(f"delete the role {name}")
    if execution.dry_run:
        return
    for arn in _attached_policies(aws, name):
        aws.call("iam", "detach_role_policy", absent=MISSING, RoleName=name, PolicyArn=arn)
    for inline in aws.pages("iam", "list_role_policies", "PolicyNames", RoleName=name):
        aws.call("iam", "delete_role_policy", absent=MISSING, RoleName=name, PolicyName=inline)
    aws.call("iam", "delete_role", absent=MISSING, RoleName=name)


def _find_role(aws: Aws, name: str) -> dict[str, Any] | None:
    return aws.call("iam", "get_role", absent=MISSING, RoleName=name).get("Role")


def _cluster_region(role: dict[str, Any], identifier: str) -> str | None:
    """Return the region of the cluster that the role was created for. None if it was not for a cluster of this name."""
    role_tags = tags.as_dict(role.get("Tags"))
    return role_tags.get(tags.REGION) if role_tags.get(tags.CLUSTER) == identifier else None


def _create_role(execution: Execution, spec: ClusterSpec) -> str:
    aws = execution.aws
    response = execution.do(
        f"create the role {spec.role_name}, which Redshift assumes",
        "iam",
        "create_role",
        RoleName=spec.role_name,
        AssumeRolePolicyDocument=json.dumps(policy.trust()),
        Description=f"Redshift reads and writes S3 for the warehouse {spec.identifier} of sparkify-dwh",
        Tags=tags.as_list({**tags.tags_of(spec.identifier), tags.REGION: aws.region}),
    )
    if execution.dry_run:
        return f"arn:{aws.partition}:iam::{aws.account()}:role/{spec.role_name}"
    return str(response["Role"]["Arn"])


def _update_policies(execution: Execution, spec: ClusterSpec, settings: Settings) -> None:
    """Grant the role what the settings need, and revoke what earlier settings needed."""
    aws, name = execution.aws, spec.role_name
    document, export = policy.access(settings, aws.partition), policy.in_s3(settings.export)
    current = aws.call("iam", "get_role_policy", absent=MISSING, RoleName=name, PolicyName=policy.POLICY_NAME)
    read_all_arn = f"arn:{aws.partition}:iam::aws:policy/{policy.READ_ALL}"
    reads_all = read_all_arn in _attached_policies(aws, name)
    if document is None:
        if not reads_all:
            step = f"allow it to read all of S3 ({policy.READ_ALL}), because no location in S3 is configured"
            execution.do(step, "iam", "attach_role_policy", RoleName=name, PolicyArn=read_all_arn)
        return
    if current.get("PolicyDocument") != document:
        execution.do(
            "allow it to read the configured locations" + (", and to write to EXPORT" if export else ""),
            "iam",
            "put_role_policy",
            retry=_UNTIL_ROLE_IS_KNOWN,
            RoleName=name,
            PolicyName=policy.POLICY_NAME,
            PolicyDocument=json.dumps(document),
        )
    if reads_all:
        step = "no longer allow it to read all of S3"
        execution.do(step, "iam", "detach_role_policy", absent=MISSING, RoleName=name, PolicyArn=read_all_arn)


def _attached_policies(aws: Aws, name: str) -> set[str]:
    """Return the ARNs of the managed policies of a role; none if there is no such role."""
    try:
        policies = aws.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    except AwsError as error:
        if error.code not in MISSING:
            raise
        return set()
    return {attached["PolicyArn"] for attached in policies}
