"""``sparkify-dwh simulate``: write simulated input files."""

from __future__ import annotations

from pathlib import Path

import click

from sparkify_dwh.cli.options import COUNT, POSITIVE_COUNT, json_option
from sparkify_dwh.cli.output import print_json
from sparkify_dwh.cli.progress import progress_bars
from sparkify_dwh.utils.text import numbered


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--songs", default=1_000, type=COUNT, metavar="N", show_default=True, help="Songs of the catalogue.")
@click.option(
    "--events", default=10_000, type=COUNT, metavar="N", show_default=True, help="Events of the activity log."
)
@click.option("--users", type=POSITIVE_COUNT, metavar="N", help="Users of the app; as many as the events suggest.")
@click.option(
    "--days",
    default=30,
    type=POSITIVE_COUNT,
    metavar="N",
    show_default=True,
    help="Days that the log covers, a file each.",
)
@click.option(
    "--songs-per-file",
    default=1,
    type=POSITIVE_COUNT,
    metavar="N",
    show_default=True,
    help="Songs in one file, one per line.",
)
@click.option(
    "--seed", default=0, type=COUNT, metavar="N", show_default=True, help="The same seed writes the same files."
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

    with progress_bars("writing files", quiet=as_json) as show:
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
