"""``sparkify-dwh sql``: print the statements that fill a table. It does not connect to the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.output import echo
from sparkify_dwh.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import ClauseElement

    from sparkify_dwh.base import StagingTable
    from sparkify_dwh.warehouse import Warehouse


@click.command()
@click.argument("table")
@pass_invocation
def sql(invocation: Invocation, table: str) -> None:
    """Print the statements with which a load fills TABLE, as Redshift receives them.

    \b
    Example:  sparkify-dwh sql songplays
    """
    from sparkify_dwh.sql.render import readable

    statements = [*invocation.search_path(), *map(readable, _statements(invocation.warehouse, table))]
    echo("\n\n".join(f"{statement};" for statement in statements))


def _statements(warehouse: Warehouse, table: str) -> list[ClauseElement]:
    from sparkify_dwh.base import StagingTable, StarTable
    from sparkify_dwh.sql.deduplication import deduplicate
    from sparkify_dwh.sql.render import fill_statements

    model = warehouse.model(table)
    if issubclass(model, StarTable):
        return fill_statements(model)
    if issubclass(model, StagingTable):
        return [_example_copy(model), *deduplicate(model)]
    raise UsageError(
        f"The loader fills table {table} itself, row by row, so there is no statement to show",
        "name a table of the star or of staging",
    )


def _example_copy(staging: type[StagingTable]) -> ClauseElement:
    """Return the table's COPY, with the names of settings in place of their values."""
    from sparkify_dwh.sql.copy_statements import Copies

    json_paths = staging.source.json_paths
    json = f"s3://{json_paths}" if json_paths else "auto"
    copies = Copies(staging, json=json, role_arn="ARN", region="REGION")
    return copies.command("s3://MANIFESTS/...", "MANIFEST")
