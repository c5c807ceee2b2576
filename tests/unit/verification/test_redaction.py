"""A report holds no secret, and no name of the account, also when an error of the server quotes one."""

from __future__ import annotations

import pytest

from sparkify_dwh.settings import Secret, Settings
from sparkify_dwh.verification.redaction import Redactor

SETTINGS = Settings(
    host="music.abc123.eu-west-1.redshift.amazonaws.com",
    db_name="dev",
    db_user="ada",
    db_password=Secret("pa55"),
    role_arn="arn:aws:iam::123456789012:role/reads",
    manifests="s3://music-bucket/manifests/",
)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("permission denied for user ada", "permission denied for user ***"),
        ('database "dev" of a device', 'database "***" of a device'),
        ("at s3://music-bucket/a/b.json", "at s3://***/a/b.json"),
        ("at s3://another-bucket/a", "at s3://***/a"),
        ("bucket music-bucket is in eu-west-1", "bucket *** is in eu-west-1"),
        ("assume arn:aws:iam::999999999999:role/x, denied", "assume ***, denied"),
        ("arn:aws-cn:redshift:cn-north-1:1:dbuser:x/y", "***"),
        ("host music.abc123.eu-west-1.redshift.amazonaws.com", "host ***"),
        ("music answers from 10.1.2.3", "*** answers from ***"),
        ("AKIAIOSFODNN7EXAMPLE of account 123456789012", "*** of account ***"),
        ("user IAMR:grace", "user ***"),
        ("file:///home/ada/x.json line 1", "*** line 1"),
        ("Redshift 1.0.58814 at 1540919166796 has 52 rows", "Redshift 1.0.58814 at 1540919166796 has 52 rows"),
    ],
)
def test_names_are_replaced(text: str, redacted: str) -> None:
    assert Redactor(SETTINGS, ["IAMR:grace"]).text(text) == redacted


def test_texts_within_values_are_replaced() -> None:
    value = {"by ada": ["dev", 1, None, ("pa55", True)]}
    assert Redactor(SETTINGS).value(value) == {"by ***": ["***", 1, None, ["***", True]]}
