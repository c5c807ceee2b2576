"""Which statement of the IAM policies a missing permission of AWS belongs to."""

from __future__ import annotations

import re

from sparkify_dwh.cluster.policy import Place, Statement
from sparkify_dwh.cluster.user_policies import load_policy
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.settings import Settings

_LACKING = re.compile(r"No permission for (?P<action>[\w-]+:\w+)(?: on (?P<url>s3://\S+))?")
_PARTITION = "aws"
_S3 = f"arn:{_PARTITION}:s3:::"


def with_policy(sentence: str, settings: Settings | None) -> str:
    """Return the sentence of a problem; if a permission is lacking, with the policy statement that has it."""
    match = _LACKING.search(sentence)
    if match is None or settings is None:
        return sentence
    name = _statement_name(settings, match["action"], match["url"])
    where = f"the statement {name}" if name else "it"
    return f"{sentence} `sparkify-dwh cluster policy load` prints {where}."


def _statement_name(settings: Settings, action: str, url: str | None) -> str | None:
    try:
        policy = load_policy(settings, Place(_PARTITION))
    except ConfigurationError:  # there is no cluster to log in to
        return None
    return next((str(each["Sid"]) for each in policy["Statement"] if _allows(each, action, url)), None)


def _allows(statement: Statement, action: str, url: str | None) -> bool:
    if action not in statement["Action"]:
        return False
    places = (f"s3://{resource.removeprefix(_S3).rstrip('*')}" for resource in statement["Resource"])
    return url is None or any(url.startswith(place) for place in places)
