"""``sparkify-dwh simulate``: write written input files."""

from __future__ import annotations

from pathlib import Path

import click

from sparkify_dwh.cli.options import COUNT, POSITIVE_COUNT, json_option
from sparkify_dwh.cli.output import print_json, progress_bars
from sparkify_dwh.utils.text import numbered


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--songs", default=1_000, type=COUNT, metavar="N", show_default=True, help="Songs in the catalogue.")
@click.option(
    "--events", default=10_000, type=COUNT, metavar="N", show_default=True, help="Events in the activity log."
)
@click.option(
    "--users", type=POSITIVE_COUNT, metavar="N", help="Users of the app. By default in proportion to the events."
)
@click.option(
    "--days",
    default=30,
    type=POSITIVE_COUNT,
    metavar="N",
    show_default=True,
    help="Days that the log covers, one file each.",
)
@click.option(
    "--songs-per-file",
    default=1,
    type=POSITIVE_COUNT,
    metavar="N",
    show_default=True,
    help="Songs per file, one per line.",
)
@click.option(
    "--seed", default=0, type=COUNT, metavar="N", show_default=True, help="The same seed writes the same files."
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier simulation.")
@json_option
def simulate(  # noqa: PLR0913 (one for each option)
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
        written = write(
            directory, songs=songs, events=events, users=users, days=days, seed=seed, songs_per_file=songs_per_file,
            overwrite=overwrite, progress=show,
        )  # fmt: skip
    if as_json:
        print_json(asdict(written))
    else:
        log = f"{numbered(written.events, 'event')} of {numbered(written.users, 'user')}"
        click.echo(f"{log} in {numbered(written.log_files, 'file')} under {written.log_data}")
        songs_written, files = numbered(written.songs, "song"), numbered(written.song_files, "file")
        click.echo(f"{songs_written} in {files} under {written.song_data}")
