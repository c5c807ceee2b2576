"""Names, kind and region of a cluster as the settings give them, without checking the rest of [DWH]."""

from __future__ import annotations

from sparkify_dwh.aws.endpoint import PROVISIONED, SERVERLESS, Kind, region_of
from sparkify_dwh.config.fields import DEFAULT_IDENTIFIER
from sparkify_dwh.settings import Settings

MAX_ROLE_PREFIX = 55  # so that the role's name has at most 64 characters


def identifier_of(settings: Settings) -> str:
    """Return the cluster's name, in lower case as AWS stores it."""
    return settings.dwh.get("DWH_CLUSTER_IDENTIFIER", DEFAULT_IDENTIFIER).lower()


def default_role_name(identifier: str) -> str:
    """Return the name of a cluster's role where [DWH] has none."""
    return f"{identifier[:MAX_ROLE_PREFIX]}-redshift"


def role_name_of(settings: Settings) -> str:
    """Return the name of the role that would be created for the cluster."""
    return settings.dwh.get("DWH_IAM_ROLE_NAME", default_role_name(identifier_of(settings)))


def group_name(identifier: str) -> str:
    """Return the name of a cluster's security group and subnet group."""
    return f"sparkify-dwh-{identifier}"


def configured_kind(settings: Settings) -> Kind:
    """Return the kind of cluster that [DWH] describes: by default, Serverless."""
    form = settings.dwh.get("DWH_CLUSTER_TYPE", "").lower()
    nodes = {"DWH_NUM_NODES", "DWH_NODE_TYPE"} & {*settings.dwh}
    return SERVERLESS if form == SERVERLESS or (not form and not nodes) else PROVISIONED


def region_hint(settings: Settings, region: str) -> str:
    """Return a hint that the configured endpoint is in a region other than ``region``, or an empty text."""
    host_region = region_of(settings.host)
    return f" ([CLUSTER] HOST is in {host_region})" if host_region and host_region != region else ""
