"""Readers of configured values: from the text of a value to what it means, or a ConfigurationError that names its place.

A reader takes a :class:`Given` and knows nothing of other settings. What may be a password in the wrong line is not shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.redshift.limits import MAX_NAME_BYTES
from sparkify_dwh.storage.urls import configured_location, expanded
from sparkify_dwh.utils.durations import DURATION_EXAMPLES, parse_duration
from sparkify_dwh.utils.secret import Secret

STANDIN = "standin"
VERIFY_FULL, VERIFY_CA = "verify-full", "verify-ca"

MIN_PORT, MAX_PORT = 1, 65535
MAX_SECONDS = 3600

_YES, _NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
_ENDPOINT = re.compile(r"(?P<host>[A-Za-z0-9._-]+)(?::(?P<port>\d+))?(?:/(?P<db_name>[^\s/?#]*))?", re.ASCII)
_ROLE = r"arn:aws[a-z-]*:iam::\d{12}:role/[^\s,]+"
_ROLES = re.compile(rf"{_ROLE}(,{_ROLE})*", re.ASCII)
_SECRET = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+", re.ASCII)

UNSHOWN = "something else"

_SYSTEM_SCHEMAS = {"information_schema", "$user"}  # $user is a placeholder in search paths


@dataclass(frozen=True, slots=True)
class Given:
    """The text of a value, and where it stands: ``dwh.cfg: [CLUSTER] HOST`` or an environment variable.

    ``directory`` is what local paths are relative to; None when a real cluster reads the location. ``is_quoted`` says that
    the value was in quotes.
    """

    text: str = field(repr=False)
    place: str
    directory: Path | None = None
    is_quoted: bool = False


Reader = Callable[[Given], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The value of HOST, which may be an endpoint as the console shows it: host:5439/dev."""

    host: str
    port: int | None = None
    db_name: str | None = None


def invalid(place: str, requirement: str, shown: str, hint: str = "correct it") -> ConfigurationError:
    """Return the error for a value that does not meet a requirement."""
    return ConfigurationError(f"{place} {requirement}, found {shown}", hint)


def text(given: Given) -> str:
    return given.text


def secret(given: Given) -> Secret:
    return Secret(given.text)


def access_key(given: Given) -> Secret:
    """Return the identifier of an access key, which is hidden although it is no password."""
    return Secret(given.text)


def switch(given: Given) -> bool:
    """Return whether a value is true, yes, on or 1, or false, no, off or 0, in any case."""
    word = given.text.lower()
    if word in _YES | _NO:
        return word in _YES
    raise invalid(given.place, "must be true or false (or yes or no, on or off, 1 or 0)", UNSHOWN)


def integer(minimum: int, maximum: int) -> Reader:
    """Return a reader of whole numbers from ``minimum`` to ``maximum``."""

    def read(given: Given) -> int:
        if re.fullmatch("[0-9]{1,9}", given.text) and minimum <= int(given.text) <= maximum:
            return int(given.text)
        shown = given.text if re.fullmatch("[0-9]{1,6}", given.text) else UNSHOWN
        raise invalid(given.place, f"must be a number from {minimum} to {maximum}", shown)

    return read


port = integer(MIN_PORT, MAX_PORT)


def seconds(given: Given) -> float:
    """Return a time limit from 1 to 3600 seconds."""
    if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", given.text) and 1 <= float(given.text) <= MAX_SECONDS:
        return float(given.text)
    raise invalid(given.place, f"needs seconds from 1 to {MAX_SECONDS}", UNSHOWN)


def duration(given: Given) -> timedelta:
    """Return a duration like 36h."""
    if span := parse_duration(given.text):
        return span
    raise invalid(given.place, f"must be {DURATION_EXAMPLES}", repr(given.text))


def choice(*names: str) -> Reader:
    """Return a reader of one of these names, in any case."""

    def read(given: Given) -> str:
        name = given.text.lower()
        if name in names:
            return name
        raise invalid(given.place, f"must be {', '.join(names[:-1])} or {names[-1]}", repr(given.text))

    return read


def matching(pattern: str, requirement: str, *, lower: bool = False, shows_value: bool = True) -> Reader:
    """Return a reader of texts of one form; ``lower`` makes them lower case first."""
    form = re.compile(pattern, re.ASCII)

    def read(given: Given) -> str:
        value = given.text.lower() if lower else given.text
        if form.fullmatch(value):
            return value
        raise invalid(given.place, f"must be {requirement}", repr(value) if shows_value else UNSHOWN)

    return read


