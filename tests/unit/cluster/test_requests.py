"""Every request of a cluster's life against AWS's own description of its services, which moto does not look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, ServiceModel, Shape, StructureShape
from support.aws import Account, Sent

from sparkify_dwh import cluster
from sparkify_dwh.cluster import Options
from sparkify_dwh.cluster.tags import time_to_live

# What the guides say beyond the models: https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateCluster.html,
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
GUIDES = {
    "ClusterIdentifier": r"[a-z](?!.*--)[a-z0-9-]{0,62}(?<!-)",
    "FinalClusterSnapshotIdentifier": r"[A-Za-z](?!.*--)[A-Za-z0-9-]{0,254}(?<!-)",
    "ClusterSubnetGroupName": r"[a-z0-9 _.-]{1,255}",
    "MasterUserPassword": r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[!-~]{8,64}",
    "DBName": r"[a-z0-9]{1,64}",
    "GroupName": r"(?!sg-)[a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}",
    "Description": r"[a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}",
}
LONGEST = "a" * 63


def faults(shape: Shape, value: Any, where: str) -> Iterator[str]:
    """What a value has against a shape: length, pattern, enumeration, in all its depth."""
    limits = shape.metadata
    name = where.rpartition(".")[2].partition("[")[0]
    if isinstance(shape, StructureShape):
        for key, member in value.items():
            yield from faults(shape.members[key], member, f"{where}.{key}")
    elif isinstance(shape, ListShape):
        for number, member in enumerate(value):
            yield from faults(shape.member, member, f"{where}[{number}]")
    elif isinstance(value, str):
        if "pattern" in limits and not re.search(as_python(limits["pattern"]), value):
            yield f"{where}: {value!r} is not {limits['pattern']}"
        if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
            yield f"{where}: {value!r} is {len(value)} long"
        if "enum" in limits and value not in limits["enum"]:
            yield f"{where}: {value!r} is none of {limits['enum']}"
        if name in GUIDES and not re.fullmatch(GUIDES[name], value):
            yield f"{where}: {value!r} is not {GUIDES[name]}"


def as_python(pattern: str) -> str:
    """Java's classes of characters in Python's words; whole strings, as AWS takes them."""
    java = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": " "}
    for theirs, ours in java.items():
        pattern = pattern.replace(theirs, ours)
    return f"^(?:{pattern})$"


def models() -> dict[str, ServiceModel]:
    session = botocore.session.Session()
    services = ("redshift", "redshift-serverless", "iam", "ec2", "sts")
    return {service: session.get_service_model(service) for service in services}


@pytest.mark.parametrize(
    "dwh",
    [
        {"DWH_CLUSTER_TYPE": "single-node"},
        {"DWH_CLUSTER_TYPE": "multi-node", "DWH_NUM_NODES": "2"},
        {"DWH_CLUSTER_TYPE": "serverless", "DWH_MAX_RPUS": "8"},
    ],
)
@pytest.mark.parametrize("long", [False, True])
def test_every_request_is_one_that_aws_takes(account: Account, sent: Sent, dwh: dict[str, str], long: bool) -> None:
    """Also those of a name as long as a name may be."""
    account.identifier = (account.identifier + LONGEST)[:63] if long else account.identifier
    settings = account.settings(dwh=dwh, export="s3://sparkify/export/")
    asked: dict[str, Any] = {"aws": account.aws, "sleep": lambda _seconds: None}
    cluster.up(settings, Options(ttl=time_to_live("8h")), keep=lambda _values: None, **asked)
    cluster.up(settings, Options(public=True, cidrs=("192.0.2.9",), ttl=time_to_live("9h")), **asked)
    cluster.pause(settings, **asked)
    cluster.resume(settings, **asked)
    cluster.down(settings, **asked)
    known = models()
    found = []
    for operation, parameters in sent.requests:
        model = next(model for model in known.values() if operation in model.operation_names)
        if shape := model.operation_model(operation).input_shape:
            found += faults(shape, parameters, operation)
    assert found == []
