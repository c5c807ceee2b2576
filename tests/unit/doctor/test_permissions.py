"""A missing permission of AWS is named with the policy statement that has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sparkify_dwh.aws.errors import Request, refusal
from sparkify_dwh.doctor.permissions import with_policy
from sparkify_dwh.settings import Settings

SETTINGS = Settings(
    host="music.abc123xyz.us-west-2.redshift.amazonaws.com",
    iam=True,
    db_user="loader",
    inputs={"LOG_DATA": "s3://events/log_data/"},
    manifests="s3://warehouse/manifests/",
    export="s3://warehouse/export/",
)


def denied(action: str, url: str = "") -> str:
    return str(refusal(Request(action, "us-west-2", url), {"Error": {"Code": "AccessDenied"}}))


@pytest.mark.parametrize(
    ("action", "url", "statement"),
    [
        ("s3:ListBucket", "s3://events/log_data/", "the statement ListLocations"),
        ("s3:GetObject", "s3://events/log_data/a.json", "the statement ReadInputs"),
        ("s3:GetObject", "s3://warehouse/export/sparkify-export.json", "the statement WriteExports"),
        ("s3:PutObject", "s3://warehouse/manifests/x", "the statement WriteManifests"),
        ("s3:DeleteObject", "s3://warehouse/export/x", "the statement WriteExports"),
        ("redshift:GetClusterCredentials", "", "the statement LogIn"),
        ("s3:GetObject", "s3://elsewhere/x", "it"),
    ],
)
def test_the_statement_that_allows_it_is_named(action: str, url: str, statement: str) -> None:
    sentence = with_policy(denied(action, url), SETTINGS)
    assert sentence.startswith(f"No permission for {action}")
    assert sentence.endswith(
        f"grant it to the AWS identity in use. `sparkify-dwh cluster policy load` prints {statement}."
    )


def test_other_problems_stay_as_they_are() -> None:
    assert with_policy("There is no bucket events.", SETTINGS) == "There is no bucket events."
    assert with_policy(denied("s3:GetObject"), None) == denied("s3:GetObject")


def test_a_cluster_without_a_name_has_no_statement() -> None:
    assert with_policy(denied("s3:ListBucket"), replace(SETTINGS, host="tunnel")).endswith("policy load` prints it.")
