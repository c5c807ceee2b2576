"""What every session of the stand-in is set to in PostgreSQL, and which settings its client hears of."""

from __future__ import annotations

from sparkify_dwh.standin.postgres.parameters import PREFIX, REDSHIFT_ONLY

# Where Redshift's functions and views are: behind whatever the client searches, and not shown to it.
CATALOG = "redshift_catalog"

# Redshift reads snapshots, so that what others commit later is not seen; PostgreSQL's default would show it.
# Redshift guide, c_serial_isolation. Backslashes escape in its literals, times are UTC, and errors name no query plan.
SESSION = {
    "default_transaction_isolation": "repeatable read",
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "timezone": "UTC",
    "datestyle": "ISO, MDY",
    "search_path": f"$user, public, {CATALOG}",
    "client_encoding": "UTF8",
    "jit": "off",
    # Redshift hashes. PostgreSQL, whose estimates for several columns or rtrim() are far off, would loop for hours.
    "enable_nestloop": "off",
    "enable_mergejoin": "off",
}

# What Redshift tells its clients of, at the start and when it changes; it is PostgreSQL 8.0 in this, and the version a
# constant of the relay's.
REPORTED = ("client_encoding", "DateStyle", "integer_datetimes", "is_superuser", "session_authorization", "TimeZone")


def startup_options() -> str:
    """The settings of a session, and the defaults of Redshift's own parameters, as libpq's ``options``."""
    own = {f"{PREFIX}{name}": parameter.default for name, parameter in REDSHIFT_ONLY.items()}
    return " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in (SESSION | own).items())


def is_reported(parameter_status: bytes) -> bool:
    """Whether the client may see this ParameterStatus of PostgreSQL's."""
    return parameter_status.partition(b"\x00")[0].decode() in REPORTED
