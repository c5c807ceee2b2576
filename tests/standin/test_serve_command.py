"""``sparkify-dwh standin serve``: its password, its end, and a server that was killed under it."""

from __future__ import annotations

import errno
import os
import pty
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from support.warehouse import a_standin

from sparkify_dwh.standin.relay.startup import Credentials
from sparkify_dwh.standin.serve import serving
from sparkify_dwh.utils.secret import Secret

PASSWORD = "hush hush ü"
CREDENTIALS = Credentials("awsuser", Secret(PASSWORD))
COMMAND = "from sparkify_dwh.cli import cli, standin; cli.add_command(standin.standin); cli()"


@contextmanager
def serve_command(stderr: int | None = None, **environment: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The command on a free port, and its first three lines, the second of them its URL."""
    others = {name: value for name, value in os.environ.items() if "STANDIN" not in name}
    with a_standin() as settings:
        arguments = ["standin", "serve", "--port", "0", "--directory", str(settings.standin_directory)]
        with subprocess.Popen(
            [sys.executable, "-c", COMMAND, *arguments],
            env=others | environment, stdout=subprocess.PIPE, stderr=stderr, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            yield process, [process.stdout.readline().strip() for _ in range(3)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_command_serves_until_it_is_interrupted(number: signal.Signals) -> None:
    """A second signal does not keep it from stopping its server."""
    with (
        serve_command(SPARKIFY_DWH_STANDIN_PASSWORD=PASSWORD) as (command, output),
        psycopg.connect(output[1], password=PASSWORD, autocommit=True) as client,
    ):
        server = psutil.Process(client.info.backend_pid).parent()
        command.send_signal(number)
        command.send_signal(signal.SIGINT)
        rest, _ = command.communicate(timeout=60)
        assert (command.returncode, rest) == (0, "The stand-in has stopped.\n")
        assert server is not None
        assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")


def test_a_made_password_is_shown_on_the_terminal_and_nowhere_else() -> None:
    terminal, end = pty.openpty()
    with serve_command(stderr=end) as (command, output):
        os.close(end)
        label, _, password = os.read(terminal, 4096).decode().strip().rpartition(" ")
        assert label == "Password, shown this once:"
        assert password not in "".join(output)
        with psycopg.connect(output[1], password=password) as client:
            assert client.execute("SELECT 1").fetchone() == (1,)
        command.send_signal(signal.SIGINT)
        assert password not in command.communicate(timeout=60)[0]
    os.close(terminal)


def ask_on_and_on(client: psycopg.Connection) -> None:
    while True:
        client.execute("SELECT 1")


def test_a_server_that_was_killed_is_started_again_by_the_next_client() -> None:
    with (
        a_standin() as settings,
        serving(settings.standin_directory or Path(), CREDENTIALS, 0) as there,
    ):
        with psycopg.connect(there.url, password=PASSWORD, autocommit=True) as client:
            client.execute("CREATE TABLE kept (a INT)")
            client.execute("INSERT INTO kept VALUES (1)")
            server = psutil.Process(client.info.backend_pid).parent()
            assert server is not None
            server.kill()
            with pytest.raises(psycopg.OperationalError):
                ask_on_and_on(client)  # the server's children go when they notice
        with psycopg.connect(there.url, password=PASSWORD) as client:
            assert client.execute("SELECT * FROM kept").fetchone() == (1,)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs the limits of another process: Linux has them")
def test_clients_come_in_again_after_the_descriptors_ran_out() -> None:
    """And it is said once, in a sentence."""
    with serve_command(stderr=subprocess.PIPE, SPARKIFY_DWH_STANDIN_PASSWORD=PASSWORD) as (command, output):
        assert command.stderr is not None
        few = psutil.Process(command.pid).num_fds() + 10
        resource.prlimit(command.pid, resource.RLIMIT_NOFILE, (few, few))
        with ExitStack() as crowd:
            for _ in range(few):
                crowd.enter_context(socket.create_connection(("127.0.0.1", urlsplit(output[1]).port or 0)))
            warning = command.stderr.readline()
        with psycopg.connect(output[1], password=PASSWORD) as client:
            assert client.execute("SELECT 1").fetchone() == (1,)
        command.send_signal(signal.SIGINT)
        _, rest = command.communicate(timeout=60)
    expected = OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    assert warning == f"WARNING The stand-in could not accept a client and keeps trying: {expected}\n"
    assert rest == ""


def test_without_a_terminal_no_password_is_made(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "standin", "serve", "--directory", str(tmp_path)],
        env={name: value for name, value in os.environ.items() if "STANDIN" not in name},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "there is no terminal to show a generated one" in done.stderr
