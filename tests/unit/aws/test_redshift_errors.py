"""What Redshift says of S3 and IAM: one explanation for COPY, UNLOAD and restore, and each text once."""

from __future__ import annotations

import pytest
from redshift_connector.error import ProgrammingError
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.aws.redshift_errors import ServerRequest, explain_server_error
from sparkify_dwh.database import server_message

DENIED = "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 0F1,ExtRid x=,CanRetry 1"
MISSING = "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket,Rid 0F1,CanRetry 1"
ELSEWHERE = "S3ServiceException:The bucket is elsewhere,Status 301,Error PermanentRedirect,Rid 0F1,CanRetry 1"
BUSY = "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown,Rid 0F1,CanRetry 1"

LOADING = ServerRequest("s3://bkt/log_data/", None)
RESTORING = ServerRequest("s3://bkt/star/songs/", None, takes_region=False)

BOX = f"""
  -----------------------------------------------
  error:  {DENIED}
  code:      8001
  context:   S3 key being read : s3://bkt/log_data/a.json
  query:     1234
  location:  s3_utility.cpp:672
  process:   padbmaster [pid=31337]
  -----------------------------------------------
"""


@pytest.mark.parametrize(
    ("message", "meaning", "hint"),
    [
        (
            DENIED,
            "the cluster's default role may not read s3://bkt/log_data/",
            "grant it s3:GetObject and s3:ListBucket there, or set [IAM_ROLE] ARN to a role that may",
        ),
        (
            "Not authorized to get credentials of role arn:aws:iam::123456789012:role/x",
            "the cluster may not use the cluster's default role",
            "attach it to the cluster, let redshift.amazonaws.com assume it in its trust policy, or correct [IAM_ROLE] ARN",
        ),
        (MISSING, "there is no bucket for s3://bkt/log_data/", "correct the URL in [S3]"),
        (
            ELSEWHERE,
            "the bucket of s3://bkt/log_data/ is in another region than the cluster",
            "set [S3] REGION to the bucket's region",
        ),
        (
            "The S3 bucket addressed by the query is in a different region from this cluster.",
            "the bucket of s3://bkt/log_data/ is in another region than the cluster",
            "set [S3] REGION to the bucket's region",
        ),
        (
            "The requested role arn:aws:iam::123456789012:role/x is not associated to cluster",
            "the cluster may not use the cluster's default role",
            "attach it to the cluster, let redshift.amazonaws.com assume it in its trust policy, or correct [IAM_ROLE] ARN",
        ),
        (
            f"{DENIED} S3 key being read : s3://bkt/log_data/a.json",
            "the cluster's default role may not read s3://bkt/log_data/a.json",
            "grant it s3:GetObject and s3:ListBucket there, or set [IAM_ROLE] ARN to a role that may",
        ),
        (
            "COPY with MANIFEST parameter requires full path of an S3 object.",
            "the cluster's default role may not read s3://bkt/log_data/",
            "grant it s3:GetObject and s3:ListBucket there, or set [IAM_ROLE] ARN to a role that may",
        ),
        (
            "S3ServiceException:User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: kms:Decrypt on resource",
            "the cluster's default role may not read s3://bkt/log_data/",
            "grant it kms:Decrypt there, or set [IAM_ROLE] ARN to a role that may",
        ),
        (BUSY, "S3 could not serve s3://bkt/log_data/", "run it again"),
    ],
)
def test_a_copy_that_may_not_read_is_explained(message: str, meaning: str, hint: str) -> None:
    assert explain_server_error(message, LOADING) == (meaning, hint)


def test_parquet_cannot_be_restored_from_another_region() -> None:
    """Redshift guide, copy-usage_notes-copy-from-columnar"""
    assert explain_server_error(ELSEWHERE, RESTORING) == (
        "the bucket of s3://bkt/star/songs/ is in another region than the cluster",
        "copy it to a bucket in the cluster's region",
    )


@pytest.mark.parametrize("message", ["disk full", "S3ServiceException:Strange,Status 400,Error Unheard,Rid 0F1"])
def test_what_is_not_known_is_not_explained(message: str) -> None:
    assert explain_server_error(message, LOADING) is None


def said(message: str, detail: str) -> str:
    return server_message(DBAPIError("COPY ...", None, ProgrammingError({"C": "XX000", "M": message, "D": detail})))


def test_a_message_is_said_once_with_the_file_that_was_read() -> None:
    assert said(DENIED, BOX) == f"{DENIED} S3 key being read : s3://bkt/log_data/a.json"


def test_a_detail_that_says_more_is_kept() -> None:
    """The message of a conflict is only its number: https://github.com/aws/aws-sdk-pandas/issues/665"""
    violation = "Serializable isolation violation on table - 1234"
    assert said("1023", violation) == f"1023 {violation}"
    assert said("1023", BOX.replace(DENIED, violation)).startswith(f"1023 {violation} ")
    assert said("disk full", "") == said("disk full", "-" * 40) == "disk full"
