"""Commands that make data: simulate, demo."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from sparkify_dwh.cli.context import Invocation, counted, pass_invocation, print_json, print_table, progress
from sparkify_dwh.cli.options import json_option
from sparkify_dwh.errors import UsageError
from sparkify_dwh.utils.text import numbered

NUMBER, POSITIVE = click.IntRange(min=0), click.IntRange(min=1)


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--songs", default=1_000, type=NUMBER, metavar="N", show_default=True, help="Songs of the catalogue.")
@click.option(
    "--events", default=10_000, type=NUMBER, metavar="N", show_default=True, help="Events of the activity log."
)
@click.option("--users", type=POSITIVE, metavar="N", help="Users of the app; as many as the events suggest.")
@click.option(
    "--days", default=30, type=POSITIVE, metavar="N", show_default=True, help="Days that the log covers, a file each."
)
@click.option(
    "--songs-per-file",
    default=1,
    type=POSITIVE,
    metavar="N",
    show_default=True,
    help="Songs in one file, one per line.",
)
@click.option(
    "--seed", default=0, type=NUMBER, metavar="N", show_default=True, help="The same seed writes the same files."
)
@click.option("--overwrite", is_flag=True, help="Replace what an earlier simulation wrote.")
@json_option
def simulate(  # noqa: PLR0913 (as many as it has options)
    directory: Path,
    songs: int,
    events: int,
    users: int | None,
    days: int,
    songs_per_file: int,
    seed: int,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write song and log files in Sparkify's format and layout to DIRECTORY.

    \b
    Example:  sparkify-dwh simulate big --songs 50000 --events 1000000
    """
    from dataclasses import asdict

    from sparkify_dwh.simulation import simulate as write

    with counted("writing files", quiet=as_json) as show:
        made = write(
            directory, songs=songs, events=events, users=users, days=days, seed=seed, songs_per_file=songs_per_file,
            overwrite=overwrite, progress=show,
        )  # fmt: skip
    if as_json:
        print_json(asdict(made))
    else:
        click.echo(
            f"{numbered(made.events, 'event')} of {numbered(made.users, 'user')} in {numbered(made.log_files, 'file')} "
            f"under {made.log_data}\n"
            f"{numbered(made.songs, 'song')} in {numbered(made.song_files, 'file')} under {made.song_data}"
        )


@click.command()
@click.option(
    "--directory", default=Path(".standin"), show_default=True, type=click.Path(path_type=Path, file_okay=False),
    help="Where the stand-in and the simulated files live.",
)  # fmt: skip
@click.option("--songs", default=1_000, type=NUMBER, metavar="N", show_default=True, help="Songs to simulate.")
@click.option("--events", default=10_000, type=NUMBER, metavar="N", show_default=True, help="Events to simulate.")
@pass_invocation
def demo(invocation: Invocation, directory: Path, songs: int, events: int) -> None:
    """Simulate a month of listening, load it into the embedded stand-in, and show what people listened to.

    Needs neither a cluster nor a configuration, and the extra: pip install '/path/to/checkout[standin]'

    \b
    Example:  sparkify-dwh demo
    """
    if invocation.config is not None:
        raise UsageError(
            "The demo has a configuration of its own, in --directory, and takes no other: leave out --config."
        )
    from sparkify_dwh.cli import demo_steps as steps

    with counted("simulating", quiet=False) as show:
        settings = steps.prepare(directory, songs=songs, events=events, progress=show)
    with progress() as step:
        report, answers = steps.run(settings, on_step=step)
    click.echo(report)
    for answer in answers:
        print_table(answer.question, answer.headings, answer.rows)
    configured = "" if steps.is_usual(settings) else f"--config {shlex.quote(str(directory / steps.CONFIGURATION))} "
    click.echo(f"To go on with it:  sparkify-dwh {configured}query plays-per-day")


COMMANDS = (simulate, demo)
