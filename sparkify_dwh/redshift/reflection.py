"""Reflection from the catalogue: tables, columns, keys, design and comments of a schema.

It replaces upstream's, which reads external schemas (see ``catalogue``), raises on SQLAlchemy 2.1 (upstream issue 329),
mixes up identity columns and defaults, and leaves quotes in the names of key columns. Late-binding views have no columns
here, and external tables are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import reflection
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.interfaces import (
    ReflectedCheckConstraint,
    ReflectedColumn,
    ReflectedForeignKeyConstraint,
    ReflectedPrimaryKeyConstraint,
    ReflectedTableComment,
    ReflectedUniqueConstraint,
)
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import NullType, TypeEngine

from sparkify_dwh.redshift import catalogue
from sparkify_dwh.redshift.schemas import Schemas

Method = TypeVar("Method", bound=Callable[..., Any])

DIST_STYLES = {0: "EVEN", 1: "KEY", 8: "ALL"}  # of pg_class.reldiststyle; any other is automatic
NO_ENCODING = (None, "none")  # what format_encoding calls RAW

_TYPE = re.compile(r"(?P<name>[a-z0-9_ ]+?)(\((?P<arguments>[0-9, ]+)\))?(?P<zone> with(out)? time zone)?")
# An identity column's default, e.g. "identity"(101, 0, '1,1'::text)
_IDENTITY = re.compile(r"""^"(?P<kind>default_identity|identity)"\(.*'(?P<start>-?\d+),(?P<step>-?\d+)'""")
_KEY = re.compile(r"[A-Z ]+\((?P<columns>.*?)\)( REFERENCES (?P<target>.*)\((?P<referred>.*)\))?")
_IDENTIFIER = re.compile(r'"(?:[^"]|"")*"|[^\s,."]+')


def cached(method: Method) -> Method:
    """Keep the answer as long as the Inspector lives; typed, unlike SQLAlchemy's decorator."""
    return cast(Method, reflection.cache(method))  # type: ignore[redundant-cast]


class CatalogueReflection(DefaultDialect):
    """The reflection methods of the dialect. Each reads what all tables of the schema have, once for an Inspector."""

    ischema_names: dict[str, Any]
    schemas: Schemas | None = None

    @cached
    def has_table(self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any) -> bool:
        query = catalogue.relation_exists(self._schema(schema, table_name), table_name)
        return connection.execute(query).first() is not None

    @cached
    def get_table_names(self, connection: sa.Connection, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names(catalogue.TABLE, connection, schema, **kw)

    @cached
    def get_view_names(self, connection: sa.Connection, schema: str | None = None, **kw: Any) -> list[str]:
        return self._names(catalogue.VIEW, connection, schema, **kw)

    def get_temp_table_names(self, *_: Any, **_kw: Any) -> list[str]:  # pg_class tells them by their schema only
        return []

    def get_temp_view_names(self, *_: Any, **_kw: Any) -> list[str]:
        return []

    def get_materialized_view_names(self, *_: Any, **_kw: Any) -> list[str]:  # they are among the views
        return []

    @cached
    def get_view_definition(
        self, connection: sa.Connection, view_name: str, schema: str | None = None, **_: Any
    ) -> str:
        definition = connection.scalar(catalogue.view_definition(self._schema(schema, view_name), view_name))
        if definition is None:
            raise NoSuchTableError(view_name)
        return str(definition).rstrip(";")

    @cached
    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[ReflectedColumn]:
        self._relation(connection, table_name, schema, **kw)
        return [self._column(row) for row in self._column_rows(connection, table_name, schema, **kw)]

    @cached
    def get_pk_constraint(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> ReflectedPrimaryKeyConstraint:
        keys = self._keys("p", connection, table_name, schema, **kw)
        name, columns = next(((name, identifiers(key["columns"])) for name, key in keys), (None, []))
        return {"name": name, "constrained_columns": columns}

    @cached
    def get_unique_constraints(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[ReflectedUniqueConstraint]:
        keys = self._keys("u", connection, table_name, schema, **kw)
        return [{"name": name, "column_names": identifiers(key["columns"])} for name, key in keys]

    @cached
    def get_foreign_keys(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[ReflectedForeignKeyConstraint]:
        return [
            {
                "name": name,
                "constrained_columns": identifiers(key["columns"]),
                "referred_schema": next(iter(identifiers(key["target"])[:-1]), None),
                "referred_table": identifiers(key["target"])[-1],
                "referred_columns": identifiers(key["referred"]),
                "options": {},
            }
            for name, key in self._keys("f", connection, table_name, schema, **kw)
        ]

    def get_check_constraints(self, *_: Any, **_kw: Any) -> list[ReflectedCheckConstraint]:
        """Return none: Redshift has no CHECK. Redshift guide, c_unsupported-postgresql-features"""
        return []

    @cached
    def get_table_comment(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> ReflectedTableComment:
        return {"text": self._relation(connection, table_name, schema, **kw).description}

    @cached
    def get_table_options(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Return dist style, dist key and sort key; an automatic style is None, as that of a model without one."""
        relation = self._relation(connection, table_name, schema, **kw)
        rows = self._column_rows(connection, table_name, schema, **kw)
        sorted_by = sorted((row for row in rows if row.attsortkeyord), key=lambda row: abs(row.attsortkeyord))
        names = tuple(row.attname for row in sorted_by)
        is_interleaved = any(row.attsortkeyord < 0 for row in sorted_by)
        return {
            "redshift_diststyle": DIST_STYLES.get(int(relation.reldiststyle)),
            "redshift_distkey": next((row.attname for row in rows if row.attisdistkey), None),
            "redshift_sortkey": None if is_interleaved else names,
            "redshift_interleaved_sortkey": names if is_interleaved else None,
        }

    def get_multi_table_options(self, connection: sa.Connection, *arguments: Any, **kw: Any) -> Any:
        """Ask table by table, as upstream does for the rest: PostgreSQL 2.1's own query is not one for Redshift."""
        names = dict(zip(("schema", "filter_names", "scope", "kind"), arguments, strict=False))
        return DefaultDialect.get_multi_table_options(self, connection, **names, **kw)  # type: ignore[no-untyped-call]

    def _get_default_schema_name(self, connection: sa.Connection) -> Any:
        return self.schemas.main if self.schemas else super()._get_default_schema_name(connection)

    def _schema(self, schema: str | None, name: str) -> str:
        """Return the schema in which a table of that name is looked for."""
        return schema or (self.schemas.of(name) if self.schemas else str(self.default_schema_name))

    def _names(self, kind: str, connection: sa.Connection, schema: str | None, **kw: Any) -> list[str]:
        read = (schema,) if schema else self.schemas.path if self.schemas else (str(self.default_schema_name),)
        return [
            name
            for place in read
            for name, relation in self._relations(connection, place, info_cache=kw.get("info_cache")).items()
            if relation.relkind == kind and self._schema(schema, name) == place
        ]

    def _relation(self, connection: sa.Connection, name: str, schema: str | None, **kw: Any) -> Any:
        """Return a table's or view's row. Raises :class:`NoSuchTableError`."""
        found = self._relations(connection, self._schema(schema, name), info_cache=kw.get("info_cache"))
        if name not in found:
            raise NoSuchTableError(name)
        return found[name]

    def _column_rows(self, connection: sa.Connection, name: str, schema: str | None, **kw: Any) -> Sequence[Any]:
        return self._columns(connection, self._schema(schema, name), info_cache=kw.get("info_cache")).get(name, ())

    def _keys(
        self, kind: str, connection: sa.Connection, name: str, schema: str | None, **kw: Any
    ) -> list[tuple[str, re.Match[str]]]:
        """Return the names and parsed definitions of a table's keys of one kind."""
        self._relation(connection, name, schema, **kw)
        found = self._constraints(connection, self._schema(schema, name), info_cache=kw.get("info_cache")).get(name, ())
        matches = [(row.conname, _KEY.match(row.definition)) for row in found if row.contype == kind]
        return [(name, match) for name, match in matches if match]

    @cached
    def _relations(self, connection: sa.Connection, schema: str, **_: Any) -> dict[str, Any]:
        return {row.relname: row for row in connection.execute(catalogue.relations(schema))}

    @cached
    def _columns(self, connection: sa.Connection, schema: str, **_: Any) -> dict[str, list[Any]]:
        return _by_relation(connection.execute(catalogue.columns(schema)))

    @cached
    def _constraints(self, connection: sa.Connection, schema: str, **_: Any) -> dict[str, list[Any]]:
        return _by_relation(connection.execute(catalogue.constraints(schema)))

    def _column(self, row: Any) -> ReflectedColumn:
        identity = _IDENTITY.match(row.default_text or "")
        reflected: Any = {
            "name": row.attname,
            "type": column_type(row.type, self.ischema_names),
            "nullable": not row.attnotnull,
            "default": None if identity else row.default_text,
            "autoincrement": identity is not None,
            "comment": row.description,
            "info": {} if row.encoding in NO_ENCODING else {"encode": row.encoding},
        }
        if identity:
            reflected["identity"] = {
                "always": identity["kind"] == "identity",
                "start": int(identity["start"]),
                "increment": int(identity["step"]),
            }
        return cast(ReflectedColumn, reflected)


def _by_relation(rows: Iterable[Any]) -> dict[str, list[Any]]:
    return {name: list(group) for name, group in groupby(rows, attrgetter("relname"))}


def identifiers(text: str) -> list[str]:
    """Return the names in a list of names, or in a qualified one, without their quotes."""
    return [name[1:-1].replace('""', '"') if name.startswith('"') else name for name in _IDENTIFIER.findall(text or "")]


def column_type(formatted: str, known: dict[str, Any]) -> TypeEngine[Any]:
    """Return the type of what ``format_type`` writes, such as ``character varying(40)``; NullType for one not known."""
    match = _TYPE.fullmatch(formatted)
    if not match:
        return NullType()
    zone = match["zone"] or ""
    kind = known.get(f"{match['name']}{zone}") or known.get(match["name"])
    if kind is None:
        return NullType()
    arguments = [int(argument) for argument in (match["arguments"] or "").split(",") if argument]
    if zone:
        return kind(timezone=zone == " with time zone", precision=arguments[0] if arguments else None)  # type: ignore[no-any-return]
    return kind(*arguments)  # type: ignore[no-any-return]
