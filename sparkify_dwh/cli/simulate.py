"""``sparkify-dwh simulate``: write simulated input files."""

from __future__ import annotations

from pathlib import Path

import click

from sparkify_dwh.cli.options import count_option, json_option
from sparkify_dwh.cli.output import echo, print_json, progress_bars
from sparkify_dwh.utils.text import numbered


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@count_option("--songs", "Songs in the catalogue.", default=1_000)
@count_option("--events", "Events in the activity log.", default=10_000)
@count_option("--users", "Users of the app. By default in proportion to the events.", minimum=1)
@count_option("--days", "Days that the log covers, one file each.", default=30, minimum=1)
@count_option("--songs-per-file", "Songs per file, one per line.", default=1, minimum=1)
@count_option("--seed", "The same seed writes the same files.", default=0)
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
        echo(f"{log} in {numbered(written.log_files, 'file')} under {written.log_data}")
        songs_written, files = numbered(written.songs, "song"), numbered(written.song_files, "file")
        echo(f"{songs_written} in {files} under {written.song_data}")
