"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES with Redshift's three kinds of grantees: users, roles and groups; CREATE GROUP.

PostgreSQL has only roles. A role that can log in is a user, and a group has a mark that CREATE GROUP gives it.
Redshift guide, r_GRANT, r_REVOKE, r_ALTER_DEFAULT_PRIVILEGES, r_CREATE_GROUP

Limits: DROP and ALTER of tables, privileges on datashares, models and external schemas, ASSUMEROLE and scoped permissions
do not exist in PostgreSQL and are syntax errors.
"""

from __future__ import annotations

from sparkify_dwh.redshift.errors import NotSupportedError
from sparkify_dwh.standin.language.reader import StatementReader, literal, quoted
from sparkify_dwh.standin.outcomes import Plan, Rewritten
from sparkify_dwh.standin.postgres.parameters import CATALOG

COMMANDS = (["GRANT"], ["REVOKE"], ["ALTER", "DEFAULT", "PRIVILEGES"])
USER, ROLE, GROUP, PUBLIC = "user", "role", "group", "public"

Grantee = tuple[str, str]
"""A kind and a name, which is empty for PUBLIC."""


def grant_rule(sql: str, words: list[str]) -> Plan | None:
    """Plan the statements that give and take privileges."""
    command = next((command for command in COMMANDS if words[: len(command)] == command), None)
    if command is None:
        return None
    reader, tag = StatementReader(sql), " ".join(command)
    before = "FROM" if "REVOKE" in words else "TO"
    given = _granted_roles(reader, before) if words[1:2] == ["ROLE"] else reader.text_until(frozenset({before}))
    reader.expect(before)
    grantees, may_grant = _grantees(reader)
    end = " WITH GRANT OPTION" if may_grant else ""
    end = f" {word}" if (word := reader.accept_one_of("CASCADE", "RESTRICT")) else end
    reader.finish()
    names = ", ".join("PUBLIC" if kind == PUBLIC else quoted(name) for kind, name in grantees)
    checked = ", ".join(literal(text) for grantee in grantees for text in grantee)
    statement = literal(f"{given} {before} {names}{end}")
    return Rewritten(f"CALL {CATALOG}.change_privileges({statement}, {checked})", tag=tag)


def _granted_roles(reader: StatementReader, before: str) -> str:
    """Read GRANT ROLE a [, ROLE b], and return PostgreSQL's words for it."""
    command = reader.take().text
    roles = []
    while reader.ahead != before:
        reader.expect("ROLE")
        roles.append(quoted(reader.name()))
        reader.accept(",")
    return f"{command} {', '.join(roles)}"


def _grantees(reader: StatementReader) -> tuple[list[Grantee], bool]:
    """Read the grantees, and whether they may grant it on, which PostgreSQL says once for all of them."""
    grantees, grants_on = [_grantee(reader)], [_may_grant(reader)]
    while reader.accept(","):
        grantees.append(_grantee(reader))
        grants_on.append(_may_grant(reader))
    if len({*grants_on}) > 1:
        raise NotSupportedError("WITH GRANT OPTION for some of several grantees", "use a statement for each")
    return grantees, grants_on[0]


def _may_grant(reader: StatementReader) -> bool:
    return reader.accept("WITH", "GRANT", "OPTION")


def _grantee(reader: StatementReader) -> Grantee:
    if reader.accept("PUBLIC"):
        return PUBLIC, ""
    if kind := reader.accept_one_of("ROLE", "GROUP"):
        return kind.lower(), reader.name()
    return USER, reader.name()


def create_group_rule(sql: str, words: list[str]) -> Plan | None:
    """Plan CREATE GROUP name [[WITH] USER user [, ...]]."""
    if words[:2] != ["CREATE", "GROUP"]:
        return None
    reader = StatementReader(sql)
    reader.expect("CREATE", "GROUP")
    names = [reader.name()]
    reader.accept("WITH")
    if reader.accept("USER"):
        names.append(reader.name())
        while reader.accept(","):
            names.append(reader.name())
    reader.finish()
    return Rewritten(f"CALL {CATALOG}.create_group({', '.join(map(literal, names))})", tag="CREATE GROUP")
