"""Errors as a Redshift server reports them."""

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


class NotSupportedError(RedshiftError):
    """A feature that Redshift has and the stand-in does not: ``feature`` names it, ``hint`` says what is supported."""

    def __init__(self, feature: str, hint: str = "") -> None:
        super().__init__("0A000", f"{feature} is not supported by the stand-in{hint and f': {hint}'}")


def internal_error_detail(message: str, code: int, context: str, location: str, process: str) -> str:
    """Return the box that Redshift draws below an internal error."""
    line = "-" * 47
    return (
        f"\n  {line}\n  error:  {message}\n  code:      {code}\n  context:   {context}\n  query:     0\n"
        f"  location:  {location}\n  process:   {process}\n  {line}\n"
    )
