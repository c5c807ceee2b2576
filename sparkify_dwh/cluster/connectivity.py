"""Reasons that AWS knows why a warehouse cannot be connected to: deleted, paused, not public, or not open to this machine.

This runs after a connection has failed. Without credentials or permissions for AWS there is no hint.
"""

from __future__ import annotations

import ipaddress

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import endpoint_of
from sparkify_dwh.cluster.addresses import ADDRESS_SERVICE, local_address, public_address
from sparkify_dwh.cluster.description import PAUSED, ClusterDescription
from sparkify_dwh.cluster.security_groups import attached_groups, open_networks, open_sources
from sparkify_dwh.cluster.services import service_of
from sparkify_dwh.cluster.vpc import cidr_blocks
from sparkify_dwh.connection.credentials import aws_of
from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.logs import safe_logger

log = safe_logger("sparkify_dwh.cluster")


def explain_unreachable(settings: Settings, *, address_service: str = ADDRESS_SERVICE) -> str | None:
    """Return a sentence that says what to do. None for a host that is not an endpoint of AWS, and when AWS does not tell."""
    endpoint = endpoint_of(settings.host)
    if endpoint is None:
        return None
    try:
        with aws_of(settings, region=endpoint.region, is_hurried=True) as aws:
            cluster = service_of(endpoint.kind).find(aws, endpoint.identifier)
            if cluster is None:
                return (
                    f"There is no warehouse {endpoint.identifier} in {endpoint.region}: it was deleted, or [CLUSTER] "
                    "HOST is wrong; run `sparkify-dwh cluster up --write`, or correct HOST"
                )
            return _explain_state(settings, cluster) or _explain_network(aws, settings, cluster, address_service)
    except SparkifyError as error:
        log.info("cannot ask AWS for the reason: %s", error)
        return None


def _explain_state(settings: Settings, cluster: ClusterDescription) -> str | None:
    name = cluster.identifier
    if cluster.state == PAUSED:
        return f"{name} is paused: run `sparkify-dwh cluster resume`"
    if not cluster.is_available:
        return f"{name} is {cluster.state}: wait for it, see `sparkify-dwh cluster status`"
    if cluster.host and cluster.host.lower() != (settings.host or "").lower():
        return f"The endpoint of {name} is {cluster.host}: correct [CLUSTER] HOST"
    if cluster.port and cluster.port != settings.db_port:
        return f"{name} listens on port {cluster.port}: correct [CLUSTER] DB_PORT"
    return None


def _explain_network(aws: Aws, settings: Settings, cluster: ClusterDescription, address_service: str) -> str | None:
    """Explain which it is: not public, not open to this machine, or something outside of AWS."""
    if not cluster.vpc:
        return None
    name, port = cluster.identifier, settings.db_port
    blocks = [ipaddress.IPv4Network(block) for block in cidr_blocks(aws, cluster.vpc)]
    local = ipaddress.IPv4Address(local_address(str(blocks[0][1])))
    is_inside = any(local in block for block in blocks)
    if not cluster.public and not is_inside:
        return (
            f"{name} is not public, and this machine ({local}) is outside of {cluster.vpc}: connect from within, or through "
            "a VPN or a tunnel, or run `sparkify-dwh cluster up --public`"
        )
    address = local if is_inside else ipaddress.IPv4Address(public_address(address_service))
    groups = attached_groups(aws, cluster)
    if not any(address in network for group in groups for network in open_networks(group, port)):
        return (
            f"The security group of {name} does not open port {port} to this machine ({address}), only to "
            f"{', '.join(open_sources(groups, port)) or 'no one'}: run `sparkify-dwh cluster up --cidr {address}/32`"
        )
    return (
        f"AWS opens port {port} to this machine ({address}): check firewalls in between, which must allow connections to "
        f"it, and the routes and network ACLs of {cluster.vpc}"
    )
