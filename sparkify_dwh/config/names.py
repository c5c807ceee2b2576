"""Sections whose keys are names of a warehouse, such as those of its checks: [CHECKS] and [ALLOWED_VALUES].

In dwh.cfg a name is written as the commands print it, ``invoices have a total``, in any case. There and in the environment,
an underscore may stand for whatever is not a letter or a digit: ``INVOICES_HAVE_A_TOTAL``. An unknown name is always an
error: if it were ignored, a check would stay as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches

from sparkify_dwh.config.fields import ALLOWED_VALUES, CHECKS, Fields, Name, keys
from sparkify_dwh.errors import ConfigurationError

SECTIONS = (CHECKS, ALLOWED_VALUES)
MIN_SIMILARITY = 0.5


def key_of(name: str) -> str:
    """Return the key of a name: ``INVOICES_STATE_IS_AN_ALLOWED_VALUE`` for ``invoices.state is an allowed value``."""
    return re.sub("[^A-Z0-9]+", "_", name.upper()).strip("_")


def setting_name(section: str, key: str) -> Name:
    """Return the section and key of a line of dwh.cfg, both in capitals."""
    return section, key_of(key) if section in SECTIONS else key.upper()


def require_known_names(given: Collection[Name], shown: Callable[[Name], str], fields: Fields) -> None:
    """Raise ConfigurationError for a key of these sections that the warehouse does not have."""
    for section, key in given:
        if section in SECTIONS and (section, key) not in fields:
            known = {name: fields[section, name].shown_name for name in keys(fields, section)}
            raise ConfigurationError(f"{shown((section, key))} {unknown(key, known)}", _HINTS[section])


def unknown(key: str, known: dict[str, str]) -> str:
    """Return what is wrong with a name that does not exist, and the known one that it resembles."""
    similar = get_close_matches(key, known, n=1, cutoff=MIN_SIMILARITY)
    meant = f", did you mean {known[similar[0]]!r}?" if similar else ""
    return f"does not exist{meant}"


def unknown_names(names: Iterable[str], known: Iterable[str], section: str) -> ConfigurationError | None:
    """Return the error for the first of the names, as the commands print them, that is not known."""
    by_key = {key_of(name): name for name in known}
    for name in names:
        if name not in by_key.values():
            return ConfigurationError(f"[{section}] {name} {unknown(key_of(name), by_key)}", _HINTS[section])
    return None


_HINTS = {
    CHECKS: "`sparkify-dwh check --list` has the names of the checks",
    ALLOWED_VALUES: "`sparkify-dwh schema TABLE` has the columns with allowed values",
}
