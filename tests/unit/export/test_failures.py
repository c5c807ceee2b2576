"""An export that fails has no manifest, and says why it failed and what is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redshift_connector.error import ProgrammingError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.exports import ROLE, files
from support.warehouse import Sparkify

from sparkify_dwh.aws.redshift_errors import ServerRequest
from sparkify_dwh.errors import ExportError, UsageError
from sparkify_dwh.export import export
from sparkify_dwh.export.failures import explain_failure

UNLOADING = ServerRequest("s3://bkt/songs/", ROLE, writes=True)


@pytest.fixture
def unwritable(star: Sparkify) -> Sparkify:
    """A star with a user whom Parquet cannot hold: UNLOAD fails at the third table."""
    with star.engine.begin() as connection:
        connection.execute(text("UPDATE users SET ts = 'infinity' WHERE user_id = 17"))
    return star


def test_a_failed_export_has_no_manifest_and_says_what_is_left(unwritable: Sparkify, target: Path) -> None:
    with pytest.raises(ExportError) as raised:
        export(unwritable.settings, str(target))
    assert f"The export failed at {target.as_uri()}/users/: UNLOAD to PARQUET cannot write" in str(raised.value)
    assert f"no manifest, and 4 files are left under {target.as_uri()}/: export again with --over" in str(raised.value)
    assert len(files(target)) == 4
    assert "export.json" not in files(target)


def test_what_a_failed_export_has_left_can_be_overwritten(unwritable: Sparkify, target: Path) -> None:
    with pytest.raises(ExportError):
        export(unwritable.settings, str(target))
    with unwritable.engine.begin() as connection:
        connection.execute(text("UPDATE users SET ts = '2018-11-15' WHERE user_id = 17"))
    with pytest.raises(UsageError, match="The target already holds an export"):
        export(unwritable.settings, str(target))
    assert export(unwritable.settings, str(target), overwrite=True).tables["users"].rows == 1


def test_a_failed_export_takes_the_manifest_of_the_former_one_away(unwritable: Sparkify, target: Path) -> None:
    """It would name files that are gone."""
    export(unwritable.settings, str(target), tables=["artists", "songs", "time"])
    (target / "time").rename(target / "users")
    (target / "users/year=2018").rename(target / "users" / "ts=2018")
    with pytest.raises(ExportError, match="no manifest"):
        export(unwritable.settings, str(target), overwrite=True)
    assert "export.json" not in files(target)


@pytest.mark.parametrize(
    "change", [Path.unlink, lambda path: path.write_bytes(path.read_bytes())], ids=["gone", "another"]
)
def test_an_export_whose_files_somebody_touches_has_no_manifest(
    star: Sparkify, target: Path, change: Callable[[Path], Any]
) -> None:
    """Another export with --overwrite, for instance: the manifest would name files that are gone, or not of one moment."""

    def touch(step: str) -> None:
        if step == "unload time":
            for path in (target / "artists").iterdir():
                change(path)

    with pytest.raises(ExportError, match=r"Another program has written to .*/artists/ since this export began"):
        export(star.settings, str(target), on_step=touch)
    assert "export.json" not in files(target)


def test_an_interrupted_export_has_no_manifest(star: Sparkify, target: Path) -> None:
    def interrupt(step: str) -> None:
        if step == "unload time":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(star.settings, str(target), on_step=interrupt)
    assert "export.json" not in files(target) != []


def denied(message: str) -> DBAPIError:
    """An error as the driver raises it for what Redshift says."""
    return DBAPIError("UNLOAD ...", None, ProgrammingError({"S": "ERROR", "C": "XX000", "M": message, "D": "-" * 40}))


def test_a_conflict_is_recognised_by_its_detail() -> None:
    """The message is its number alone: https://github.com/aws/aws-sdk-pandas/issues/665"""
    said = {"S": "ERROR", "C": "XX000", "M": "1023", "D": "Serializable isolation violation on table - 1234"}
    assert explain_failure(DBAPIError("UNLOAD ...", None, ProgrammingError(said)), UNLOADING) == (
        "another transaction was in the way (1023 Serializable isolation violation on table - 1234)",
        "run it again",
    )


@pytest.mark.parametrize(
    ("message", "meaning", "hint"),
    [
        (
            "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 0F1,ExtRid x=,CanRetry 1",
            f"{ROLE} may not write to s3://bkt/songs/",
            "grant it s3:PutObject, s3:GetBucketLocation and s3:ListBucket there, or set [IAM_ROLE] ARN to a role that may",
        ),
        (
            "S3ServiceException:User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: s3:PutObject on x",
            f"{ROLE} may not write to s3://bkt/songs/",
            "grant it s3:PutObject, s3:GetBucketLocation and s3:ListBucket there, or set [IAM_ROLE] ARN to a role that may",
        ),
        (
            "S3ServiceException:The bucket you are attempting to access must be addressed using the specified endpoint.",
            "the bucket of s3://bkt/songs/ is in another region than the cluster",
            "set [S3] REGION to the bucket's region",
        ),
        (
            f"User arn:aws:redshift:us-west-2:1:dbuser:c/u is not authorized to assume IAM Role {ROLE}",
            f"the cluster may not use {ROLE}",
            "attach it to the cluster, let redshift.amazonaws.com assume it in its trust policy, or correct [IAM_ROLE] ARN",
        ),
        (
            "Specified unload destination on S3 is not empty. Consider using",
            "another program has written to s3://bkt/songs/ since this export began",
            "export again when it is done",
        ),
    ],
)
def test_what_redshift_says_is_explained(message: str, meaning: str, hint: str) -> None:
    """Redshift guide, s3serviceexception-error; https://github.com/embulk/embulk-output-jdbc/issues/85"""
    assert explain_failure(denied(message), UNLOADING) == (meaning, hint)


def test_what_needs_no_explanation_is_repeated() -> None:
    assert explain_failure(denied("disk full."), UNLOADING) == ("disk full", "")
