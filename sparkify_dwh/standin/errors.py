"""The error that the stand-in answers a client with."""

from __future__ import annotations


class RedshiftError(Exception):
    """What Redshift would answer: an SQLSTATE, a message, and perhaps a detail.

    ``sqlstate`` is five characters; Redshift uses XX000 (internal error) for most failures of COPY.
    """

    def __init__(self, sqlstate: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
