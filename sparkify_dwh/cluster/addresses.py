"""Which addresses may come in: this machine's, or those that were given. Never everybody's by accident."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from sparkify_dwh.errors import AwsError, ConfigurationError

ADDRESS_SERVICE = "https://checkip.amazonaws.com"  # AWS's own; answers with the address that a request comes from
_WIDEST_PREFIX = 8  # a class A network; more than that is everybody

Network = ipaddress.IPv4Network


def networks(cidrs: Sequence[str], *, anyone: bool) -> list[Network]:
    """The given addresses and networks. ConfigurationError for what is none, or is everybody's without ``anyone``."""
    found = [_network(text) for text in cidrs]
    wide = next((network for network in found if network.prefixlen < _WIDEST_PREFIX), None)
    if wide and not anyone:
        raise ConfigurationError(
            f"{wide} would open the port to everybody: name the networks that need it in DWH_CIDR or --cidr, or say "
            "--open-to-anyone if it must be"
        )
    return found


def _network(text: str) -> Network:
    try:
        return ipaddress.IPv4Network(text.strip())
    except ValueError as error:
        reason = "host bits are set" if "host bits" in str(error) else "it is none"
        raise ConfigurationError(
            f"DWH_CIDR or --cidr must be an IPv4 network like 203.0.113.7/32, found {text!r} ({reason}): correct it"
        ) from None


def own_networks(*, public: bool, towards: str | None, service: str = ADDRESS_SERVICE) -> list[Network]:
    """This machine's address: as the internet sees it, or, for a cluster that is not public, on the network of its VPC."""
    address = public_address(service) if public else local_address(towards or "10.0.0.1")
    return [Network(f"{address}/32")]


def public_address(service: str = ADDRESS_SERVICE) -> str:
    """The address that this machine's connections come from. AwsError when it cannot be found out.

    Asked past the proxies for HTTP, because connections to the warehouse go past them too.
    """
    try:
        with build_opener(ProxyHandler({})).open(service, timeout=5) as answer:
            return str(ipaddress.IPv4Address(answer.read(100).decode("ascii").strip()))
    except (URLError, OSError, ValueError) as error:
        raise AwsError(
            f"this machine's address could not be found out from {service}, without a proxy ({type(error).__name__}): "
            "give it in DWH_CIDR or --cidr, such as 203.0.113.7/32"
        ) from error


def local_address(towards: str) -> str:
    """The address from which this machine would speak to ``towards``; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((towards, 9))
        except OSError as error:
            raise AwsError(
                f"this machine has no way to {towards} ({error.strerror}): give the addresses to let in in DWH_CIDR"
            ) from error
        return str(probe.getsockname()[0])
