"""Every error that this package raises on purpose, in one tree.

    SparkifyError                  base class
    ├── ConfigurationError         dwh.cfg or the environment lacks a value, or has an invalid one
    ├── UnreachableError           no connection: the server does not answer, or refuses the credentials
    │   └── ConnectionLostError    the connection was lost in every attempt, before anything was committed
    ├── NotMigratedError           the warehouse's tables are missing, or belong to another version
    ├── SourceError                an input cannot be listed or read: wrong URL, nothing under a prefix, no permission
    │   └── MissingObjectError     nothing is at a URL
    ├── LoadError                  a load failed and was rolled back
    │   └── CopyError              COPY rejected the data; ``rows`` are the rejected rows
    ├── CheckError                 a data quality check failed; ``results`` are the results of the failed checks
    ├── ExportError                an export failed; the message says what it left in the target
    ├── AwsError                   AWS refused a request about a cluster or a login, or did not answer
    └── UsageError                 an argument is invalid

An error has a ``message`` (what is wrong) and a ``hint`` (what to do; may be empty); ``str()`` is both, and ends in one full
stop, whether they have one or not. It is one line, safe to show whatever data it quotes. Neither holds a secret. A message
that a command can show names its option, ``--max-errors``, and not the argument in Python, ``max_errors``. ``exit_code`` is
the exit code of the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkify_dwh.utils.printable import printable

MAX_VALUE_CHARACTERS = 80  # of a rejected value in a message


class SparkifyError(Exception):
    """Base class of the errors that this package raises on purpose."""

    exit_code = 1

    def __init__(self, message: str = "", hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return printable(with_hint(self.message, self.hint))


def with_hint(message: str, hint: str) -> str:
    """Return the message with its hint as sentences.

    A hint that begins with a capital, or after a question, is a sentence of its own; any other one follows a colon.
    """
    if not hint:
        return sentence(message)
    if hint[0].isupper() or message.endswith("?"):
        return f"{sentence(message)} {sentence(hint[0].upper() + hint[1:])}"
    phrase = message if message.endswith("...") else message.removesuffix(".")
    return f"{phrase}: {sentence(hint)}"


def sentence(text: str) -> str:
    """Return the text with a full stop at its end, unless it ends like a sentence already."""
    return text if text.endswith((".", "?", "!")) or not text else f"{text}."


class UsageError(SparkifyError):
    """An argument is invalid: a negative number of rows, an unknown table."""

    exit_code = 2


class ConfigurationError(SparkifyError):
    """The configuration lacks a value, or has an invalid one."""

    exit_code = 3


class UnreachableError(SparkifyError):
    """The warehouse cannot be connected to."""

    exit_code = 4


class ConnectionLostError(UnreachableError):
    """The connection to the warehouse was lost, and nothing was committed."""


class NotMigratedError(SparkifyError):
    """The tables of the warehouse are missing or belong to another version."""

    exit_code = 5


class SourceError(SparkifyError):
    """An input cannot be listed or read."""

    exit_code = 6


class MissingObjectError(SourceError):
    """Nothing is at the URL of an object."""


class LoadError(SparkifyError):
    """A load failed; the warehouse is unchanged."""

    exit_code = 7


@dataclass(frozen=True)
class RejectedRow:
    """A row that COPY rejected. ``line`` counts from 1; ``value`` is None when the server does not show it."""

    file: str
    line: int
    column: str
    code: int
    reason: str
    value: str | None

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}"
        if self.column:
            place += f", column {self.column}"
        value = f"{shorten(self.value)!r}: " if self.value else ""
        return printable(f"{place}: {value}{self.reason} ({self.code})")


def shorten(value: str) -> str:
    """Return a value as messages show it."""
    return value if len(value) <= MAX_VALUE_CHARACTERS else f"{value[:MAX_VALUE_CHARACTERS]}..."


class CopyError(LoadError):
    """COPY rejected the data. ``rows`` are rejected rows, as many as the server showed; the message names the first."""

    def __init__(self, message: str = "", hint: str = "", rows: Sequence[RejectedRow] = ()) -> None:
        super().__init__(message, hint)
        self.rows = tuple(rows)


class CheckError(SparkifyError):
    """A data quality check failed, or the data is too old. ``results`` are the ``CheckResult`` of each failed check."""

    exit_code = 8

    def __init__(self, message: str = "", hint: str = "", results: Sequence[Any] = ()) -> None:
        super().__init__(message, hint)
        self.results = tuple(results)


class ExportError(SparkifyError):
    """An export failed; it has no manifest."""

    exit_code = 9


class AwsError(SparkifyError):
    """AWS refused a request, or did not answer. ``code`` is AWS's name for the reason, or botocore's; empty without one."""

    exit_code = 10

    def __init__(self, message: str = "", hint: str = "", code: str = "") -> None:
        super().__init__(message, hint)
        self.code = code
