"""Endpoints of Redshift: what a host's name says of the warehouse behind it.

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
# A VPC endpoint that Redshift manages has a name of its own in the place of the cluster's.
_VPC_ENDPOINT = re.compile(r"-endpoint-[a-z0-9]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Which warehouse it is, for the API of AWS. ``region`` is None where nothing says it."""

    kind: Kind
    identifier: str
    region: str | None


def endpoint_of(host: str | None) -> Endpoint | None:
    """What the name of a host says; None for a custom domain, a VPC endpoint, a tunnel."""
    found = _HOST.fullmatch(host or "")
    if found is None or _VPC_ENDPOINT.search(found["identifier"]):
        return None
    kind = SERVERLESS if found["service"].lower() == "redshift-serverless" else PROVISIONED
    return Endpoint(kind, found["identifier"].lower(), found["region"].lower())


def region_of(host: str | None) -> str | None:
    """The region that an endpoint lies in, as far as its name says it."""
    found = _HOST.fullmatch(host or "")
    return found["region"].lower() if found else None
