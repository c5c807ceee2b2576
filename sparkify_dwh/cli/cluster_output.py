"""What the commands of the cluster say: what was made, how it stands, what is gone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sparkify_dwh.cluster.lifecycle import Status
    from sparkify_dwh.cluster.removal import Gone
    from sparkify_dwh.cluster.resources import Found
    from sparkify_dwh.cluster.result import Up
    from sparkify_dwh.config.fields import Name


def described(made: Up) -> str:
    lines = [
        f"{made.identifier} is available in {made.region}: {made.size}.",
        f"  HOST     {made.host}",
        f"  DB_PORT  {made.port}",
        f"  DB_NAME  {made.database}",
        f"  ARN      {made.role_arn}",
    ]
    if made.secret_arn:
        lines.append(f"  SECRET_ARN  {made.secret_arn}")
    lines.append(f"Open to {', '.join(made.opened) or 'nobody'} at port {made.port}.")
    if made.expires:
        lines.append(f"Its time ends {_moment(made.expires)}; `sparkify-dwh cluster expire` deletes it then.")
    return "\n".join([*lines, *made.remarks])


def say_written(file: Path | None, values: dict[Name, str]) -> None:
    """Where the values were written, and which of them the environment hides."""
    from sparkify_dwh.config.fields import variable

    if not values:
        return
    if file is None:
        names = ", ".join(f"[{section}] {key}" for section, key in values)
        click.echo(f"dwh.cfg does not say so yet: set {names} in it, or run this again with --write.")
        return
    click.echo(f"Written to {file}: " + ", ".join(f"[{section}] {key}" for section, key in values) + ".")
    hidden = [variable(name) for name, value in values.items() if os.environ.get(variable(name), value) != value]
    if hidden:
        click.echo(f"The environment says otherwise and goes first: unset {', '.join(hidden)}.", err=True)


def status_lines(status: Status, hint: str) -> Iterable[str]:
    if not status.found:
        yield f"There is no warehouse {status.identifier} in {status.region}{hint}."
    for one in status.found:
        yield f"{one.identifier} is {one.state} in {status.region}: {one.size}, {'public' if one.public else 'not public'}."
        yield from _details(status, one)
    if status.found and status.opened:
        yield f"  open to   {', '.join(status.opened)}"
    if status.parts:
        around = "made with it" if status.found else "left over, for `sparkify-dwh cluster down`"
        yield f"  {around}: {', '.join(status.parts)}"


def _details(status: Status, one: Found) -> Iterable[str]:
    if one.host:
        yield f"  endpoint  {one.host}:{one.port}/{one.database}"
    if age := status.age(one):
        yield f"  age       {_span_text(age)}"
    if one.expires:
        over = " (over: `sparkify-dwh cluster expire` deletes it)" if one.expires < status.at else ""
        yield f"  until     {_moment(one.expires)}{over}"
    if not one.is_ours:
        yield "  not made by sparkify-dwh, which will not change or delete it"


def say_gone(gone: Gone, dry_run: bool, hint: str = "") -> None:
    if not gone.done:
        click.echo(f"There is nothing of {gone.identifier} in {gone.region} to delete{hint}.")
    elif dry_run:
        say_planned(gone.done)
    else:
        click.echo(f"{gone.identifier} is gone from {gone.region}, with all that was made with it.")
        for name in gone.snapshots:
            click.echo(f"Its final snapshot {name} is kept, and costs its storage, until you delete it.")


def say_done(done: list[str], changed: str, unchanged: str, dry_run: bool) -> None:
    if done and dry_run:
        say_planned(done)
    else:
        click.echo(changed if done else unchanged)


def say_planned(deeds: Iterable[str]) -> None:
    lines = [f"  {deed}" for deed in deeds]
    click.echo("\n".join(["It would:", *lines] if lines else ["It would do nothing: all is as it should be."]))


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def _span_text(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