def names(pattern: str, requirement: str) -> Reader:
    """Return a reader of texts of one form with commas between them."""
    form = re.compile(pattern, re.ASCII)

    def read(given: Given) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in given.text.split(",") if part.strip())
        if wrong := [part for part in parts if not form.fullmatch(part)]:
            raise invalid(given.place, f"must be {requirement}, with commas between them", repr(wrong[0]))
        return parts

    return read


def schema(given: Given) -> str:
    """Return a schema's name as Redshift stores it: with its ASCII letters in lower case. Redshift guide, r_names"""
    name = "".join(letter.lower() if letter.isascii() else letter for letter in given.text)
    requirement = (
        f"must be a schema's name of up to {MAX_NAME_BYTES} bytes, without quotes, dots and control characters"
    )
    if not name.isprintable() or any(mark in name for mark in "\"'.") or len(name.encode()) > MAX_NAME_BYTES:
        raise invalid(given.place, requirement, repr(given.text))
    if name.startswith("pg_") or name in _SYSTEM_SCHEMAS:  # Redshift guide, r_CREATE_SCHEMA
        raise invalid(given.place, "must be a schema of your own", f"{given.text!r}, which belongs to Redshift")
    return name


def endpoint(given: Given) -> Endpoint:
    """Return the host, and the port and database where the value names them. A URL is refused: it may hold a password."""
    host = given.text
    if host.lower() == STANDIN:
        return Endpoint(STANDIN)
    requirement = "must be a host like x.y.eu-west-1.redshift.amazonaws.com"
    if "://" in host or host.lower().startswith("jdbc:"):
        raise invalid(given.place, requirement, "a URL", "leave out http://, jdbc:redshift:// or the like")
    if match := _ENDPOINT.fullmatch(host):
        number = port(Given(match["port"], f"the port of {given.place}")) if match["port"] else None
        return Endpoint(match["host"], number, match["db_name"] or None)
    raise invalid(given.place, requirement, UNSHOWN, "copy the endpoint from the Redshift console")


def tls(given: Given) -> str:
    """Return how the server's certificate is verified. A connection without TLS is not offered."""
    mode = given.text.lower()
    if mode in (VERIFY_FULL, VERIFY_CA):
        return mode
    raise ConfigurationError(
        f"{given.place} must be {VERIFY_FULL}, or {VERIFY_CA} for a tunnel whose name is not in the certificate",
        "a connection without TLS would show passwords and data to the network",
    )


def _arn(form: re.Pattern[str], requirement: str, hint: str) -> Reader:
    def read(given: Given) -> str:
        if form.fullmatch(given.text):
            return given.text
        shown = UNSHOWN if given.text.startswith("arn:") else "something without arn: at its beginning"
        raise invalid(given.place, requirement, shown, hint)

    return read


# Roles may be chained, with commas between them. Redshift guide, r_UNLOAD
role = _arn(
    _ROLES,
    "must be a role like arn:aws:iam::123456789012:role/sparkify-redshift",
    "copy the ARN from the IAM console, or let `sparkify-dwh cluster up --write` fill it in",
)
secret_arn = _arn(
    _SECRET,
    "must be a secret like arn:aws:secretsmanager:us-west-2:123456789012:secret:name",
    "copy the ARN from the Secrets Manager console",
)

# Whether a region exists is for AWS to say.
region = matching(r"[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}", "a region like us-west-2", shows_value=False)


def prefix(given: Given) -> str:
    """Return the URL of a key prefix."""
    if "*" in given.text:
        raise ConfigurationError(
            f"{given.place} has a * in it, but COPY takes a key prefix: every object whose key begins with it",
            "end it before the *, with a slash",
        )
    return configured_location(given.place, given.text, given.directory)


def object_url(given: Given) -> str:
    """Return the URL of one object."""
    if "*" in given.text:
        raise invalid(given.place, "must be one file", "a * in its name")
    url = prefix(given)
    if url.endswith("/"):
        raise invalid(given.place, "must be one file", "a key prefix that ends in a slash")
    return url


def absolute(path: Path | str, directory: Path) -> Path:
    """Return the path, relative to ``directory``, with ``~`` and ``..`` resolved by name."""
    return Path(os.path.normpath(directory / expanded(path)))
