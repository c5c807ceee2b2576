"""Mistakes in writing a value: each has its sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkify_dwh import Settings
from sparkify_dwh.doctor.configuration import configuration_findings
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.sparkify import SPARKIFY


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dwh.cfg"


HOST = "s.abc.us-west-2.redshift.amazonaws.com"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (f"[CLUSTER]\nHOST={HOST},", "[CLUSTER] HOST ends in a comma: remove the comma."),
        (f"[CLUSTER]\nHOST='{HOST}',", "[CLUSTER] HOST ends in a comma: remove the comma."),
        (f"[CLUSTER]\nHOST={HOST};", "[CLUSTER] HOST ends in a semicolon: remove the semicolon."),
        ("[CLUSTER]\nHOST=<ENDPOINT>", "HOST still has a placeholder in angle brackets: put the value in its place"),
        ("[CLUSTER]\nHOST='<ENDPOINT>'", "HOST still has a placeholder in angle brackets"),
        ("[IAM_ROLE]\nARN=<ROLE ARN>", "[IAM_ROLE] ARN still has a placeholder"),
        ("[S3]\nLOG_DATA=s3://<bucket>/log_data/", "[S3] LOG_DATA still has a placeholder"),
        (f"[CLUSTER]\nHOST={HOST}  # mine", "[CLUSTER] HOST has a comment behind its value"),
        ("[CLUSTER]\nDB_NAME=dev ; mine", "[CLUSTER] DB_NAME has a comment behind its value"),
        ("[CLUSTER]\nDB_PORT=5439 # usual", "[CLUSTER] DB_PORT has a comment behind its value"),
        ("[S3]\nLOG_DATA='s3://bucket/log_data/'  # logs", "[S3] LOG_DATA has a comment behind its value"),
        (f"[CLUSTER]\nHOST='{HOST}", "[CLUSTER] HOST begins or ends with a quotation mark"),
        (f"[CLUSTER]\nHOST=\N{LEFT DOUBLE QUOTATION MARK}{HOST}\N{RIGHT DOUBLE QUOTATION MARK}", "a quotation mark"),
        (f"[CLUSTER]\nHOST=https://{HOST}", "found a URL: leave out http://"),
        ("[S3]\nLOG_DATA=s3://bucket/log_data/*.json", "LOG_DATA has a * in it, but COPY takes a key prefix"),
        ("[S3]\nLOG_JSONPATH=s3://bucket/*.json", "LOG_JSONPATH must be one file, found a * in its name"),
    ],
)
def test_a_mistake_has_its_sentence(file: Path, lines: str, sentence: str) -> None:
    file.write_text(f"{lines}\n")
    with pytest.raises(ConfigurationError) as error:
        Settings.read(file, {})
    assert sentence in str(error.value)


def test_the_console_copies_port_and_database_with_the_host(file: Path) -> None:
    file.write_text(f"[CLUSTER]\nHOST={HOST}:5440/dev\n")
    settings = Settings.read(file, {})
    assert (settings.host, settings.db_port, settings.db_name) == (HOST, 5440, "dev")


def test_in_quotes_a_value_is_as_it_stands(file: Path) -> None:
    file.write_text("[CLUSTER]\nDB_NAME='a # b'\nDB_USER=\"c;\"\n")
    settings = Settings.read(file, {})
    assert (settings.db_name, settings.db_user) == ("a # b", "c;")


def test_a_password_may_hold_all_of_it_and_the_doctor_asks(file: Path) -> None:
    file.write_text("[CLUSTER]\nDB_PASSWORD=<pa55> # 'x,\n")
    password = Settings.read(file, {}).db_password
    assert password is not None
    assert password.reveal() == "<pa55> # 'x,"
    (finding,) = [each for each in configuration_findings(file, {}, SPARKIFY) if "comment" in each.sentence]
    assert finding.state == "warning"
    assert finding.sentence.startswith("[CLUSTER] DB_PASSWORD seems to have a comment behind its value")
    assert "pa55" not in finding.sentence


@pytest.mark.parametrize("bucket", ["b", "ab", "Sparkify", "sparkify_events", "sparkify-", "a" * 64])
def test_a_name_that_no_bucket_has_is_refused_with_the_reason(file: Path, bucket: str) -> None:
    file.write_text(f"[S3]\nLOG_DATA=s3://{bucket}/log_data/\n")
    with pytest.raises(ConfigurationError, match=r"but a bucket's name has 3 to 63 of a-z, 0-9, '-' and '.'"):
        Settings.read(file, {})
