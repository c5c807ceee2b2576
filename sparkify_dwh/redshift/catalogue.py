"""What Redshift's catalogue says about the tables of one schema: three queries, whatever the number of tables.

They read ``pg_class`` and its like only. Upstream's join ``svv_external_*``, which takes minutes with many external tables
(https://github.com/aws/amazon-redshift-jdbc-driver/issues/64) and fails while Glue does (PostHog issue 44534).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, Select, and_, cast, column, func, select, table
from sqlalchemy.sql.selectable import TableClause

TABLE, VIEW = "r", "v"
PG_CLASS_OID = 1259  # of the catalogue's own entry for pg_class, in every PostgreSQL and in Redshift


def _catalogue(name: str, *columns: str) -> TableClause:
    return table(name, *map(column, columns), schema="pg_catalog")


CLASS = _catalogue("pg_class", "oid", "relname", "relnamespace", "relkind", "reldiststyle").alias("c")
NAMESPACE = _catalogue("pg_namespace", "oid", "nspname").alias("n")
ATTRIBUTE = _catalogue(
    "pg_attribute",
    *("attrelid", "attname", "attnum", "atttypid", "atttypmod", "attnotnull", "attisdropped"),
    *("attencodingtype", "attisdistkey", "attsortkeyord"),
).alias("a")
DEFAULT = _catalogue("pg_attrdef", "adrelid", "adnum", "adbin").alias("d")
CONSTRAINT = _catalogue("pg_constraint", "oid", "conrelid", "conname", "contype").alias("k")
DESCRIPTION = _catalogue("pg_description", "objoid", "classoid", "objsubid", "description").alias("t")

IN_NAMESPACE = CLASS.join(NAMESPACE, NAMESPACE.c.oid == CLASS.c.relnamespace)


def _in_schema(schema: str) -> Any:
    return and_(NAMESPACE.c.nspname == schema, CLASS.c.relkind.in_([TABLE, VIEW]))


def _describes(place: Any) -> Any:
    """The join with the comment of a relation, whose ``place`` is 0, or of its column of that number."""
    description = DESCRIPTION.c
    return and_(description.objoid == CLASS.c.oid, description.classoid == PG_CLASS_OID, description.objsubid == place)


def relation_exists(schema: str, name: str) -> Select[Any]:
    """Return the query that finds one row if a schema has a table or view of that name."""
    return select(CLASS.c.relname).select_from(IN_NAMESPACE).where(_in_schema(schema), CLASS.c.relname == name)


def relations_named(schemas: Sequence[str], names: Sequence[str]) -> Select[Any]:
    """Return the query for the tables and views of these names in any of the schemas: schema and name."""
    in_schemas = and_(NAMESPACE.c.nspname.in_(schemas), CLASS.c.relkind.in_([TABLE, VIEW]))
    return (
        select(NAMESPACE.c.nspname, CLASS.c.relname)
        .select_from(IN_NAMESPACE)
        .where(in_schemas, CLASS.c.relname.in_(names))
    )


def relations(schema: str) -> Select[Any]:
    """Return the query for the tables and views of a schema, in order of their names."""
    return (
        select(CLASS.c.relname, CLASS.c.relkind, CLASS.c.reldiststyle, DESCRIPTION.c.description)
        .select_from(IN_NAMESPACE.outerjoin(DESCRIPTION, _describes(0)))
        .where(_in_schema(schema))
        .order_by(CLASS.c.relname)
    )


def columns(schema: str) -> Select[Any]:
    """Return the query for the columns of all tables and views of a schema, in their order."""
    joined = IN_NAMESPACE.join(ATTRIBUTE, ATTRIBUTE.c.attrelid == CLASS.c.oid)
    has_default = and_(DEFAULT.c.adrelid == ATTRIBUTE.c.attrelid, DEFAULT.c.adnum == ATTRIBUTE.c.attnum)
    return (
        select(
            CLASS.c.relname,
            ATTRIBUTE.c.attname,
            func.format_type(ATTRIBUTE.c.atttypid, ATTRIBUTE.c.atttypmod).label("type"),
            ATTRIBUTE.c.attnotnull,
            func.format_encoding(cast(ATTRIBUTE.c.attencodingtype, Integer)).label("encoding"),
            ATTRIBUTE.c.attisdistkey,
            ATTRIBUTE.c.attsortkeyord,
            func.pg_catalog.pg_get_expr(DEFAULT.c.adbin, DEFAULT.c.adrelid).label("default_text"),
            DESCRIPTION.c.description,
        )
        .select_from(joined.outerjoin(DEFAULT, has_default).outerjoin(DESCRIPTION, _describes(ATTRIBUTE.c.attnum)))
        .where(_in_schema(schema), ATTRIBUTE.c.attnum > 0, ~ATTRIBUTE.c.attisdropped)
        .order_by(CLASS.c.relname, ATTRIBUTE.c.attnum)
    )


def constraints(schema: str) -> Select[Any]:
    """Return the query for the keys of all tables of a schema."""
    definition = func.pg_catalog.pg_get_constraintdef(CONSTRAINT.c.oid, True)
    return (
        select(CLASS.c.relname, CONSTRAINT.c.conname, CONSTRAINT.c.contype, definition.label("definition"))
        .select_from(IN_NAMESPACE.join(CONSTRAINT, CONSTRAINT.c.conrelid == CLASS.c.oid))
        .where(_in_schema(schema))
        .order_by(CLASS.c.relname, CONSTRAINT.c.conname)
    )


def view_definition(schema: str, name: str) -> Select[Any]:
    """Return the query for a view's SELECT."""
    definition = func.pg_catalog.pg_get_viewdef(CLASS.c.oid, True)
    return select(definition).select_from(IN_NAMESPACE).where(_in_schema(schema), CLASS.c.relname == name)
