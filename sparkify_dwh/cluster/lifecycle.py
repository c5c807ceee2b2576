"""``cluster status``, ``pause`` and ``resume``: a warehouse that is there, and what it costs to keep it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import PROVISIONED, SERVERLESS, Kind, region_of
from sparkify_dwh.cluster import network, provisioned, subnets
from sparkify_dwh.cluster.resources import INCOMPLETE, Found
from sparkify_dwh.cluster.role import find_own_role
from sparkify_dwh.cluster.run import GOING, PAUSED, OnStep, Run, nobody, now
from sparkify_dwh.cluster.services import find
from sparkify_dwh.cluster.spec import default_role_name, identifier_of
from sparkify_dwh.connection.credentials import aws_of
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """A warehouse as it is now. ``parts`` are what was made around it and is there: role, security group, subnet group."""

    identifier: str
    region: str
    found: tuple[Found, ...]
    opened: tuple[str, ...]
    parts: tuple[str, ...]
    at: datetime

    def age(self, found: Found) -> timedelta | None:
        return self.at - found.created if found.created else None

    def to_dict(self) -> dict[str, Any]:
        return {
            "identifier": self.identifier,
            "region": self.region,
            "state": self.found[0].state if self.found else "absent",
            "warehouses": [
                {
                    "kind": one.kind,
                    "state": one.state,
                    "host": one.host,
                    "port": one.port,
                    "database": one.database,
                    "size": one.size,
                    "public": one.public,
                    "created": one.created,
                    "age_seconds": int(age.total_seconds()) if (age := self.age(one)) else None,
                    "expires": one.expires,
                    "made_by_sparkify_dwh": one.is_ours,
                }
                for one in self.found
            ],
            "open_to": list(self.opened),
            "parts": list(self.parts),
        }


@contextmanager
def asked(settings: Settings, aws: Aws | None = None) -> Iterator[Aws]:
    """AWS in the region of the cluster; or the one that is given, which stays open."""
    if aws:
        yield aws
        return
    with aws_of(settings, region=settings.aws_region or region_of(settings.host)) as own_aws:
        yield own_aws


def configured_kind(settings: Settings) -> Kind:
    """Which kind [DWH] speaks of, without asking whether all of it can work."""
    form = settings.dwh.get("DWH_CLUSTER_TYPE", "").lower()
    nodes = {"DWH_NUM_NODES", "DWH_NODE_TYPE"} & {*settings.dwh}
    return SERVERLESS if form == SERVERLESS or (not form and not nodes) else PROVISIONED


def role_name_of(settings: Settings, found: Found | None = None) -> str:
    """The name of the role that was made with a cluster, or would be."""
    made = found.role_name if found else None
    return made or settings.dwh.get("DWH_IAM_ROLE_NAME", default_role_name(identifier_of(settings)))


def status(settings: Settings, *, aws: Aws | None = None) -> Status:
    """What there is of the warehouse that [DWH] names. Raises AwsError."""
    identifier = identifier_of(settings)
    with asked(settings, aws) as own_aws:
        found = find(own_aws, identifier, configured_kind(settings))
        role_name = role_name_of(settings, found[0] if found else None)
        port = (found[0].port if found else None) or settings.db_port
        groups = network.groups_at(own_aws, found[0]) if found else network.find_groups(own_aws, identifier)
        opened = network.sources(groups, port)
        return Status(
            identifier, own_aws.region, tuple(found), tuple(opened), tuple(parts(own_aws, identifier, role_name)), now()
        )


def parts(aws: Aws, identifier: str, role_name: str) -> list[str]:
    """What was made around a cluster and is there, as a person calls it."""
    found = [f"the security group {group['GroupName']}" for group in network.find_groups(aws, identifier)]
    if name := subnets.find_own_subnet_group(aws, identifier):
        found.append(f"the subnet group {name}")
    if find_own_role(aws, identifier, role_name):
        found.append(f"the role {role_name}")
    return found


def pause(
    settings: Settings,
    *,
    on_step: OnStep = nobody,
    dry_run: bool = False,
    aws: Aws | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Stop a provisioned cluster, which keeps its data and then costs its storage alone. What was done, empty if nothing.

    Serverless needs none: it costs nothing while no query runs. Raises AwsError when there is no cluster to pause.
    """
    with asked(settings, aws) as own_aws:
        run = Run(own_aws, on_step, dry_run, sleep)
        found = _own(own_aws, settings)
        if found.kind == PROVISIONED and found.state != PAUSED:
            provisioned.pause(run, _staying(found))
        return run.done


def resume(
    settings: Settings,
    *,
    on_step: OnStep = nobody,
    dry_run: bool = False,
    aws: Aws | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Start a cluster that was paused, and wait for it. What was done, empty when it ran. Raises AwsError."""
    with asked(settings, aws) as own_aws:
        run = Run(own_aws, on_step, dry_run, sleep)
        found = _own(own_aws, settings)
        if found.kind == PROVISIONED and not found.is_available:
            provisioned.resume(run, _staying(found))
        elif found.state == INCOMPLETE:
            raise AwsError(f"{found.identifier} lacks its workgroup: run `sparkify-dwh cluster up`, which makes it")
        return run.done


def _own(aws: Aws, settings: Settings) -> Found:
    identifier = identifier_of(settings)
    found = own(find(aws, identifier, configured_kind(settings)))
    if not found:
        raise AwsError(absent(aws, settings))
    return found[0]


def _staying(found: Found) -> Found:
    if found.state in GOING:
        raise AwsError(f"{found.identifier} is being deleted ({found.state}): there will be nothing to pause or resume")
    return found


def own(found: list[Found]) -> list[Found]:
    """Those that this program has made; AwsError when there are only others."""
    ours = [one for one in found if one.is_ours]
    if found and not ours:
        raise AwsError(
            f"{found[0].identifier} was not made by sparkify-dwh, which leaves it alone: use the console of Redshift, or "
            "correct DWH_CLUSTER_IDENTIFIER"
        )
    return ours


def absent(aws: Aws, settings: Settings) -> str:
    """That there is no such warehouse, and where it may be."""
    return (
        f"there is no warehouse {identifier_of(settings)} in {aws.region}{elsewhere(settings, aws.region)}: correct [AWS] "
        "REGION or DWH_CLUSTER_IDENTIFIER, or run `sparkify-dwh cluster up`"
    )


def elsewhere(settings: Settings, region: str) -> str:
    """A remark that the configured endpoint lies in another region; empty when it does not."""
    other = region_of(settings.host)
    return f" ([CLUSTER] HOST lies in {other})" if other and other != region else ""
