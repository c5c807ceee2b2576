"""The stand-in on a TCP port of the loopback address, for psql and other programs, always with a password."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sparkify_dwh.errors import ConfigurationError, UnreachableError
from sparkify_dwh.standin.postgres.server import DATABASE, embedded_server, stop_server
from sparkify_dwh.standin.protocol.channel import DEFAULT_SEND_TIMEOUT_SECONDS
from sparkify_dwh.standin.relay.listener import Listener
from sparkify_dwh.standin.relay.startup import Credentials
from sparkify_dwh.utils.secret import Secret

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 5439  # Redshift's
PASSWORD_VARIABLE = "SPARKIFY_DWH_STANDIN_PASSWORD"  # noqa: S105 (a name, no password)


@dataclass(frozen=True)
class Endpoint:
    """Where the stand-in accepts connections."""

    port: int
    user: str

    @property
    def url(self) -> str:
        """The connection URL for psql and other libpq programs, without the password."""
        return f"postgresql://{self.user}@{LOOPBACK}:{self.port}/{DATABASE}?sslmode=disable"


@contextmanager
def serving(
    directory: Path,
    credentials: Credentials,
    port: int = DEFAULT_PORT,
    send_timeout_seconds: float = DEFAULT_SEND_TIMEOUT_SECONDS,
) -> Iterator[Endpoint]:
    """Serve the stand-in of ``directory`` on a port of the loopback address; port 0 takes any free one.

    Leaving the context ends the sessions and stops the server, unless another process uses it. If the server dies, the
    next client starts it again. Raise :class:`UnreachableError` when the port is taken or the server fails.
    """
    if not credentials.password:
        raise ConfigurationError("The stand-in needs a password for its clients, and the given one is empty")
    embedded_server(directory)
    with ExitStack() as stack:
        stack.callback(stop_server, directory)
        listening = stack.enter_context(_bind(port))
        listener = Listener(listening, lambda: embedded_server(directory), credentials, send_timeout_seconds)
        stack.callback(listener.close)
        yield Endpoint(listening.getsockname()[1], credentials.user)


def read_password(file: Path | None, environ: Mapping[str, str]) -> Secret | None:
    """Return the first line of ``file``, else SPARKIFY_DWH_STANDIN_PASSWORD; None when neither is given.

    Raise :class:`ConfigurationError` for a file that cannot be read, that others can read, or that has no password.
    """
    if file is None:
        clear = environ.get(PASSWORD_VARIABLE, "")
        return Secret(clear) if clear else None
    try:
        if file.stat().st_mode & 0o077 and file.is_file():
            raise ConfigurationError(f"The password file {file} can be read by others: run chmod 600 on it")
        clear = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except OSError as error:
        raise ConfigurationError(
            f"The password file {file} cannot be read ({error.strerror}): correct the path"
        ) from None
    except UnicodeDecodeError:
        clear = ""
    if not clear:
        raise ConfigurationError(f"The password file {file} needs a password in UTF-8 on its first line: write one")
    return Secret(clear)


def generate_password() -> Secret:
    """Return a random password."""
    return Secret(secrets.token_urlsafe(18))


def _bind(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
    except OSError as error:
        listening.close()
        raise UnreachableError(
            f"The stand-in cannot listen on port {port} of {LOOPBACK}: {error.strerror}. Name another port with --port."
        ) from None
    return listening
