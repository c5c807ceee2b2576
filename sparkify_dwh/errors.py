"""Every error this package raises on purpose, in one tree.

    SparkifyError                  base of all; str() is one sentence that says what to do
    ├── ConfigurationError         dwh.cfg or the environment lacks a value, or holds one that cannot work
    ├── UnreachableError           no connection: the server is not there, or it refused the credentials
    ├── NotMigratedError           the warehouse's tables are missing, or not those of this version
    ├── SourceError                an input cannot be listed or read: wrong URL, nothing under a prefix, no right
    ├── LoadError                  a load failed and was rolled back
    │   └── CopyError              COPY refused the data; the file, line and column are in the message
    ├── CheckError                 rows of the warehouse are not what a check demands; the message names them
    ├── ExportError                an export failed; the message says what is left of it
    ├── AwsError                   AWS refused a request about a cluster or a login, or did not answer
    └── UsageError                 an argument makes no sense

Messages never hold a secret. ``exit_code`` is what the command line exits with.
"""

from __future__ import annotations


class SparkifyError(Exception):
    """Base of the errors that this package raises on purpose."""

    exit_code = 1


class UsageError(SparkifyError):
    """An argument makes no sense: a negative number of songs, an unknown table."""

    exit_code = 2


class ConfigurationError(SparkifyError):
    """The configuration lacks something, or holds something that cannot work."""

    exit_code = 3


class UnreachableError(SparkifyError):
    """The warehouse cannot be connected to."""

    exit_code = 4


class NotMigratedError(SparkifyError):
    """The tables of the warehouse are missing or are not those of this version."""

    exit_code = 5


class SourceError(SparkifyError):
    """An input cannot be listed or read."""

    exit_code = 6


class LoadError(SparkifyError):
    """A load failed; the warehouse is as it was before."""

    exit_code = 7


class CopyError(LoadError):
    """COPY refused the data."""


class CheckError(SparkifyError):
    """Rows of the warehouse are not what a check demands."""

    exit_code = 8


class ExportError(SparkifyError):
    """An export failed; it has no manifest."""

    exit_code = 9


class AwsError(SparkifyError):
    """AWS refused a request, or did not answer it. ``code`` is what AWS calls the reason, where it gave one."""

    exit_code = 10

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code
