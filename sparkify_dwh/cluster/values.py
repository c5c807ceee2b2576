"""The values of [DWH] by their forms; what has another form is said in one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sparkify_dwh.errors import ConfigurationError


def matching(dwh: Mapping[str, str], key: str, default: str, form: re.Pattern[str], needed: str) -> str:
    value = dwh.get(key, default)
    if not form.fullmatch(value):
        raise wrong(key, f"must be {needed}", value)
    return value


def number(dwh: Mapping[str, str], key: str, default: int, least: int, most: int) -> int:
    text = dwh.get(key, str(default))
    if not re.fullmatch("[0-9]{1,6}", text) or not least <= int(text) <= most:
        found = text if re.fullmatch("[0-9]{1,9}", text) else "something else"  # perhaps a password in the wrong line
        raise wrong(key, f"must be a number from {least} to {most}", found)
    return int(text)


def switch(dwh: Mapping[str, str], key: str) -> bool:
    text = dwh.get(key, "false").lower()
    if text not in ("true", "false"):
        raise wrong(key, "must be true or false", text)
    return text == "true"


def listed(dwh: Mapping[str, str], key: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in dwh.get(key, "").split(",") if part.strip())


def wrong(key: str, needed: str, found: str) -> ConfigurationError:
    return ConfigurationError(f"[DWH] {key} {needed}, found {found!r}: correct it")
