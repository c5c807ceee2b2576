"""The tags on everything that is made: whose it is, which role belongs to it, and until when it may live."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from sparkify_dwh.errors import UsageError

CLUSTER = "sparkify-dwh:cluster"
ROLE = "sparkify-dwh:role"
REGION = "sparkify-dwh:region"  # on roles, which are the same in all regions
EXPIRES = "sparkify-dwh:expires"

_TTL = re.compile(r"(?:(?P<days>\d{1,3})d)?(?:(?P<hours>\d{1,4})h)?(?:(?P<minutes>\d{1,5})m)?", re.ASCII)
_SHORTEST = timedelta(minutes=15)


def tags_of(identifier: str, role_name: str | None = None, expires: datetime | None = None) -> dict[str, str]:
    """The tags of what belongs to the cluster ``identifier``."""
    tags = {CLUSTER: identifier}
    if role_name:
        tags[ROLE] = role_name
    if expires:
        tags[EXPIRES] = written(expires)
    return tags


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As Redshift, IAM and EC2 take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def listed_small(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As Redshift Serverless takes them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def read(tags: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """As a dictionary, from either form."""
    return {str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value", ""))) for tag in tags or ()}


def written(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def expiry(tags: Mapping[str, str]) -> datetime | None:
    """When the time is over; None when none is set, or what is set is no time, which deletes nothing."""
    try:
        return datetime.strptime(tags.get(EXPIRES, ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def time_to_live(text: str) -> timedelta:
    """A span such as ``8h``, ``90m``, ``2d`` or ``1d12h``, at least a quarter of an hour. Raises UsageError."""
    found = _TTL.fullmatch(text.strip().lower())
    span = timedelta(**{unit: int(number) for unit, number in found.groupdict().items() if number}) if found else None
    if not span or span < _SHORTEST:
        raise UsageError(f"a time to live is a span like 8h, 90m or 1d12h, at least 15m, found {text!r}: correct it")
    return span
