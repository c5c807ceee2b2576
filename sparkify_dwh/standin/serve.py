"""The stand-in on a TCP port, for psql and other programs: on the loopback address alone, and never without a password."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sparkify_dwh.errors import ConfigurationError, UnreachableError
from sparkify_dwh.standin.postgres.server import DATABASE, embedded_server, stop_server
from sparkify_dwh.standin.protocol.channel import PATIENCE_SECONDS
from sparkify_dwh.standin.relay.listener import Listener
from sparkify_dwh.standin.relay.startup import Credentials
from sparkify_dwh.utils.secret import Secret

LOOPBACK = "127.0.0.1"
PORT = 5439  # Redshift's
USER = "awsuser"  # what Redshift calls a cluster's first user unless told otherwise
PASSWORD_VARIABLE = "SPARKIFY_DWH_STANDIN_PASSWORD"  # noqa: S105 (a name, no password)


@dataclass(frozen=True)
class Served:
    """A stand-in that is being served."""

    port: int
    user: str

    @property
    def url(self) -> str:
        """Where to connect to, without the password, in the form that psql and other libpq programs take."""
        return f"postgresql://{self.user}@{LOOPBACK}:{self.port}/{DATABASE}?sslmode=disable"


@contextmanager
def served(
    directory: Path, credentials: Credentials, port: int = PORT, patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[Served]:
    """Serve the stand-in of ``directory`` on a port of the loopback address; port 0 takes any that is free.

    The sessions end, and the server stops unless another process uses it, when the context does. A server that has died
    is started again by the next client. Raises :class:`UnreachableError` when the port is taken or the server fails.
    """
    if not credentials.password:
        raise ConfigurationError("the stand-in needs a password to let others in, and found an empty one: give it one")
    embedded_server(directory)
    try:
        listening = _listening(port)
        try:
            listener = Listener(listening, lambda: embedded_server(directory), credentials, patience_seconds)
            try:
                yield Served(listening.getsockname()[1], credentials.user)
            finally:
                listener.close()
        finally:
            listening.close()
    finally:
        stop_server(directory)


def given_password(file: Path | None, environ: Mapping[str, str]) -> Secret | None:
    """The password in ``file`` (its first line), else in SPARKIFY_DWH_STANDIN_PASSWORD; None when there is neither.

    Raises :class:`ConfigurationError` for a file that cannot be read, that others may read, or that holds none.
    """
    if file is None:
        clear = environ.get(PASSWORD_VARIABLE, "")
        return Secret(clear) if clear else None
    try:
        if file.stat().st_mode & 0o077 and file.is_file():
            raise ConfigurationError(f"the password file {file} can be read by others: run chmod 600 on it")
        clear = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except OSError as error:
        raise ConfigurationError(
            f"the password file {file} cannot be read ({error.strerror}): correct the path"
        ) from None
    except UnicodeDecodeError:
        clear = ""
    if not clear:
        raise ConfigurationError(f"the password file {file} needs a password in UTF-8 on its first line: write one")
    return Secret(clear)


def new_password() -> Secret:
    """A password that nobody can guess."""
    return Secret(secrets.token_urlsafe(18))


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
    except OSError as error:
        listening.close()
        raise UnreachableError(
            f"the stand-in needs the port {port} of {LOOPBACK} and found: {error.strerror}. Name another with --port."
        ) from None
    return listening
