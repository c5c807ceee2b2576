"""Redshift's session parameters, and the settings of the stand-in's PostgreSQL sessions.

Redshift guide, cm_chap_ConfigurationRef and the page of each parameter

PostgreSQL keeps those that it has too. Those that only Redshift has are custom PostgreSQL parameters with a prefix, so
that SET, SET LOCAL, RESET and rollbacks work for them as for all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sparkify_dwh.redshift.errors import RedshiftError

PREFIX = "sparkify_standin."

_BOOLEANS = {"on": "on", "true": "on", "yes": "on", "1": "on", "off": "off", "false": "off", "no": "off", "0": "off"}


@dataclass(frozen=True)
class Parameter:
    """A parameter that only Redshift has, with Redshift's default.

    ``is_fixed``: another value than the default would change the results of statements, which the stand-in does not do.
    """

    default: str
    kind: Literal["boolean", "integer", "number", "text"] = "boolean"
    min: float = float("-inf")
    max: float = float("inf")
    choices: frozenset[str] = frozenset()
    is_fixed: bool = False

    def validated(self, name: str, value: str) -> str:
        """Return the value as SHOW prints it. Raise RedshiftError 22023 for one that Redshift does not accept."""
        validated = _VALIDATORS[self.kind](self, name, value)
        if self.choices and validated not in self.choices:
            raise RedshiftError("22023", f'invalid value for parameter "{name}": "{value}"')
        if self.is_fixed and validated != self.default:
            raise RedshiftError("0A000", f"the stand-in does not carry out {name} = {value}, only {self.default}")
        return validated


def _boolean(_: Parameter, name: str, value: str) -> str:
    if value.lower() not in _BOOLEANS:
        raise RedshiftError("22023", f'parameter "{name}" requires a Boolean value')
    return _BOOLEANS[value.lower()]


def _number(parameter: Parameter, name: str, value: str) -> str:
    is_integer = parameter.kind == "integer"
    try:
        number = int(value) if is_integer else float(value)
    except ValueError:
        kind = "an integer" if is_integer else "a numeric"
        raise RedshiftError("22023", f'parameter "{name}" requires {kind} value') from None
    if not parameter.min <= number <= parameter.max:
        valid = f"({_format_number(parameter.min)} .. {_format_number(parameter.max)})"
        message = f'{_format_number(number)} is outside the valid range for parameter "{name}" {valid}'
        raise RedshiftError("22023", message)
    return _format_number(number)


def _format_number(number: float) -> str:
    return f"{number:.15g}"


def _text(_: Parameter, _name: str, value: str) -> str:
    return value


_VALIDATORS = {"boolean": _boolean, "integer": _number, "number": _number, "text": _text}

_LOG_LEVELS = frozenset({"LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION"})

REDSHIFT_ONLY = {
    "analyze_threshold_percent": Parameter("10", "number", 0, 100),
    "cast_super_null_on_error": Parameter("on"),
    "datashare_break_glass_session_var": Parameter("", "text"),
    "default_geometry_encoding": Parameter("2", "integer", 1, 2),
    "describe_field_name_in_uppercase": Parameter("off", is_fixed=True),
    "downcase_delimited_identifier": Parameter("on", is_fixed=True),
    "enable_case_sensitive_identifier": Parameter("off", is_fixed=True),
    "enable_case_sensitive_super_attribute": Parameter("off"),
    "enable_numeric_rounding": Parameter("off"),
    "enable_result_cache_for_session": Parameter("on"),
    "enable_spectrum_oid": Parameter("on"),
    "enable_vacuum_boost": Parameter("off"),
    "error_on_nondeterministic_update": Parameter("off", is_fixed=True),
    "interval_forbid_composite_literals": Parameter("off", is_fixed=True),
    "json_serialization_enable": Parameter("off"),
    "json_serialization_parse_nested_strings": Parameter("off"),
    "max_concurrency_scaling_clusters": Parameter("1", "integer", 0, 10),
    "max_cursor_result_set_size": Parameter("0", "integer", 0, 14_400_000),
    "mv_enable_aqmv_for_session": Parameter("on"),
    "navigate_super_null_on_error": Parameter("on"),
    "parse_super_null_on_error": Parameter("off"),
    "pg_federation_repeatable_read": Parameter("on"),
    "query_group": Parameter("default", "text"),
    "spectrum_enable_pseudo_columns": Parameter("on"),
    "spectrum_query_maxerror": Parameter("-1", "integer", -(2**31), 2**31 - 1),
    "stored_proc_log_min_messages": Parameter("LOG", "text", choices=_LOG_LEVELS),
    "use_fips_ssl": Parameter("off"),
    "wlm_query_slot_count": Parameter("1", "integer", 1, 50),
}

# Parameters of the guide that PostgreSQL has too.
DOCUMENTED = ("datestyle", "extra_float_digits", "search_path", "statement_timeout", "timezone")

# And others that clients set or read: PostgreSQL 8.0 had them, or Redshift's drivers rely on them.
SHARED = frozenset({
    *DOCUMENTED, "application_name", "client_encoding", "client_min_messages", "default_transaction_isolation",
    "default_transaction_read_only", "integer_datetimes", "is_superuser", "lc_collate", "lc_ctype", "seed",
    "server_encoding", "server_version", "session_authorization", "transaction_isolation", "transaction_read_only",
})  # fmt: skip

MAX_EXTRA_FLOAT_DIGITS = 2  # PostgreSQL accepts 3. Redshift guide, r_extra_float_digits

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
