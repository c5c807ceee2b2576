"""SET, RESET and SHOW of Redshift's parameters; other parameters are unknown, as in Redshift.

Redshift guide, r_SET, r_RESET and r_SHOW. Names of two parts are session variables, as in PostgreSQL.

Limits: set_config() and ALTER USER ... SET accept only PostgreSQL's parameters, and do not check that schemas exist.
"""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.reader import StatementReader, literal
from sparkify_dwh.standin.outcomes import PASSED, Plan, Rewritten
from sparkify_dwh.standin.postgres.parameters import (
    CATALOG,
    DOCUMENTED,
    MAX_EXTRA_FLOAT_DIGITS,
    PREFIX,
    REDSHIFT_ONLY,
    SHARED,
)

# What may follow SET and SHOW in place of a parameter.
SET_COMMANDS = (("TRANSACTION",), ("TIME", "ZONE"), ("NAMES",), ("SEED",))
SET_SESSION_COMMANDS = (("AUTHORIZATION",), ("CHARACTERISTICS",))
SHOW_PHRASES = (("TRANSACTION", "ISOLATION", "LEVEL"), ("TIME", "ZONE"), ("SESSION", "AUTHORIZATION"))
SHOW_COMMANDS = frozenset({
    "COLUMN", "COLUMNS", "CONSTRAINTS", "DATABASES", "DATASHARES", "EXTERNAL", "FUNCTIONS", "GRANTS", "MODEL",
    "PARAMETERS", "POLICIES", "PROCEDURE", "PROCEDURES", "SCHEMAS", "TABLE", "TABLES", "VIEW",
})  # fmt: skip
# The guide's parameters in the columns of Redshift's SHOW ALL.
ALL = """
SELECT name, redshift_catalog.current_setting(name) AS setting FROM unnest(ARRAY[{names}]) AS name ORDER BY name
"""


def parameter_rule(sql: str, words: list[str]) -> Plan | None:
    """Plan SET, RESET and SHOW. This rule follows that of isolation levels."""
    rule = {"SET": _set, "RESET": _reset, "SHOW": _show}.get(words[0] if words else "")
    return rule(StatementReader(sql)) if rule is not None else None


def _set(reader: StatementReader) -> Plan:
    """Plan SET [SESSION | LOCAL] name {TO | =} {value | DEFAULT}."""
    reader.expect("SET")
    scope = reader.accept_one_of("SESSION", "LOCAL") or "SESSION"
    commands = SET_COMMANDS + (SET_SESSION_COMMANDS if scope == "SESSION" else ())
    if any(reader.accept(*command) for command in commands):
        return PASSED
    name = _name(reader)
    if not (reader.accept("TO") or reader.accept("=")):
        raise reader.syntax_error()
    if name == "search_path":
        return _set_search_path(reader, scope)
    if name in REDSHIFT_ONLY:
        return _set_redshift_only(reader, scope, name)
    if name == "extra_float_digits" and reader.ahead.isdigit() and int(reader.ahead) > MAX_EXTRA_FLOAT_DIGITS:
        valid = f"(-15 .. {MAX_EXTRA_FLOAT_DIGITS})"
        raise RedshiftError("22023", f'{reader.ahead} is outside the valid range for parameter "{name}" {valid}')
    return PASSED


def _set_search_path(reader: StatementReader, scope: str) -> Plan:
    """Append the schema of Redshift's functions and views to the client's path. Redshift guide, r_search_path

    A schema that does not exist is refused, as in PostgreSQL 8.0: https://github.com/airbytehq/airbyte/pull/12005
    """
    if reader.accept("DEFAULT"):
        reader.finish()
        return Rewritten(f"SET {scope} search_path TO DEFAULT")
    schemas = [_schema_name(reader)]
    while reader.accept(","):
        schemas.append(_schema_name(reader))
    reader.finish()
    names = ", ".join(map(literal, schemas))
    return Rewritten(f"CALL {CATALOG}.set_search_path({scope == 'LOCAL'}, {names})", tag="SET")


def _schema_name(reader: StatementReader) -> str:
    name = reader.accept_string()
    return reader.name() if name is None else name


def _set_redshift_only(reader: StatementReader, scope: str, name: str) -> Plan:
    if reader.accept("DEFAULT"):
        value = "DEFAULT"
    else:
        sign = "-" if reader.accept("-") else ""
        token = reader.take()
        if token.kind == "symbol":
            raise RedshiftError("42601", f'syntax error at or near "{token.text}"')
        value = literal(REDSHIFT_ONLY[name].validated(name, sign + token.value))
    reader.finish()
    return Rewritten(f"SET {scope} {PREFIX}{name} TO {value}")


def _reset(reader: StatementReader) -> Plan:
    """Plan RESET {name | ALL}."""
    reader.expect("RESET")
    if reader.accept("ALL") or reader.accept("SESSION", "AUTHORIZATION") or reader.accept("TIME", "ZONE"):
        return PASSED
    name = _name(reader)
    reader.finish()
    return Rewritten(f"RESET {PREFIX}{name}") if name in REDSHIFT_ONLY else PASSED


def _show(reader: StatementReader) -> Plan:
    """Plan SHOW {name | ALL}."""
    reader.expect("SHOW")
    if reader.accept("ALL"):
        names = ", ".join(map(literal, (*DOCUMENTED, *REDSHIFT_ONLY)))
        return Rewritten(ALL.format(names=names), tag="SHOW")
    if any(reader.accept(*phrase) for phrase in SHOW_PHRASES):
        return PASSED
    if reader.ahead in SHOW_COMMANDS:
        raise RedshiftError("0A000", f"the stand-in does not carry out SHOW {reader.ahead}")
    name = _name(reader)
    reader.finish()
    if name in REDSHIFT_ONLY or name in ("search_path", "server_version", "statement_timeout"):
        return Rewritten(f"SELECT {CATALOG}.current_setting('{name}') AS {name}", tag="SHOW")
    return PASSED


def _name(reader: StatementReader) -> str:
    """Read the name of a parameter or variable. Raise RedshiftError 42704 for one that Redshift does not have."""
    name = reader.name()
    if reader.accept("."):
        name = f"{name}.{reader.name()}"
        is_known = not name.startswith((PREFIX, "redshift."))
    else:
        is_known = name in SHARED or name in REDSHIFT_ONLY
    if not is_known:
        # https://github.com/sqlalchemy/sqlalchemy/issues/9494
        raise RedshiftError("42704", f'unrecognized configuration parameter "{name}"')
    return name
