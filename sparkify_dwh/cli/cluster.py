"""``sparkify-dwh cluster``: up, status, pause, resume, down, expire, policy."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import partial

import click

from sparkify_dwh.cli.cluster_output import (
    describe_created,
    print_planned,
    print_removed,
    print_written,
    status_lines,
)
from sparkify_dwh.cli.cluster_policy import policy
from sparkify_dwh.cli.context import Invocation, confirm, is_quiet, pass_invocation
from sparkify_dwh.cli.options import dry_run_option, json_option, yes_option
from sparkify_dwh.cli.output import echo, print_json, progress
from sparkify_dwh.utils.printable import printable

snapshot_option = click.option(
    "--snapshot/--no-snapshot", default=True, show_default=True,
    help="Take a final snapshot, which is kept until you delete it.",
)  # fmt: skip


@contextmanager
def _steps(quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show the steps, one per line, and keep them on the screen: after a failure they say what was created."""
    if quiet or is_quiet() or not sys.stderr.isatty():
        with progress(quiet) as step:
            yield step
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with console.status("waiting for AWS"):  # a spinner below the lines, because a step may take minutes
        yield lambda step: console.print(printable(step), markup=False, soft_wrap=True)


def _parse_ttl(_context: click.Context, _option: click.Parameter, value: str | None) -> timedelta | None:
    from sparkify_dwh.cluster.tags import parse_ttl

    return parse_ttl(value) if value else None


@click.group()
def cluster() -> None:
    """Create the warehouse that [DWH] describes, with its role and security group; see its state; delete it.

    By default it is Redshift Serverless, which costs only its storage while no query runs.

    \b
    Example:  sparkify-dwh cluster up --public --write --ttl 8h
              sparkify-dwh cluster down
    """


@cluster.command()
@click.option(
    "--public/--not-public", default=None,
    help="Whether it has an address on the internet. By default a new one has none, and is reached from its VPC.",
)  # fmt: skip
@click.option(
    "--cidr", "cidrs", multiple=True, metavar="NETWORK",
    help="Network that may connect, such as 203.0.113.7/32; may be repeated. Default: DWH_CIDR, or this machine.",
)  # fmt: skip
@click.option("--open-to-anyone", is_flag=True, help="Allow a --cidr or DWH_CIDR that opens the port to everyone.")
@click.option(
    "--ttl", metavar="DURATION", callback=_parse_ttl,
    help="Time to live, such as 8h; `cluster expire` deletes it afterwards.",
)  # fmt: skip
@click.option("--write", is_flag=True, help="Write endpoint and role, and a generated password, to dwh.cfg.")
@click.option("--secret", is_flag=True, help="Have Redshift generate the password and keep it in Secrets Manager.")
@dry_run_option
@json_option
@pass_invocation
def up(  # noqa: PLR0913 (one for each option)
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
    """Create the cluster, its role and its security group where they are missing, wait for it, and show its endpoint.

    Run it again, also after a failure: it creates what is still missing.

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
    write_to_file = partial(write_values, file) if write else None
    with _steps(quiet=as_json) as step:
        created = clusters.up(settings, options, write_values=write_to_file, on_step=step, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run} | created.to_dict())
    elif dry_run:
        print_planned(created.done)
    else:
        echo(describe_created(created))
        print_written(file if write else None, created.values(settings))


@cluster.command()
@json_option
@pass_invocation
def status(invocation: Invocation, as_json: bool) -> None:
    """Show the cluster's state, endpoint, nodes and age, and who may connect.

    \b
    Example:  sparkify-dwh cluster status
    """
    from sparkify_dwh import cluster as clusters
    from sparkify_dwh.cluster.naming import region_hint

    settings = invocation.settings()
    current = clusters.status(settings)
    if as_json:
        print_json(current.to_dict())
    else:
        echo("\n".join(status_lines(current, region_hint(settings, current.region))))


@cluster.command()
@dry_run_option
@json_option
@pass_invocation
def pause(invocation: Invocation, dry_run: bool, as_json: bool) -> None:
    """Pause the cluster: it keeps its data and costs only its storage. Serverless needs no pause.

    \b
    Example:  sparkify-dwh cluster pause
    """
    from sparkify_dwh.cluster import pause

    unchanged = "Nothing to pause: it is paused already, or it is Serverless, which costs nothing while no query runs."
    _change(pause, invocation, dry_run, as_json, "The cluster is paused.", unchanged)


@cluster.command()
@dry_run_option
@json_option
@pass_invocation
def resume(invocation: Invocation, dry_run: bool, as_json: bool) -> None:
    """Resume the cluster after a pause, and wait until it is available.

    \b
    Example:  sparkify-dwh cluster resume
    """
    from sparkify_dwh.cluster import resume

    unchanged = "Nothing to resume: the cluster is available."
    _change(resume, invocation, dry_run, as_json, "The cluster is available.", unchanged)


def _change(  # noqa: PLR0913 (those of both commands)
    act: Callable[..., list[str]],
    invocation: Invocation,
    dry_run: bool,
    as_json: bool,
    changed: str,
    unchanged: str,
) -> None:
    """Pause or resume the cluster, and print what was done."""
    with _steps(quiet=as_json) as step:
        done = act(invocation.settings(), on_step=step, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "done": done})
    elif done and dry_run:
        print_planned(done)
    else:
        echo(changed if done else unchanged)


@cluster.command()
@snapshot_option
@yes_option
@dry_run_option
@json_option
@pass_invocation
def down(invocation: Invocation, snapshot: bool, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Delete the cluster after a final snapshot, with everything that was created for it; check that nothing is left.

    Resources that sparkify-dwh did not create, which it recognizes by their tags, are kept.

    \b
    Example:  sparkify-dwh cluster down
              sparkify-dwh cluster down --no-snapshot --yes
    """
    from sparkify_dwh import cluster as clusters
    from sparkify_dwh.cluster.naming import identifier_of, region_hint

    settings = invocation.settings()
    if not (yes or dry_run):
        consequence = "A final snapshot keeps its data" if snapshot else "All its data will be lost"
        confirm(f"Delete the warehouse {identifier_of(settings)}? {consequence}.", "nothing was deleted")
    with _steps(quiet=as_json) as step:
        removed = clusters.down(settings, snapshot=snapshot, on_step=step, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run} | asdict(removed))
    else:
        print_removed(removed, dry_run, region_hint(settings, removed.region))


@cluster.command()
@snapshot_option
@dry_run_option
@json_option
@pass_invocation
def expire(invocation: Invocation, snapshot: bool, dry_run: bool, as_json: bool) -> None:
    """Delete all clusters of the region that were created with --ttl and have expired. Never asks: for a scheduler.

    \b
    Example:  sparkify-dwh cluster expire
    """
    from sparkify_dwh import cluster as clusters

    with _steps(quiet=as_json) as step:
        expired = clusters.expire(invocation.settings(), snapshot=snapshot, on_step=step, dry_run=dry_run)
    if as_json:
        print_json([{"dry_run": dry_run} | asdict(removed) for removed in expired])
        return
    for removed in expired:
        print_removed(removed, dry_run)
    if not expired:
        echo("No cluster has expired.")


cluster.add_command(policy)
