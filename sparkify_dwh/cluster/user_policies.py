"""The IAM policies of persons and machines: who runs loads and exports, and who creates and deletes the cluster.

The statements about a cluster are limited to its name or, where AWS gives resources other names, to its tag.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import SERVERLESS, region_of
from sparkify_dwh.cluster import tags
from sparkify_dwh.cluster.naming import configured_kind, group_name
from sparkify_dwh.cluster.policy import (
    ANY,
    READ_ALL,
    SERVICES,
    Document,
    Place,
    Statement,
    access,
    allowed,
    document,
    in_s3,
    list_buckets,
    place_of,
    resources,
    trust,
)
from sparkify_dwh.cluster.spec import ClusterSpec, spec_of
from sparkify_dwh.connection.credentials import warehouse_of
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.settings import Settings

# What Redshift asks EC2 for on behalf of whoever creates a cluster.
# https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-iam-access-control-identity-based.html
_ASKED_BY_REDSHIFT = [
    "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInternetGateways",
]  # fmt: skip


def policy_document(settings: Settings, name: str) -> Document:
    """Return the policy ``trust``, ``role``, ``load`` or ``cluster``. Raises ConfigurationError if the settings lack it."""
    if name == "trust":
        return trust()
    place = place_of(settings, _partition(settings))
    if name == "cluster":
        return cluster_policy(settings, place)
    if name == "role":
        role = access(settings, place.partition)
        return role or _nothing_needed(settings, "Redshift's role")
    loads = load_policy(settings, place)
    return loads if loads["Statement"] else _nothing_needed(settings, "whoever runs loads")


def _nothing_needed(settings: Settings, who: str) -> NoReturn:
    """Raise ConfigurationError: IAM refuses a policy without statements."""
    raise ConfigurationError(
        f"{settings.origin} names no location in S3, so {who} needs no permission of AWS", "fill in [S3]"
    )


def _partition(settings: Settings) -> str:
    """Return the partition of the configured ARNs, else that of the region; ``aws`` without either."""
    if arn := settings.role_arn or settings.secret_arn:
        return arn.split(":")[1]
    region = region_of(settings.host) or settings.aws_region
    if region is None:
        return "aws"
    with Aws(region=region) as aws:
        return aws.partition


def load_policy(settings: Settings, place: Place) -> Document:
    """Return what load, plan, export, restore and doctor need: list and read inputs, write manifests and exports, log in."""
    return document([*_s3(settings, place), *_login(settings, place)])


def _s3(settings: Settings, place: Place) -> Iterator[Statement]:
    inputs, manifests, export = in_s3(*settings.inputs.values()), in_s3(settings.manifests), in_s3(settings.export)
    if every := [*inputs, *manifests, *export]:
        yield list_buckets(every, place.partition, "ListLocations")
    if inputs:
        yield allowed("ReadInputs", ["s3:GetObject"], resources(settings, inputs, place.partition))
    if manifests:
        actions = ["s3:PutObject", "s3:DeleteObject"]
        yield allowed("WriteManifests", actions, resources(settings, manifests, place.partition))
    if export:
        actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        yield allowed("WriteExports", actions, resources(settings, export, place.partition))


def _login(settings: Settings, place: Place) -> Iterator[Statement]:
    """Yield the permission of the configured way to log in; a password needs none."""
    if settings.iam:
        yield _temporary_login(settings, place)
    elif settings.secret_arn:
        yield allowed("LogIn", ["secretsmanager:GetSecretValue"], [settings.secret_arn])


def _temporary_login(settings: Settings, place: Place) -> Statement:
    """Return the permission for temporary credentials. The ARN of a workgroup has an id that no setting says."""
    endpoint = warehouse_of(settings)
    if endpoint.kind == SERVERLESS:
        return allowed(
            "LogIn", ["redshift-serverless:GetCredentials"], [place.arn("redshift-serverless", "workgroup/*")]
        )
    database = place.arn("redshift", f"dbname:{endpoint.identifier}/{settings.db_name or ANY}")
    if settings.db_user is None:
        return allowed("LogIn", ["redshift:GetClusterCredentialsWithIAM"], [database])
    user = place.arn("redshift", f"dbuser:{endpoint.identifier}/{settings.db_user}")
    return allowed("LogIn", ["redshift:GetClusterCredentials"], [database, user])


def cluster_policy(settings: Settings, place: Place) -> Document:
    """Return what `cluster up`, `status`, `pause`, `resume` and `down` need. Raises ConfigurationError as `cluster up`."""
    spec = spec_of(settings)
    is_ours = {f"aws:ResourceTag/{tags.CLUSTER}": spec.identifier}
    return document([
        allowed(
            "Look",
            [
                "redshift:DescribeClusters", "redshift:DescribeClusterSubnetGroups", "redshift-serverless:GetNamespace",
                "redshift-serverless:GetWorkgroup", "redshift-serverless:ListNamespaces",
                "redshift-serverless:ListTagsForResource", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
                "ec2:DescribeVpcs", *_ASKED_BY_REDSHIFT,
            ],
            [ANY],
        ),
        *(_serverless(spec, place, is_ours) if configured_kind(settings) == SERVERLESS else _provisioned(spec, place)),
        allowed("MakeSecurityGroup", ["ec2:CreateSecurityGroup"], [ANY]),
        allowed("TagSecurityGroup", ["ec2:CreateTags"], [ANY], StringEquals={"ec2:CreateAction": "CreateSecurityGroup"}),
        allowed(
            "ChangeSecurityGroup",
            ["ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup"],
            [place.arn("ec2", "security-group/*")],
            StringEquals=is_ours,
        ),
        *_role(settings, spec, place),
        *_secret(spec, place),
    ])  # fmt: skip


def _provisioned(spec: ClusterSpec, place: Place) -> Iterator[Statement]:
    cluster = place.arn("redshift", f"cluster:{spec.identifier}")
    actions = [
        "redshift:CreateCluster", "redshift:CreateTags", "redshift:ModifyCluster", "redshift:ModifyClusterIamRoles",
        "redshift:PauseCluster", "redshift:ResumeCluster", "redshift:DeleteCluster", "redshift:CreateClusterSnapshot",
    ]  # fmt: skip
    yield allowed("Cluster", actions, [cluster, place.arn("redshift", f"snapshot:{spec.identifier}/*")])
    actions = ["redshift:CreateClusterSubnetGroup", "redshift:CreateTags", "redshift:DeleteClusterSubnetGroup"]
    yield allowed("SubnetGroup", actions, [place.arn("redshift", f"subnetgroup:{group_name(spec.identifier)}")])


def _serverless(spec: ClusterSpec, place: Place, is_ours: dict[str, str]) -> Iterator[Statement]:
    """Yield statements that name the tag: AWS numbers namespaces and workgroups."""
    parts = [place.arn("redshift-serverless", "namespace/*"), place.arn("redshift-serverless", "workgroup/*")]
    yield allowed(
        "MakeServerless",
        [
            "redshift-serverless:CreateNamespace",
            "redshift-serverless:CreateWorkgroup",
            "redshift-serverless:TagResource",
        ],
        parts,
        StringEquals={f"aws:RequestTag/{tags.CLUSTER}": spec.identifier},
    )
    actions = [
        "redshift-serverless:UpdateNamespace", "redshift-serverless:UpdateWorkgroup", "redshift-serverless:CreateSnapshot",
        "redshift-serverless:DeleteWorkgroup", "redshift-serverless:DeleteNamespace",
    ]  # fmt: skip
    yield allowed("ChangeServerless", actions, parts, StringEquals=is_ours)


def _role(settings: Settings, spec: ClusterSpec, place: Place) -> Iterator[Statement]:
    """Yield the permissions to make the role, unless another one is configured, and to hand it to Redshift."""
    arn = spec.role_arn.split(",")[0] if spec.role_arn else place.arn("iam", f"role/{spec.role_name}")
    if not spec.role_arn:
        actions = [
            "iam:GetRole", "iam:CreateRole", "iam:TagRole", "iam:DeleteRole", "iam:GetRolePolicy", "iam:PutRolePolicy",
            "iam:DeleteRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:DetachRolePolicy",
        ]  # fmt: skip
        yield allowed("Role", actions, [arn])
        if access(settings, place.partition) is None:
            read_all = f"arn:{place.partition}:iam::aws:policy/{READ_ALL}"
            yield allowed("ReadAllOfS3", ["iam:AttachRolePolicy"], [arn], ArnEquals={"iam:PolicyARN": read_all})
    yield allowed("PassRole", ["iam:PassRole"], [arn], StringEquals={"iam:PassedToService": SERVICES})
    linked = place.arn("iam", f"role/aws-service-role/{SERVICES[0]}/AWSServiceRoleForRedshift")
    yield allowed(
        "LinkService", ["iam:CreateServiceLinkedRole"], [linked], StringEquals={"iam:AWSServiceName": SERVICES[0]}
    )


def _secret(spec: ClusterSpec, place: Place) -> Iterator[Statement]:
    """Yield the permissions with which Redshift keeps the password in Secrets Manager.

    https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration-permissions.html
    """
    if spec.managed_password:
        actions = [f"secretsmanager:{name}Secret" for name in ("Create", "Describe", "Update", "Rotate", "Delete")]
        secrets = [place.arn("secretsmanager", "secret:redshift!*")]
        yield allowed("Secret", [*actions, "secretsmanager:TagResource"], secrets)
        yield allowed("GeneratePassword", ["secretsmanager:GetRandomPassword"], [ANY])
