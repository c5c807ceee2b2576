"""The error that a client of the stand-in receives."""

from __future__ import annotations


class RedshiftError(Exception):
    """Redshift's error: an SQLSTATE of five characters, a message, and an optional detail.

    Redshift uses XX000 (internal error) for most failures of COPY.
    """

    def __init__(self, sqlstate: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
