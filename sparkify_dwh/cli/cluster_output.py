"""Output of the cluster commands: the created cluster, its status, the deleted resources."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from sparkify_dwh.cli.output import echo

if TYPE_CHECKING:
    from sparkify_dwh.cluster import CreatedCluster, RemovedResources, Status
    from sparkify_dwh.cluster.description import ClusterDescription
    from sparkify_dwh.config.fields import Name


def describe_created(cluster: CreatedCluster) -> str:
    lines = [
        f"{cluster.identifier} is available in {cluster.region}: {cluster.size}.",
        f"  HOST     {cluster.host}",
        f"  DB_PORT  {cluster.port}",
        f"  DB_NAME  {cluster.database}",
        f"  ARN      {cluster.role_arn}",
    ]
    if cluster.secret_arn:
        lines.append(f"  SECRET_ARN  {cluster.secret_arn}")
    lines.append(f"Port {cluster.port} is open to {', '.join(cluster.opened) or 'no one'}.")
    if cluster.expires:
        lines.append(f"It expires at {_format_time(cluster.expires)}; `sparkify-dwh cluster expire` deletes it then.")
    return "\n".join([*lines, *cluster.advice])


def print_written(file: Path | None, values: dict[Name, str]) -> None:
    """Print where the values were written, and which of them the environment overrides."""
    from sparkify_dwh.config.fields import variable

    if not values:
        return
    names = ", ".join(f"[{section}] {key}" for section, key in values)
    if file is None:
        echo(f"dwh.cfg does not contain all of this yet: set {names}, or run this again with --write.")
        return
    echo(f"Written to {file}: {names}.")
    overridden = [variable(name) for name, value in values.items() if os.environ.get(variable(name), value) != value]
    if overridden:
        echo(f"The environment overrides values in the file: unset {', '.join(overridden)}.", err=True)


def status_lines(status: Status, region_hint: str) -> Iterable[str]:
    if not status.clusters:
        yield f"There is no warehouse {status.identifier} in {status.region}{region_hint}."
    for cluster in status.clusters:
        public = "public" if cluster.public else "not public"
        yield f"{cluster.identifier} is {cluster.state} in {status.region}: {cluster.size}, {public}."
        yield from _details(status, cluster)
    if status.clusters and status.opened:
        yield f"  open to   {', '.join(status.opened)}"
    if status.resources:
        origin = "created with it" if status.clusters else "left over (`sparkify-dwh cluster down` deletes it)"
        yield f"  {origin}: {', '.join(status.resources)}"


def _details(status: Status, cluster: ClusterDescription) -> Iterable[str]:
    if cluster.host:
        yield f"  endpoint  {cluster.host}:{cluster.port}/{cluster.database}"
    if age := status.age(cluster):
        yield f"  age       {_format_duration(age)}"
    if cluster.expires:
        expired = " (expired: `sparkify-dwh cluster expire` deletes it)" if cluster.expires < status.at else ""
        yield f"  expires   {_format_time(cluster.expires)}{expired}"
    if not cluster.is_managed:
        yield "  not created by sparkify-dwh, which does not change or delete it"


def print_removed(removed: RemovedResources, dry_run: bool, region_hint: str = "") -> None:
    if not removed.done:
        echo(f"Nothing to delete: there is no {removed.identifier} in {removed.region}{region_hint}.")
    elif dry_run:
        print_planned(removed.done)
    else:
        echo(f"{removed.identifier} was deleted in {removed.region}, with everything that was created for it.")
        for name in removed.snapshots:
            echo(f"The final snapshot {name} is kept, and costs its storage, until you delete it.")


def print_planned(steps: Iterable[str]) -> None:
    lines = [f"  {step}" for step in steps]
    echo("\n".join(["Without --dry-run it would:", *lines] if lines else ["Nothing to do."]))


def _format_time(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def _format_duration(duration: timedelta) -> str:
    minutes = int(duration.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
