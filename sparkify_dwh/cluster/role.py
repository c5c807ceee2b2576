"""The IAM role of the cluster: made with its policy, found again by its tag, and removed with all that is attached to it."""

from __future__ import annotations

import json
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import policy, tags
from sparkify_dwh.cluster.run import Run
from sparkify_dwh.cluster.spec import ClusterSpec
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings

MISSING = ("NoSuchEntity", "NoSuchEntityException")


def ensure_role(run: Run, spec: ClusterSpec, settings: Settings) -> str:
    """The ARN of the role, which is there afterwards, with the rights that the settings ask for."""
    if spec.role_arn:
        return spec.role_arn
    role = find_role(run.aws, spec.role_name)
    if role is None:
        arn = _create(run, spec)
    elif (region := _region_of(role, spec.identifier)) == run.aws.region:
        arn = str(role["Arn"])
    elif region:
        raise AwsError(
            f"the name of the role is taken: {spec.role_name} is that of {spec.identifier} in {region}, and roles are the "
            "same in all regions; give another [DWH] DWH_IAM_ROLE_NAME or DWH_CLUSTER_IDENTIFIER"
        )
    else:
        raise AwsError(
            f"the name of the role is taken: {spec.role_name} exists and is not {spec.identifier}'s; name another in "
            f"[DWH] DWH_IAM_ROLE_NAME, or use it as it is with [IAM_ROLE] ARN={role['Arn']}"
        )
    _grant(run, spec, settings)
    return arn


def find_role(aws: Aws, name: str) -> dict[str, Any] | None:
    """The role as IAM describes it."""
    return aws.call("iam", "get_role", absent=MISSING, RoleName=name).get("Role")


def find_own_role(aws: Aws, identifier: str, name: str) -> dict[str, Any] | None:
    """The role, when it was made for this cluster."""
    role = find_role(aws, name)
    return role if role and _region_of(role, identifier) == aws.region else None


def _region_of(role: dict[str, Any], identifier: str) -> str | None:
    """The region of the cluster that the role was made for; None when that is not one of this name."""
    found = tags.read(role.get("Tags"))
    return found.get(tags.REGION) if found.get(tags.CLUSTER) == identifier else None


def remove_role(run: Run, identifier: str, name: str) -> None:
    """Remove the role that was made for the cluster, if it is there. What others attached to it is only detached."""
    if find_own_role(run.aws, identifier, name) is None:
        return
    aws = run.aws
    run.tell(f"delete the role {name}")
    if run.dry:
        return
    for arn in _attached(aws, name):
        aws.call("iam", "detach_role_policy", absent=MISSING, RoleName=name, PolicyArn=arn)
    for inline in aws.pages("iam", "list_role_policies", "PolicyNames", RoleName=name):
        aws.call("iam", "delete_role_policy", absent=MISSING, RoleName=name, PolicyName=inline)
    aws.call("iam", "delete_role", absent=MISSING, RoleName=name)


def _create(run: Run, spec: ClusterSpec) -> str:
    answer = run.do(
        f"create the role {spec.role_name}, which Redshift takes on",
        "iam",
        "create_role",
        RoleName=spec.role_name,
        AssumeRolePolicyDocument=policy.trust(),
        Description=f"Redshift reads and writes S3 for the warehouse {spec.identifier} of sparkify-dwh",
        Tags=tags.listed({**tags.tags_of(spec.identifier), tags.REGION: run.aws.region}),
    )
    if run.dry:
        return f"arn:{run.aws.partition}:iam::{run.aws.account()}:role/{spec.role_name}"
    return str(answer["Role"]["Arn"])


def _grant(run: Run, spec: ClusterSpec, settings: Settings) -> None:
    """Give the role what the settings ask for now, and take away what they asked for before."""
    aws, name = run.aws, spec.role_name
    document = policy.access(settings, aws.partition)
    held = aws.call("iam", "get_role_policy", absent=MISSING, RoleName=name, PolicyName=policy.POLICY_NAME)
    everything = f"arn:{aws.partition}:iam::aws:policy/{policy.READ_ALL}"
    reads_all = everything in _attached(aws, name)
    if document is None:
        if not reads_all:
            deed = f"let it read all of S3 ({policy.READ_ALL}): no location in S3 is configured"
            run.do(deed, "iam", "attach_role_policy", RoleName=name, PolicyArn=everything)
        return
    if held.get("PolicyDocument") != json.loads(document):
        _put(run, f"let it read the configured locations{_and_write(settings)}", name, document)
    if reads_all:
        deed = "no longer let it read all of S3"
        run.do(deed, "iam", "detach_role_policy", absent=MISSING, RoleName=name, PolicyArn=everything)


def _put(run: Run, deed: str, name: str, document: str) -> None:
    run.tell(deed)
    if not run.dry:
        run.retry(
            lambda: run.aws.call(
                "iam", "put_role_policy", RoleName=name, PolicyName=policy.POLICY_NAME, PolicyDocument=document
            ),
            while_=lambda error: error.code in MISSING,
            minutes=1,
            why="waiting until IAM knows the new role",
        )


def _and_write(settings: Settings) -> str:
    written = {"MANIFESTS": settings.manifests, "EXPORT": settings.export}
    names = " and ".join(name for name, url in written.items() if policy.in_s3(url))
    return f", and write {names}" if names else ""


def _attached(aws: Aws, name: str) -> set[str]:
    """The ARNs of the managed policies of a role; empty when there is no role."""
    try:
        attached = aws.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    except AwsError as error:
        if error.code not in MISSING:
            raise
        return set()
    return {held["PolicyArn"] for held in attached}
