"""``sparkify-dwh sql``: print the statements that fill a table. It does not connect to the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.cli.models import model_named
from sparkify_dwh.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import ClauseElement


@click.command()
@click.argument("table")
def sql(table: str) -> None:
    """Print the statements by which a load fills TABLE, as Redshift gets them.

    \b
    Example:  sparkify-dwh sql songplays
    """
    from sparkify_dwh.sql.render import readable

    click.echo("\n\n".join(f"{readable(statement)};" for statement in _statements(table)))


def _statements(table: str) -> list[ClauseElement]:
    from sparkify_dwh.base import StagingTable, StarTable
    from sparkify_dwh.sql.deduplication import delete_duplicates
    from sparkify_dwh.sql.render import fill_statements

    model = model_named(table)
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
    from sparkify_dwh.loading.stage import copies_of
    from sparkify_dwh.settings import Locations, Settings

    locations = Locations("s3://LOG_DATA", "s3://LOG_JSONPATH", "s3://SONG_DATA")
    return copies_of(model, Settings(role_arn="ARN", region="REGION"), locations).command(
        "s3://MANIFESTS/...", "MANIFEST"
    )
