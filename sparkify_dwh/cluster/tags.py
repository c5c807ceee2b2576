"""Tags on every created resource: its cluster, the cluster's role, and the time at which it expires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from sparkify_dwh.errors import UsageError
from sparkify_dwh.utils.durations import parse_duration

CLUSTER = "sparkify-dwh:cluster"
ROLE = "sparkify-dwh:role"
REGION = "sparkify-dwh:region"  # on roles, which are the same in all regions
EXPIRES = "sparkify-dwh:expires"

MIN_TTL = timedelta(minutes=15)

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def tags_of(identifier: str, role_name: str | None = None, expires: datetime | None = None) -> dict[str, str]:
    """Return the tags of a resource of the cluster ``identifier``."""
    tags = {CLUSTER: identifier}
    if role_name:
        tags[ROLE] = role_name
    if expires:
        tags[EXPIRES] = format_time(expires)
    return tags


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the tags in the form of Redshift, IAM and EC2."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_serverless_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the tags in the form of Redshift Serverless."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def as_dict(tags: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """Return tags of either form as a dictionary."""
    return {str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value", ""))) for tag in tags or ()}


def format_time(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime(_TIME_FORMAT)


def expiry(tags: Mapping[str, str]) -> datetime | None:
    """Return when the cluster expires. None without a tag, and for an invalid one, so that it deletes nothing."""
    try:
        return datetime.strptime(tags.get(EXPIRES, ""), _TIME_FORMAT).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def parse_ttl(text: str) -> timedelta:
    """Parse a time to live such as ``8h``, ``90m``, ``2d`` or ``1d12h``, at least 15 minutes. Raises UsageError."""
    span = parse_duration(text)
    if span is None or span < MIN_TTL:
        raise UsageError(
            f"Invalid time to live {text!r}",
            f"use a duration like 8h, 90m or 1d12h, of at least {MIN_TTL.seconds // 60}m",
        )
    return span
