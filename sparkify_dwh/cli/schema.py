"""``sparkify-dwh schema``: describe tables and columns. It does not connect to the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import json_option
from sparkify_dwh.cli.output import echo, plain_text, print_json
from sparkify_dwh.cli.tables import print_table
from sparkify_dwh.utils.text import listed

if TYPE_CHECKING:
    from sparkify_dwh.base import Base
    from sparkify_dwh.checks.rules import CheckRules

KEYS = ("diststyle", "distkey", "sortkey")


@click.command()
@click.argument("table", required=False)
@json_option
@pass_invocation
def schema(invocation: Invocation, table: str | None, as_json: bool) -> None:
    """Show the tables of the warehouse, or the columns of TABLE, with dist and sort keys, encodings and allowed values.

    \b
    Example:  sparkify-dwh schema songplays
    """
    warehouse = invocation.warehouse
    chosen = [warehouse.model(table)] if table else warehouse.models
    rules = invocation.check_rules()
    described = {model.__tablename__: _describe(model, rules) for model in chosen}
    if as_json:
        print_json(described)
    elif table:
        _print_columns(described[table])
    else:
        rows = [
            (name, d["comment"], d["diststyle"], d["distkey"] or "", d["sortkey"] or "")
            for name, d in described.items()
        ]
        print_table("Tables", ["table", "contents", "dist style", "dist key", "sort key"], rows)


def _describe(model: type[Base], rules: CheckRules) -> dict[str, Any]:
    from sparkify_dwh.redshift.dialect import SparkifyDialect, encoding

    compiler, design = SparkifyDialect().type_compiler_instance, model.table().dialect_options["redshift"]
    columns = [
        {
            "name": column.name,
            "type": compiler.process(column.type),
            "null": bool(column.nullable),
            "encoding": encoding(column),
            "comment": column.comment,
            "allowed_values": _allowed_values(model, column.name, rules),
        }
        for column in model.table().columns
    ]
    keys = {name: design[name] for name in KEYS}
    return {"comment": model.table().comment, **keys, "columns": columns, "about": plain_text(model.__doc__)}


def _allowed_values(model: type[Base], column: str, rules: CheckRules) -> list[str] | None:
    declared = getattr(model, "allowed_values", {}).get(column)
    return None if declared is None else list(rules.values(model.__tablename__, column, declared))


def _print_columns(described: dict[str, Any]) -> None:
    echo(f"{described['about']}\n")
    echo("".join(f"{name}: {described[name]}\n" for name in KEYS if described[name]))
    rows = [
        (c["name"], c["type"], "" if c["null"] else "not null", c["encoding"], c["comment"] or "")
        for c in described["columns"]
    ]
    print_table("Columns", ["column", "type", "", "encoding", "comment"], rows)
    for column in described["columns"]:
        if column["allowed_values"] is not None:
            echo(f"{column['name']} must be {listed(column['allowed_values'], 'or')}, or NULL.")
