"""Endpoints of Redshift: the kind of warehouse, its identifier and its region, from the name of the host.

sparkify.abc123xyz.us-west-2.redshift.amazonaws.com                 a provisioned cluster
sparkify.123456789012.us-west-2.redshift-serverless.amazonaws.com   a workgroup of Redshift Serverless
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["provisioned", "serverless"]

PROVISIONED: Kind = "provisioned"
SERVERLESS: Kind = "serverless"

_HOST = re.compile(
    r"(?P<identifier>[a-z0-9-]+)\.(?P<middle>[a-z0-9]+)\.(?P<region>[a-z0-9-]+)\.(?P<service>redshift|redshift-serverless)"
    r"\.amazonaws\.com(\.cn)?",
    re.IGNORECASE | re.ASCII,
)
# The name of a Redshift-managed VPC endpoint stands where the cluster's would.
_VPC_ENDPOINT = re.compile(r"-endpoint-[a-z0-9]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A warehouse as the API of AWS identifies it. ``region`` is None when it is not known."""

    kind: Kind
    identifier: str
    region: str | None


def endpoint_of(host: str | None) -> Endpoint | None:
    """Return the warehouse that a host belongs to; None for a custom domain, a VPC endpoint or a tunnel."""
    match = _HOST.fullmatch(host or "")
    if match is None or _VPC_ENDPOINT.search(match["identifier"]):
        return None
    kind = SERVERLESS if match["service"].lower() == "redshift-serverless" else PROVISIONED
    return Endpoint(kind, match["identifier"].lower(), match["region"].lower())


def region_of(host: str | None) -> str | None:
    """Return the region of an endpoint; None when its name does not have it."""
    match = _HOST.fullmatch(host or "")
    return match["region"].lower() if match else None
