"""Commands that explain the tables: schema, sql. Neither connects to the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.cli.context import about, print_json, print_table
from sparkify_dwh.cli.options import json_option
from sparkify_dwh.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import ClauseElement

    from sparkify_dwh.base import Base

KEYS = ("diststyle", "distkey", "sortkey")


@click.command()
@click.argument("table", required=False)
@json_option
def schema(table: str | None, as_json: bool) -> None:
    """Show the tables of the warehouse, or the columns of TABLE, with dist and sort keys and encodings.

    \b
    Example:  sparkify-dwh schema songplays
    """
    chosen = {table: _model(table)} if table else models()
    described = {name: _described(model) for name, model in chosen.items()}
    if as_json:
        print_json(described)
    elif table:
        _print_columns(described[table])
    else:
        rows = [
            (name, d["comment"], d["diststyle"], d["distkey"] or "", d["sortkey"] or "")
            for name, d in described.items()
        ]
        print_table("Tables", ["table", "holds", "dist style", "dist key", "sort key"], rows)


@click.command()
@click.argument("table")
def sql(table: str) -> None:
    """Print the statements by which a load fills TABLE, as Redshift gets them.

    \b
    Example:  sparkify-dwh sql songplays
    """
    from sparkify_dwh.sql.render import readable

    click.echo("\n\n".join(f"{readable(statement)};" for statement in _statements(table)))


def models() -> dict[str, type[Base]]:
    """The models of all tables, by the names of these."""
    from sparkify_dwh import ledger
    from sparkify_dwh.staging import STAGING
    from sparkify_dwh.star import STAR

    every: tuple[type[Base], ...] = (*STAR, *STAGING, ledger.Load, ledger.LoadFile, ledger.LoadLock)
    return {model.__tablename__: model for model in every}


def _model(table: str) -> type[Base]:
    known = models()
    if table not in known:
        raise UsageError(f"The warehouse has no table {table!r}; it has {', '.join(known)}.")
    return known[table]


def _described(model: type[Base]) -> dict[str, Any]:
    from sparkify_dwh.redshift.dialect import SparkifyDialect, encoding

    compiler, design = SparkifyDialect().type_compiler_instance, model.table().dialect_options["redshift"]
    columns = [
        {
            "name": column.name,
            "type": compiler.process(column.type),
            "null": bool(column.nullable),
            "encoding": encoding(column),
            "comment": column.comment,
        }
        for column in model.table().columns
    ]
    keys = {name: design[name] for name in KEYS}
    return {"comment": model.table().comment, **keys, "columns": columns, "about": about(model.__doc__)}


def _print_columns(described: dict[str, Any]) -> None:
    click.echo(f"{described['about']}\n")
    click.echo("".join(f"{name}: {described[name]}\n" for name in KEYS if described[name]))
    rows = [
        (c["name"], c["type"], "" if c["null"] else "not null", c["encoding"], c["comment"] or "")
        for c in described["columns"]
    ]
    print_table("Columns", ["column", "type", "", "encoding", "comment"], rows)


def _statements(table: str) -> list[ClauseElement]:
    from sparkify_dwh.base import StagingTable, StarTable
    from sparkify_dwh.loading.stage import delete_duplicates
    from sparkify_dwh.sql.render import fill_statements

    model = _model(table)
    if issubclass(model, StarTable):
        return fill_statements(model)
    if issubclass(model, StagingTable):
        return [_example_copy(model), delete_duplicates(model)]
    raise UsageError(
        f"Table {table} is filled by the loader itself, row by row: there is no statement to show. Name a table of the star "
        "or of staging."
    )


def _example_copy(model: Any) -> ClauseElement:
    """The table's COPY, with the shape of a configuration in place of one."""
    from sparkify_dwh.settings import Locations, Settings
    from sparkify_dwh.sql.copy_statements import copy_command

    locations = Locations("s3://LOG_DATA", "s3://LOG_JSONPATH", "s3://SONG_DATA")
    return copy_command(model, Settings(role_arn="ARN", region="REGION"), locations, "s3://MANIFESTS/...", "MANIFEST")


COMMANDS = (schema, sql)
