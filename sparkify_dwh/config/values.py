"""Configured values with a form: endpoints, ports, switches, roles. What has another form is said in one sentence.

Where a value may be a password in the wrong line, the sentence does not show it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from sparkify_dwh.config.file import Values
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.storage.urls import configured_location, expanded
from sparkify_dwh.utils.secret import Secret

STANDIN = "standin"
DEFAULT_PORT = 5439
VERIFY_FULL, VERIFY_CA = "verify-full", "verify-ca"

_ENDPOINT = re.compile(r"(?P<host>[^\s:/?#@]+)(?::(?P<port>\d+))?(?:/(?P<db_name>[^\s/?#]*))?", re.ASCII)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+", re.ASCII)
_SECRET = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_YES, _NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


def endpoint(values: Values) -> dict[str, str]:
    """Host, port and db_name, as far as HOST names them: the console's form of an endpoint is host:5439/dev."""
    host = values.get("CLUSTER", "HOST")
    if host is None:
        return {}
    if host.lower() == STANDIN:
        return {"host": STANDIN}
    if "://" in host or host.lower().startswith("jdbc:"):
        problem = "found a URL: leave out http://, jdbc:redshift:// or the like"
    elif found := _ENDPOINT.fullmatch(host):
        return {name: part for name, part in found.groupdict().items() if part}
    else:
        problem = "found something else: copy the endpoint from the Redshift console"
    # What was found is not shown: a URL may hold a password.
    raise ConfigurationError(
        f"{values.place('CLUSTER', 'HOST')} must be a host like x.y.eu-west-1.redshift.amazonaws.com, {problem}"
    )


def port(values: Values, in_endpoint: str | None) -> int:
    """The port to connect to: that of [CLUSTER], of the endpoint, of [DWH], or Redshift's own."""
    given = {
        ("CLUSTER", "DB_PORT"): values.get("CLUSTER", "DB_PORT"),
        ("CLUSTER", "HOST"): in_endpoint,
        ("DWH", "DWH_PORT"): values.get("DWH", "DWH_PORT"),
    }
    name, text = next(((name, text) for name, text in given.items() if text), (("CLUSTER", "DB_PORT"), ""))
    if not text:
        return DEFAULT_PORT
    if re.fullmatch(r"0*[1-9][0-9]{0,4}", text) and int(text) <= 65535:
        return int(text)
    found = text if re.fullmatch("[0-9]{1,6}", text) else "something else"  # which may be a password in the wrong line
    raise ConfigurationError(f"{values.place(*name)} needs a port from 1 to 65535, found {found}: correct it")


def switch(values: Values, section: str, key: str) -> bool:
    """A value that is true or false; false when it is absent."""
    text = (values.get(section, key) or "false").lower()
    if text in _YES | _NO:
        return text in _YES
    raise ConfigurationError(f"{values.place(section, key)} must be true or false, found something else: correct it")


def seconds(values: Values, section: str, key: str, default: float) -> float:
    """A limit in seconds, from 1 to 3600."""
    text = values.get(section, key)
    if text is None:
        return default
    if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text) and 1 <= float(text) <= 3600:
        return float(text)
    raise ConfigurationError(
        f"{values.place(section, key)} needs seconds from 1 to 3600, found something else: correct it"
    )


def tls(values: Values) -> str:
    """How the server's certificate is checked; without TLS there is no connection."""
    mode = (values.get("CLUSTER", "TLS") or VERIFY_FULL).lower()
    if mode in (VERIFY_FULL, VERIFY_CA):
        return mode
    raise ConfigurationError(
        f"{values.place('CLUSTER', 'TLS')} must be {VERIFY_FULL}, or {VERIFY_CA} for a tunnel whose name the certificate "
        "cannot hold: a connection without TLS would show passwords and data to the network"
    )


def query_group(values: Values, default: str) -> str:
    label = values.get("CLUSTER", "QUERY_GROUP") or default
    if _LABEL.fullmatch(label):
        return label
    raise ConfigurationError(
        f"{values.place('CLUSTER', 'QUERY_GROUP')} must be up to 100 letters, digits, '_', '-' and '.': correct it"
    )


def role(values: Values) -> str | None:
    """The role of Redshift; several, chained, stand with commas between them (Redshift guide, r_UNLOAD)."""
    arn = values.get("IAM_ROLE", "ARN")
    if arn is None or all(_ROLE.fullmatch(part) for part in arn.split(",")):
        return arn
    raise ConfigurationError(
        f"{values.place('IAM_ROLE', 'ARN')} must be a role like arn:aws:iam::123456789012:role/sparkify-redshift, "
        f"found {_beginning(arn)}: copy the ARN from the console of IAM, or let `sparkify-dwh cluster up --write` fill it in"
    )


def secret_arn(values: Values) -> str | None:
    arn = values.get("CLUSTER", "SECRET_ARN")
    if arn is None or _SECRET.fullmatch(arn):
        return arn
    raise ConfigurationError(
        f"{values.place('CLUSTER', 'SECRET_ARN')} must be a secret like arn:aws:secretsmanager:us-west-2:123456789012:"
        f"secret:name, found {_beginning(arn)}: copy the ARN from the console of Secrets Manager"
    )


def _beginning(arn: str) -> str:
    return "something else" if arn.startswith("arn:") else "something without arn: at its beginning"


def region(values: Values) -> str | None:
    """The region of the cluster. Whether there is one of this name is for AWS to say."""
    name = values.get("AWS", "REGION")
    if name is None or re.fullmatch(r"[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}", name):
        return name
    raise ConfigurationError(
        f"{values.place('AWS', 'REGION')} must be a region like us-west-2, found something else: correct it"
    )


def location(values: Values, key: str, directory: Path | None) -> str | None:
    """The URL of a location of [S3]; ``directory`` is what local paths count from, None where there are none."""
    value = values.get("S3", key)
    url = configured_location(values.place("S3", key), value, directory) if value else None
    if url and key == "LOG_JSONPATH" and url.endswith("/"):
        raise ConfigurationError(f"{values.place('S3', key)} must be one file, found a key prefix that ends in a slash")
    return url


def secret(values: Values, section: str, key: str) -> Secret | None:
    value = values.get(section, key)
    return Secret(value) if value else None


def aws_keys(values: Values) -> tuple[Secret | None, Secret | None]:
    """The access key of AWS, both parts or neither."""
    key, secret_key = secret(values, "AWS", "KEY"), secret(values, "AWS", "SECRET")
    if bool(key) != bool(secret_key):
        given, lacking = ("KEY", "SECRET") if key else ("SECRET", "KEY")
        raise ConfigurationError(f"{values.place('AWS', given)} is given, [AWS] {lacking} is not: give both or neither")
    return key, secret_key


def absolute(path: Path | str, directory: Path) -> Path:
    return Path(os.path.normpath(directory / expanded(path)))
