"""Redaction: what a report must not hold, such as names of the account, hosts, buckets and users."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.urls import split_s3
from sparkify_dwh.utils.secret import Secret

REDACTED = "***"

PATTERNS = re.compile(
    r"arn:aws[\w-]*:[^\s'\",;]+"  # names of AWS
    r"|(?<=s3://)[^/\s'\"]+"  # buckets
    r"|file://[^\s'\"]*"  # local paths
    r"|[\w.-]+\.amazonaws\.com(?:\.cn)?"  # hosts
    r"|\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}\b"  # access keys and ids of users
    r"|(?<![\w.])\d{12}(?![\w.])"  # accounts
    r"|(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"  # addresses
)


class Redactor:
    """Replaces secrets and names of the configuration, and whatever looks like one, in texts."""

    def __init__(self, settings: Settings, names: Iterable[str] = ()) -> None:
        words = {word for word in (*_words(settings), *names) if word}
        longest_first = sorted(words, key=len, reverse=True)
        self._words = (
            re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in longest_first)) if words else None
        )

    def text(self, text: str) -> str:
        redacted = PATTERNS.sub(REDACTED, text)
        return redacted if self._words is None else self._words.sub(REDACTED, redacted)

    def value(self, value: Any) -> Any:
        """Return a value for JSON with all its texts redacted, the keys of dictionaries too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(inner) for inner in value]
        return value


def _words(settings: Settings) -> list[str]:
    secrets: list[Secret | None] = [
        settings.db_password, settings.dwh_db_password, settings.aws_key, settings.aws_secret
    ]  # fmt: skip
    words = [secret.reveal() for secret in secrets if secret]
    words += [word for word in (settings.host, settings.db_name, settings.db_user, settings.role_arn) if word]
    words += [word for word in (settings.secret_arn, str(settings.standin_directory or "")) if word]
    words += (settings.host or "").split(".")[:2]  # the cluster's or workgroup's name and the account's
    urls = (url for url in settings.locations.values() if url.startswith("s3://"))
    return [*words, *(split_s3(url)[0] for url in urls), *settings.dwh.values()]
