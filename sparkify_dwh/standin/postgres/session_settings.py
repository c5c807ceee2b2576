"""The settings of every PostgreSQL session of the stand-in, and those that are reported to its client."""

from __future__ import annotations

from sparkify_dwh.standin.postgres.parameters import PREFIX, REDSHIFT_ONLY

# The schema of Redshift's functions and views: last in every search path, and not shown to the client.
CATALOG = "redshift_catalog"

# Redshift reads snapshots, so later commits of other sessions are not visible; PostgreSQL's default isolation would show
# them. Redshift guide, c_serial_isolation. Backslashes are escapes in its literals, times are UTC, and errors do not
# quote a query plan.
SESSION = {
    "default_transaction_isolation": "repeatable read",
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "timezone": "UTC",
    "datestyle": "ISO, MDY",
    "search_path": f"$user, public, {CATALOG}",
    "client_encoding": "UTF8",
    "jit": "off",
    # Redshift uses hash joins. PostgreSQL's estimates for several columns or rtrim() are far off, and it would choose
    # nested loops that run for hours.
    "enable_nestloop": "off",
    "enable_mergejoin": "off",
}

# The parameters whose values Redshift reports to its clients at the start and when they change, as PostgreSQL 8.0 does.
# The version is reported too, but the relay has a constant for it.
REPORTED = ("client_encoding", "DateStyle", "integer_datetimes", "is_superuser", "session_authorization", "TimeZone")


def startup_options() -> str:
    """Return the settings of a session, with the defaults of Redshift's own parameters, as libpq's ``options``."""
    redshift_only = {f"{PREFIX}{name}": parameter.default for name, parameter in REDSHIFT_ONLY.items()}
    return " ".join(
        f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in (SESSION | redshift_only).items()
    )


def is_reported(parameter_status: bytes) -> bool:
    """Return whether the client may see this ParameterStatus of PostgreSQL."""
    return parameter_status.partition(b"\x00")[0].decode() in REPORTED
