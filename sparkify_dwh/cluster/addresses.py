"""Networks that may connect: given ones, or this machine's address. Never everyone by accident."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from sparkify_dwh.errors import AwsError, ConfigurationError

ADDRESS_SERVICE = "https://checkip.amazonaws.com"  # AWS's own; answers with the address that a request comes from
MIN_PREFIX_LENGTH = 8  # a class A network; a wider one is treated as everyone

_TIMEOUT_SECONDS = 5

Network = ipaddress.IPv4Network


def parse_networks(cidrs: Sequence[str], *, anyone: bool) -> list[Network]:
    """Return the networks. Raises ConfigurationError for invalid ones and, without ``anyone``, for too wide ones."""
    networks = [_parse_network(text) for text in cidrs]
    wide = next((network for network in networks if network.prefixlen < MIN_PREFIX_LENGTH), None)
    if wide and not anyone:
        raise ConfigurationError(
            f"{wide} would open the port to everyone",
            "name the networks that need it in DWH_CIDR or --cidr, or pass --open-to-anyone if this is intended",
        )
    return networks


def _parse_network(text: str) -> Network:
    try:
        return ipaddress.IPv4Network(text.strip())
    except ValueError as error:
        reason = " (host bits are set)" if "host bits" in str(error) else ""
        raise ConfigurationError(
            f"DWH_CIDR or --cidr must be an IPv4 network like 203.0.113.7/32, found {text!r}{reason}", "correct it"
        ) from None


def caller_networks(*, public: bool, towards: str, service: str = ADDRESS_SERVICE) -> list[Network]:
    """Return this machine's address: on the internet or, for a cluster that is not public, on the way to its VPC."""
    address = public_address(service) if public else local_address(towards)
    return [Network(f"{address}/32")]


def public_address(service: str = ADDRESS_SERVICE) -> str:
    """Return the address that this machine's connections come from. Raises AwsError when the service does not answer.

    HTTP proxies are not used, because connections to a warehouse do not use them either.
    """
    try:
        with build_opener(ProxyHandler({})).open(service, timeout=_TIMEOUT_SECONDS) as response:
            return str(ipaddress.IPv4Address(response.read(100).decode("ascii").strip()))
    except (URLError, OSError, ValueError) as error:
        raise AwsError(
            f"Cannot determine this machine's address from {service}, without a proxy ({type(error).__name__})",
            "give it in DWH_CIDR or --cidr, such as 203.0.113.7/32",
        ) from error


def local_address(towards: str) -> str:
    """Return the address from which this machine would connect to ``towards``. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((towards, 9))
        except OSError as error:
            raise AwsError(
                f"This machine has no route to {towards} ({error.strerror})",
                "give the networks that may connect in DWH_CIDR",
            ) from error
        return str(probe.getsockname()[0])
