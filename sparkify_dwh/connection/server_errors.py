"""The meaning of errors of the server and of the network."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

# Redshift guide, c_serial_isolation; https://github.com/aws/amazon-redshift-jdbc-driver/issues/147. The most common one has
# only "1023" as its message, and is named in its detail. https://github.com/aws/aws-sdk-pandas/issues/665
CONFLICTS = (
    "Serializable isolation violation",
    "conflict with concurrent transaction",
    "Relation does not exist",
    "could not open relation with OID",
    "deadlock detected",
)
CONFLICT_CODES = frozenset({"40001", "40P01"})


def error_fields(error: BaseException) -> dict[str, str]:
    """Return the fields of a server's error by their one-letter codes (C: SQLSTATE, M: message, D: detail).

    redshift_connector passes them on as a dictionary. Empty when the error did not come from the server.
    """
    original = getattr(error, "orig", error)
    first = original.args[0] if getattr(original, "args", ()) else None
    return dict(first) if isinstance(first, dict) else {}


def server_message(error: BaseException) -> str:
    """Return what the server said, or else the driver, in one line, each text once, and without SQL."""
    fields = error_fields(error)
    text = " ".join((fields.get("M") or str(getattr(error, "orig", error))).split())
    return " ".join([text, *(part for part in _details(fields.get("D", "")) if part not in text)])


def _details(detail: str) -> list[str]:
    """Return the parts of an error's detail that say something.

    Redshift's internal errors repeat the message in a box of lines, with the place in its source code, and have in it what
    was being read: https://github.com/aws/aws-sdk-pandas/issues/665
    """
    lines = [" ".join(line.split()) for line in detail.splitlines()]
    if not any(line.startswith("-----") for line in lines):
        return [" ".join(lines).strip()] if detail.strip() else []
    parts = dict(line.split(": ", 1) for line in lines if ": " in line)
    return [parts[name] for name in ("error", "context") if parts.get(name)]


def is_conflict(error: DBAPIError) -> bool:
    """Return whether a concurrent transaction is the cause, so that running it again can help."""
    fields = error_fields(error)
    text = f"{fields.get('M')} {fields.get('D')}"
    return fields.get("C") in CONFLICT_CODES or any(phrase in text for phrase in CONFLICTS)


def is_lost(error: BaseException) -> bool:
    """Return whether the connection was lost."""
    return isinstance(error, DBAPIError) and bool(error.connection_invalidated)


def network_error(error: BaseException) -> BaseException:
    """Return the system's error within one of the driver, or else the error itself."""
    causes = [error, *getattr(error, "args", ())]
    return next((cause for cause in reversed(causes) if isinstance(cause, OSError)), error)


def loss_message(error: BaseException) -> str:
    """Return why a connection was lost: what the server or the driver said, or the system's own words for it."""
    cause = network_error(getattr(error, "orig", error))
    words = cause.strerror if isinstance(cause, OSError) else None
    return (words or server_message(error)).rstrip(".")
