"""Why a warehouse cannot be connected to, as far as AWS knows it: not there, paused, not public, or not opened to us.

Asked after a connection has failed. It is a hint: whoever has no credentials for AWS, or may not ask, gets none.
"""

from __future__ import annotations

import ipaddress
import logging

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import Endpoint, endpoint_of
from sparkify_dwh.cluster import network
from sparkify_dwh.cluster.addresses import ADDRESS_SERVICE, local_address, public_address
from sparkify_dwh.cluster.resources import Found
from sparkify_dwh.cluster.run import PAUSED
from sparkify_dwh.cluster.services import service_of
from sparkify_dwh.connection.credentials import aws_of
from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.settings import Settings

log = logging.getLogger("sparkify_dwh.cluster")


def why_unreachable(settings: Settings, *, address_service: str = ADDRESS_SERVICE) -> str | None:
    """A sentence that says what to do; None when AWS cannot be asked, or sees nothing wrong with the host's name."""
    which = endpoint_of(settings.host)
    if which is None:
        return None
    try:
        with aws_of(settings, region=which.region, hurried=True) as aws:
            found = service_of(which.kind).find(aws, which.identifier)
            return _state(settings, which, found) or _network(aws, settings, found, address_service)
    except SparkifyError as error:
        log.info("AWS was not asked why: %s", error)
        return None


def _state(settings: Settings, which: Endpoint, found: Found | None) -> str | None:
    if found is None:
        return (
            f"There is no warehouse {which.identifier} in {which.region}: it was deleted, or [CLUSTER] HOST is another's; "
            "run `sparkify-dwh cluster up --write`, or correct HOST"
        )
    if found.state == PAUSED:
        return f"{found.identifier} is paused: run `sparkify-dwh cluster resume`"
    if not found.is_available:
        return f"{found.identifier} is {found.state}: wait for it, see `sparkify-dwh cluster status`"
    if found.host and found.host.lower() != (settings.host or "").lower():
        return f"The endpoint of {found.identifier} is {found.host}: correct [CLUSTER] HOST"
    if found.port and found.port != settings.db_port:
        return f"{found.identifier} listens at port {found.port}: correct [CLUSTER] DB_PORT"
    return None


def _network(aws: Aws, settings: Settings, found: Found | None, address_service: str) -> str | None:
    """Which of the two it is: not public, or not opened to this machine by the security group."""
    if found is None or not found.vpc:
        return None
    addresses = [ipaddress.IPv4Network(block) for block in _blocks(aws, found.vpc)]
    local = ipaddress.IPv4Address(local_address(str(addresses[0][1])))
    inside = any(local in block for block in addresses)
    if not found.public and not inside:
        return (
            f"{found.identifier} is not public, and this machine ({local}) is outside of {found.vpc}: connect from within, "
            "or through a VPN or a tunnel, or run `sparkify-dwh cluster up --public`"
        )
    seen = local if inside else ipaddress.IPv4Address(public_address(address_service))
    groups = network.groups_at(aws, found)
    if not any(seen in opened for group in groups for opened in network.opened(group, settings.db_port)):
        return (
            f"The security group of {found.identifier} does not let this machine ({seen}) in at port {settings.db_port}, "
            f"but {', '.join(network.sources(groups, settings.db_port)) or 'nobody'}: "
            f"run `sparkify-dwh cluster up --cidr {seen}/32`"
        )
    return (
        f"AWS lets this machine ({seen}) in: look at firewalls on the way, which must let port {settings.db_port} out, "
        f"and at the routes and network ACLs of {found.vpc}"
    )


def _blocks(aws: Aws, vpc: str) -> list[str]:
    (found,) = aws.call("ec2", "describe_vpcs", VpcIds=[vpc])["Vpcs"]
    return [found["CidrBlock"], *(block["CidrBlock"] for block in found.get("CidrBlockAssociationSet", ()))]
