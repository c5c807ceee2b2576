"""``sparkify-dwh standin serve``. The only product module that imports the stand-in."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.output import echo
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.utils.extras import require_extra
from sparkify_dwh.utils.signals import handled_signals

if TYPE_CHECKING:
    from sparkify_dwh.utils.secret import Secret


@click.group()
def standin() -> None:
    """The stand-in: a local Redshift emulator.

    \b
    Example:  sparkify-dwh standin serve --port 5439
    """


@standin.command()
@click.option(
    "--port",
    default=5439,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 chooses a free port.",
)
@click.option(
    "--directory", type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the stand-in's data. Default: [STANDIN] DIR of the configuration.",
)  # fmt: skip
@click.option("--user", default="awsuser", show_default=True, help="User name for the login.")
@click.option(
    "--password-file", type=click.Path(path_type=Path),
    help="File with the password. Default: SPARKIFY_DWH_STANDIN_PASSWORD, or one is generated and shown once.",
)  # fmt: skip
@pass_invocation
def serve(invocation: Invocation, port: int, directory: Path | None, user: str, password_file: Path | None) -> None:
    """Accept connections of psql and other programs on this machine, with a password, until Ctrl-C.

    With the password, COPY can read every file that the user of this command can read.

    \b
    Example:  sparkify-dwh standin serve --port 5439
    """
    require_extra("standin", "The stand-in")
    from sparkify_dwh.standin.relay.startup import Credentials
    from sparkify_dwh.standin.serve import read_password, serving

    password = read_password(password_file, os.environ) or _generated_password()
    with serving(directory or _configured_directory(invocation), Credentials(user, password), port) as place:
        signals = _pipe_of_signals()
        echo(f"The stand-in accepts connections of {user} at\n  {place.url}\nStop it with Ctrl-C.")
        os.read(signals, 1)  # later ones change nothing, so that the server is stopped in order
    echo("The stand-in has stopped.")


def _configured_directory(invocation: Invocation) -> Path:
    directory = invocation.settings().standin_directory
    if directory is None:
        raise ConfigurationError(
            "The stand-in needs a directory, but the configuration names a cluster", "give one with --directory"
        )
    return directory


def _generated_password() -> Secret:
    """Generate a password and show it on the terminal only."""
    from sparkify_dwh.standin.serve import PASSWORD_VARIABLE, generate_password

    if not sys.stderr.isatty():
        raise ConfigurationError(
            "The stand-in needs a password, and there is no terminal to show a generated one",
            f"give it in --password-file or in {PASSWORD_VARIABLE}",
        )
    password = generate_password()
    echo(f"Password, shown this once: {password.reveal()}", err=True)
    return password


def _pipe_of_signals() -> int:
    """Return a pipe that the signals write to, and that is all they do from now on."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in handled_signals():
        signal.signal(number, lambda _number, _frame: None)
    return reading
