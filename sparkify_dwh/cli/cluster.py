"""Commands of the cluster itself: cluster up, status, pause, resume, down, expire."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import partial

import click

from sparkify_dwh.cli.cluster_output import described, say_done, say_gone, say_planned, say_written, status_lines
from sparkify_dwh.cli.context import Invocation, confirm, is_quiet, pass_invocation
from sparkify_dwh.cli.options import json_option, yes_option
from sparkify_dwh.cli.output import print_json
from sparkify_dwh.cli.progress import progress

dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
snapshot_option = click.option(
    "--snapshot/--no-snapshot", default=True, show_default=True,
    help="Take a final snapshot, which is kept until somebody deletes it.",
)  # fmt: skip


@contextmanager
def _steps(quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show the steps, a line each, which stay: they say what was made, and what is to be looked for after a failure."""
    if quiet or is_quiet() or not sys.stderr.isatty():
        with progress(quiet) as step:
            yield step
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with console.status("asking AWS"):  # turns below the lines, because minutes may lie between two of them
        yield lambda step: console.print(step, markup=False, soft_wrap=True)


def _span(_context: click.Context, _option: click.Parameter, value: str | None) -> timedelta | None:
    from sparkify_dwh.cluster.tags import time_to_live

    return time_to_live(value) if value else None


@click.group()
def cluster() -> None:
    """Create the warehouse that [DWH] describes, with its role and its opening in the network; see it, and delete it.

    Without a DWH_CLUSTER_TYPE it is Redshift Serverless, which costs nothing but storage while no query runs.

    \b
    Example:  sparkify-dwh cluster up --public --write --ttl 8h
              sparkify-dwh cluster down
    """


@cluster.command()
@click.option(
    "--public/--not-public", default=None,
    help="Whether it has an address on the internet. A new one has none, and is reached from its VPC.",
)  # fmt: skip
@click.option(
    "--cidr", "cidrs", multiple=True, metavar="NETWORK",
    help="Who may connect, such as 203.0.113.7/32; may be repeated. Else DWH_CIDR, else this machine.",
)  # fmt: skip
@click.option("--open-to-anyone", is_flag=True, help="Take a --cidr or DWH_CIDR that lets everybody in.")
@click.option(
    "--ttl", metavar="SPAN", callback=_span,
    help="How long it is needed, such as 8h; `cluster expire` deletes it afterwards.",
)  # fmt: skip
@click.option("--write", is_flag=True, help="Write endpoint and role, and a password that is made, to dwh.cfg.")
@click.option("--secret", is_flag=True, help="Have Redshift make the password and keep it in Secrets Manager.")
@dry_run_option
@json_option
@pass_invocation
def up(  # noqa: PLR0913 (as many as it has options)
    invocation: Invocation,
    public: bool | None,
    cidrs: tuple[str, ...],
    open_to_anyone: bool,
    ttl: timedelta | None,
    write: bool,
    secret: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Create what is missing of the cluster, its role and its opening, wait for it, and say how to reach it.

    Run again, also after it failed, it makes what is still missing.

    \b
    Example:  sparkify-dwh cluster up --public --write --ttl 8h
              sparkify-dwh cluster up --dry-run
    """
    from sparkify_dwh import cluster as clusters
    from sparkify_dwh.config.editing import write_values
    from sparkify_dwh.config.file import configuration_file

    settings = invocation.settings()
    file = configuration_file(invocation.config, os.environ)
    options = clusters.Options(public, cidrs, open_to_anyone, secret, ttl)
    keep = partial(write_values, file) if write else None
    with _steps(quiet=as_json) as step:
        made = clusters.up(settings, options, keep=keep, on_step=step, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run} | made.to_dict())
    elif dry_run:
        say_planned(made.done)
    else:
        click.echo(described(made))
        say_written(file if write else None, made.values(settings))


@cluster.command()
@json_option
@pass_invocation
def status(invocation: Invocation, as_json: bool) -> None:
    """The cluster's state, endpoint, nodes and age, and who may connect.

    \b
    Example:  sparkify-dwh cluster status
    """
    from sparkify_dwh import cluster as clusters
    from sparkify_dwh.cluster.lifecycle import elsewhere

    settings = invocation.settings()
    found = clusters.status(settings)
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo("\n".join(status_lines(found, elsewhere(settings, found.region))))


@cluster.command()
@dry_run_option
@json_option
@pass_invocation
def pause(invocation: Invocation, dry_run: bool, as_json: bool) -> None:
    """Stop the cluster: its data stay, and cost their storage alone. Serverless needs no pause.

    \b
    Example:  sparkify-dwh cluster pause
    """
    from sparkify_dwh import cluster as clusters

    with _steps(quiet=as_json) as step:
        done = clusters.pause(invocation.settings(), on_step=step, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "done": done})
        return
    say_done(
        done,
        "The cluster is paused.",
        "There is nothing to pause: it is paused already, or is Serverless, which costs nothing while no query runs.",
        dry_run,
    )


@cluster.command()
@dry_run_option
@json_option
@pass_invocation
def resume(invocation: Invocation, dry_run: bool, as_json: bool) -> None:
    """Start the cluster again after a pause, and wait for it.

    \b
    Example:  sparkify-dwh cluster resume
    """
    from sparkify_dwh import cluster as clusters

    with _steps(quiet=as_json) as step:
        done = clusters.resume(invocation.settings(), on_step=step, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "done": done})
    else:
        say_done(done, "The cluster runs.", "There is nothing to resume: it runs.", dry_run)


@cluster.command()
@snapshot_option
@yes_option
@dry_run_option
@json_option
@pass_invocation
def down(invocation: Invocation, snapshot: bool, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Delete the cluster and all that was made with it, after a final snapshot; see that nothing is left.

    What sparkify-dwh did not make stays: it is known by its tags.

    \b
    Example:  sparkify-dwh cluster down
              sparkify-dwh cluster down --no-snapshot --yes
    """
    from sparkify_dwh import cluster as clusters
    from sparkify_dwh.cluster.lifecycle import elsewhere
    from sparkify_dwh.cluster.spec import identifier_of

    settings = invocation.settings()
    if not (yes or dry_run):
        lost = "A final snapshot keeps its data" if snapshot else "All its data are lost"
        confirm(f"Delete the warehouse {identifier_of(settings)}? {lost}.", "nothing was deleted")
    with _steps(quiet=as_json) as step:
        gone = clusters.down(settings, snapshot=snapshot, on_step=step, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run} | asdict(gone))
    else:
        say_gone(gone, dry_run, elsewhere(settings, gone.region))


@cluster.command()
@snapshot_option
@dry_run_option
@json_option
@pass_invocation
def expire(invocation: Invocation, snapshot: bool, dry_run: bool, as_json: bool) -> None:
    """Delete all clusters of the region that were created with --ttl and whose time is over. Never asks: for a scheduler.

    \b
    Example:  sparkify-dwh cluster expire
    """
    from sparkify_dwh import cluster as clusters

    with _steps(quiet=as_json) as step:
        gone = clusters.expire(invocation.settings(), snapshot=snapshot, on_step=step, dry_run=dry_run)
    if as_json:
        print_json([{"dry_run": dry_run} | asdict(one) for one in gone])
        return
    for one in gone:
        say_gone(one, dry_run)
    if not gone:
        click.echo("No cluster's time is over.")
