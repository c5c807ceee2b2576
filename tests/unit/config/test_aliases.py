"""Settings under names that other programs' dwh.cfg files have: the message names the setting that is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkify_dwh.config.aliases import meant_by
from sparkify_dwh.config.file import read_values
from sparkify_dwh.doctor.configuration import configuration_findings
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.sparkify import SPARKIFY

FIELDS = SPARKIFY.fields


@pytest.mark.parametrize(
    ("section", "key", "meant"),
    [
        ("DWH", "DWH_ENDPOINT", ("CLUSTER", "HOST")),
        ("DWH", "DWH_ROLE_ARN", ("IAM_ROLE", "ARN")),
        ("DWH", "DWH_IAM_ROLE_ARN", ("IAM_ROLE", "ARN")),
        ("DWH", "DWH_REGION", ("AWS", "REGION")),
        ("DWH", "DB_NAME", ("CLUSTER", "DB_NAME")),
        ("ARN", "ARN", ("IAM_ROLE", "ARN")),
        ("IAM_ROLE", "ARN_ROLE", ("IAM_ROLE", "ARN")),
        ("IAM_ROLE", "IAM_ROLE_ARN", ("IAM_ROLE", "ARN")),
        ("IAM_ROLE", "NAME", ("DWH", "DWH_IAM_ROLE_NAME")),
        ("CLUSTER", "ARN", ("IAM_ROLE", "ARN")),
        ("CLUSTER", "DB_HOST", ("CLUSTER", "HOST")),
        ("CLUSTER", "ENDPOINT", ("CLUSTER", "HOST")),
        ("CLUSTER", "DWH_DB", ("CLUSTER", "DB_NAME")),
        ("CLUSTER", "DWH_DB_USER", ("CLUSTER", "DB_USER")),
        ("CLUSTER", "DWH_DB_PASSWORD", ("CLUSTER", "DB_PASSWORD")),
        ("CLUSTER", "DWH_PORT", ("CLUSTER", "DB_PORT")),
        ("CLUSTER", "DWH_NODE_TYPE", ("DWH", "DWH_NODE_TYPE")),
        ("CLUSTER", "REGION_NAME", ("AWS", "REGION")),
        ("AWS", "REGION_NAME", ("AWS", "REGION")),
        ("AWS", "AWS_ACCESS_KEY_ID", ("AWS", "KEY")),
        ("AWS", "AWS_SECRET_ACCESS_KEY", ("AWS", "SECRET")),
        ("S3", "REGION_NAME", ("S3", "REGION")),
        ("S3", "BUCKET_REGION", ("S3", "REGION")),
        ("S3", "S3_LOG_DATA", ("S3", "LOG_DATA")),
        ("AWS", "LOG_JSONPATH", ("S3", "LOG_JSONPATH")),
        ("REDSHIFT_CLUSTER", "DB_HOST", ("CLUSTER", "HOST")),
        ("REDSHIFT_CLUSTER", "DB_NAME", ("CLUSTER", "DB_NAME")),
        ("DB", "PASSWORD", ("CLUSTER", "DB_PASSWORD")),
        ("REGION", "REGION", ("AWS", "REGION")),
        ("CLUSTER", "HOST", None),
        ("DWH", "DWH_DB", None),
        ("S3", "BUCKET_NAME", None),
        ("airflow", "HOST", None),
    ],
)
def test_a_name_means_a_setting(section: str, key: str, meant: tuple[str, str] | None) -> None:
    assert meant_by((section, key), FIELDS) == meant


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dwh.cfg"


def test_all_settings_under_other_names_are_named_at_once(file: Path) -> None:
    file.write_text("[DWH]\nDWH_DB=d\nDWH_ENDPOINT=h\nDWH_ROLE_ARN=arn\n[S3]\nBUCKET_REGION=us-west-2\n")
    with pytest.raises(ConfigurationError) as error:
        read_values(file, {}, FIELDS)
    assert str(error.value) == (
        f"Settings under another name: {file}: [DWH] DWH_ENDPOINT is called [CLUSTER] HOST here, "
        f"{file}: [DWH] DWH_ROLE_ARN is called [IAM_ROLE] ARN here, "
        f"{file}: [S3] BUCKET_REGION is called [S3] REGION here. Rename them, or remove them."
    )


def test_a_variable_is_named_as_a_variable(file: Path) -> None:
    file.touch()
    with pytest.raises(ConfigurationError, match="SPARKIFY_DWH_DWH_ENDPOINT is called SPARKIFY_DWH_CLUSTER_HOST here"):
        read_values(file, {"SPARKIFY_DWH_DWH_ENDPOINT": "h"}, FIELDS)


@pytest.mark.parametrize(
    "text",
    [
        "[DWH]\nDWH_ENDPOINT=x\n[CLUSTER]\nHOST=h\n",
        "[DWH]\nDWH_ENDPOINT=\n",
        "[DATABASE]\nHOST=x\nUSER=y\n[CLUSTER]\nHOST=h\n",
        "[CLUSTER]\nHOST=h\nNODE_TYPE=dc2.large\n",
    ],
    ids=["beside the right one", "empty", "of another program", "of a cluster to create"],
)
def test_what_does_no_harm_is_no_error(file: Path, text: str) -> None:
    file.write_text(text)
    read_values(file, {}, FIELDS)


def test_the_doctor_names_what_is_read_instead(file: Path) -> None:
    file.write_text("[CLUSTER]\nHOST=h\nNODE_TYPE=dc2.large\n[DWH]\nDWH_ENDPOINT=x\n[DB]\nUSER=u\n[airflow]\nX=1\n")
    sentences = [finding.sentence for finding in configuration_findings(file, {}, SPARKIFY)]
    for name, remedy in {
        "[DWH] DWH_ENDPOINT": "[CLUSTER] HOST is read instead",
        "[CLUSTER] NODE_TYPE": "[DWH] DWH_NODE_TYPE is read instead",
        "the section [DB]": "[CLUSTER] is read instead",
        "the section [airflow]": "correct its name or remove it",
    }.items():
        assert f"{file}: {name} is not a known setting and is ignored: {remedy}." in sentences


def test_the_doctor_names_the_setting_that_is_meant(file: Path) -> None:
    file.write_text("[DWH]\nDWH_ENDPOINT=h\n")
    with pytest.raises(ConfigurationError, match=r"\[DWH\] DWH_ENDPOINT is called \[CLUSTER\] HOST here"):
        list(configuration_findings(file, {}, SPARKIFY))
