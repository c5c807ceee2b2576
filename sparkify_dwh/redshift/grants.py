"""GRANT and ALTER DEFAULT PRIVILEGES, as objects that SQLAlchemy compiles.

Redshift guide, r_GRANT, r_ALTER_DEFAULT_PRIVILEGES
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

Kind = Literal["ROLE", "GROUP", "USER"]
ObjectKind = Literal["TABLE", "SCHEMA", "DATABASE"]


@dataclass(frozen=True, slots=True)
class Grantee:
    """Who is granted something. Users have names without a word before them."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.name}"


@dataclass(eq=False, repr=False)
class Grant(ExecutableDDLElement):
    """``GRANT privileges ON kind objects TO grantee``. ``schema`` is that of tables."""

    inherit_cache = False

    privileges: Sequence[str]
    kind: ObjectKind
    objects: Sequence[str]
    _: KW_ONLY
    to: Grantee
    schema: str | None = None


@dataclass(eq=False, repr=False)
class GrantDefault(ExecutableDDLElement):
    """``ALTER DEFAULT PRIVILEGES FOR USER owner IN SCHEMA schema GRANT privileges ON TABLES TO grantee``

    It is for tables that ``owner`` creates later; without one, for those of the current user.
    """

    inherit_cache = False

    privileges: Sequence[str]
    schema: str
    _: KW_ONLY
    to: Grantee
    owner: str | None = None


@compiles(Grant, "redshift")
def _compile_grant(grant: Grant, compiler: DDLCompiler, **_: Any) -> str:
    quote = compiler.preparer.quote
    prefix = f"{quote(grant.schema)}." if grant.schema else ""
    objects = ", ".join(f"{prefix}{quote(name)}" for name in grant.objects)
    return f"GRANT {', '.join(grant.privileges)} ON {grant.kind} {objects} TO {_grantee(grant.to, compiler)}"


@compiles(GrantDefault, "redshift")
def _compile_default(grant: GrantDefault, compiler: DDLCompiler, **_: Any) -> str:
    quote = compiler.preparer.quote
    owner = f"FOR USER {quote(grant.owner)} " if grant.owner else ""
    return (
        f"ALTER DEFAULT PRIVILEGES {owner}IN SCHEMA {quote(grant.schema)} GRANT {', '.join(grant.privileges)} ON TABLES "
        f"TO {_grantee(grant.to, compiler)}"
    )


def _grantee(grantee: Grantee, compiler: DDLCompiler) -> str:
    name = compiler.preparer.quote(grantee.name)
    return name if grantee.kind == "USER" else f"{grantee.kind} {name}"
