"""Commands of the local stand-in for Redshift: standin serve. The one place of the product that knows the stand-in."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.utils.extras import require_extra

if TYPE_CHECKING:
    from sparkify_dwh.utils.secret import Secret


@click.group()
def standin() -> None:
    """The server that stands in for Redshift on this machine.

    \b
    Example:  sparkify-dwh standin serve --port 5439
    """


@standin.command()
@click.option("--port", default=5439, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one.")
@click.option(
    "--directory", type=click.Path(path_type=Path, file_okay=False),
    help="Where the stand-in's data is; else [STANDIN] DIR of the configuration.",
)  # fmt: skip
@click.option("--user", default="awsuser", show_default=True, help="The user to let in.")
@click.option(
    "--password-file", type=click.Path(path_type=Path),
    help="Holds the password; else SPARKIFY_DWH_STANDIN_PASSWORD does; else one is made, and shown once on a terminal.",
)  # fmt: skip
@pass_invocation
def serve(invocation: Invocation, port: int, directory: Path | None, user: str, password_file: Path | None) -> None:
    """Let psql and other programs on this machine into the stand-in, with a password, until Ctrl-C.

    Who has the password can read, through COPY, every file that the user of this command can.

    \b
    Example:  sparkify-dwh standin serve --port 5439
    """
    require_extra("standin", "The stand-in")
    from sparkify_dwh.standin.relay.startup import Credentials
    from sparkify_dwh.standin.serve import read_password, serving

    password = read_password(password_file, os.environ) or _shown_password()
    with serving(directory or _configured(invocation), Credentials(user, password), port) as place:
        click.echo(f"The stand-in lets {user} in at\n  {place.url}\nEnd it with Ctrl-C.")
        _await_interrupt()
    click.echo("The stand-in has stopped.")


def _configured(invocation: Invocation) -> Path:
    directory = invocation.settings().standin_directory
    if directory is None:
        raise ConfigurationError(
            "the stand-in needs a directory, and the configuration names a cluster: give one with --directory"
        )
    return directory


def _shown_password() -> Secret:
    """A new password, shown to the person at the terminal and to nobody else."""
    from sparkify_dwh.standin.serve import PASSWORD_VARIABLE, generate_password

    if not sys.stderr.isatty():
        raise ConfigurationError(
            "the stand-in needs a password, and there is no terminal to show a new one on: "
            f"give it in --password-file or in {PASSWORD_VARIABLE}"
        )
    password = generate_password()
    click.echo(f"Password, shown this once: {password.reveal()}", err=True)
    return password


def _await_interrupt() -> None:
    """Wait for Ctrl-C, or to be asked to end."""
    ended = threading.Event()

    def end(_number: int, _frame: Any) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        ended.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
