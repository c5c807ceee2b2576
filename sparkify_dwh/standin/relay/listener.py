"""The relay's listener: accepts Redshift clients on a socket, and serves each one in a thread of this process."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import (
    DEFAULT_SEND_TIMEOUT_SECONDS,
    Channel,
    ChannelPair,
    ClientDisconnected,
    ServerDisconnected,
)
from sparkify_dwh.standin.relay.session import Session
from sparkify_dwh.standin.relay.startup import Credentials, StartupHandshake, startup_response
from sparkify_dwh.standin.rules.translate import redshift_error
from sparkify_dwh.utils.logs import safe_logger

log = safe_logger(__name__)

MAX_CLIENTS = 200  # more than PostgreSQL accepts; further clients are refused before they cost a thread
CLOSE_TIMEOUT_SECONDS = 5.0  # for a client to read the last messages
RECONNECT_DELAY_SECONDS = 1.0  # for a killed server to disappear
ACCEPT_RETRY_SECONDS = 0.2  # after the system could not accept a client
WARNING_INTERVAL_SECONDS = 60.0  # between two warnings about that


class Listener:
    """Serves the clients of a listening socket until ``close``.

    ``address`` is called for each client; it returns where PostgreSQL is, and may start it. With ``credentials`` a client
    must know the password. A client that reads nothing for ``send_timeout_seconds`` is disconnected.
    """

    def __init__(
        self,
        listening: socket.socket,
        address: Callable[[], PostgresAddress],
        credentials: Credentials | None = None,
        send_timeout_seconds: float = DEFAULT_SEND_TIMEOUT_SECONDS,
    ) -> None:
        self._listening = listening
        self._address = address
        self._credentials = credentials
        self._send_timeout_seconds = send_timeout_seconds
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._backends: dict[int, tuple[int, Backend]] = {}  # by the process id that the client knows
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._accepting = threading.Thread(target=self._accept_clients, name="stand-in relay", daemon=True)
        listening.listen(64)
        self._accepting.start()

    def close(self) -> None:
        """Accept no more clients, and end every session and its transaction."""
        self._closing.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
        self._listening.close()
        with self._lock:
            clients = dict(self._clients)
        for client in clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in (self._accepting, *clients.values()):
            thread.join(CLOSE_TIMEOUT_SECONDS)

    def _accept_clients(self) -> None:
        """Accept clients until ``close``. Descriptors or threads that the system lacks now may be available later."""
        next_warning_at = 0.0
        while not self._closing.is_set() and self._listening.fileno() >= 0:
            try:
                client, _ = self._listening.accept()
                self._start_session(client)
            except Exception as error:  # one client's failure must not keep others out
                if not self._closing.is_set() and time.monotonic() >= next_warning_at:
                    log.warning("The stand-in could not accept a client and keeps trying: %s", error)
                    next_warning_at = time.monotonic() + WARNING_INTERVAL_SECONDS
                self._closing.wait(ACCEPT_RETRY_SECONDS)

    def _start_session(self, client: socket.socket) -> None:
        """Serve a client in a new thread. If there can be none, tell the client and raise the error."""
        thread = threading.Thread(target=self._serve, args=(client,), name="stand-in session", daemon=True)
        try:
            with self._lock:  # the thread needs it for its last step
                is_full = len(self._clients) >= MAX_CLIENTS
                if not is_full and not self._closing.is_set():
                    thread.start()
                    self._clients[client] = thread
                    return
        except Exception:
            _send_fatal(client, RedshiftError("53000", "the stand-in cannot serve another client now: try again later"))
            client.close()
            raise
        if is_full:
            message = f"the stand-in serves at most {MAX_CLIENTS} clients: close some connections"
            _send_fatal(client, RedshiftError("53300", message))
        client.close()

    def _serve(self, client: socket.socket) -> None:
        """Serve one client to its end, which ends its transaction too."""
        try:
            self._run_connection(client)
        except RedshiftError as error:
            _send_fatal(client, error)
        except wire.ProtocolError as error:
            _send_fatal(client, RedshiftError("08P01", str(error)))
        except (OSError, ClientDisconnected) as error:
            log.debug("a client of the stand-in has disconnected: %s", error)
        except Exception as error:
            _send_fatal(client, _internal_error(error))
        finally:
            with self._lock:
                del self._clients[client]
            client.close()

    def _run_connection(self, client: socket.socket) -> None:
        handshake = StartupHandshake(client, self._cancel)
        parameters = handshake.read_parameters()
        if parameters is None:
            return
        if self._credentials is not None:
            handshake.authenticate(parameters.get("user", ""), self._credentials)
        backend = self._connect(parameters)
        secret_key = secrets.randbits(31)
        self._backends[backend.pid] = (secret_key, backend)
        try:
            channel = Channel(client, ClientDisconnected, wire.MAX_CLIENT_MESSAGE_BYTES)
            channel.send(startup_response(backend, secret_key))
            self._run_session(channel, backend)
        finally:
            del self._backends[backend.pid]
            backend.close()

    def _run_session(self, client: Channel, backend: Backend) -> None:
        try:
            Session(client, backend, ChannelPair(client, backend.channel, self._send_timeout_seconds)).run()
        except wire.ProtocolError as error:
            client.send(_fatal(RedshiftError("08P01", str(error))))
        except ServerDisconnected:
            error_response = backend.unreported_fatal_error()
            if error_response:
                client.send(redshift_error(error_response))
            elif not backend.fatal_reported:
                client.send(_fatal(RedshiftError("57P01", "the server of the stand-in has stopped; connect again")))
        except ClientDisconnected:
            raise
        except Exception as error:
            client.send(_fatal(_internal_error(error)))
        client.flush(CLOSE_TIMEOUT_SECONDS)

    def _connect(self, parameters: dict[str, str]) -> Backend:
        database, name = parameters.get("database", "dev"), parameters.get("application_name", "")
        try:
            return self._backend(database, name)
        except psycopg.OperationalError as error:
            raise RedshiftError("08006", f"the stand-in's PostgreSQL refuses the connection: {error}") from None
        except SparkifyError as error:
            raise RedshiftError("08006", str(error)) from None
        except OSError as error:  # in this process, such as no free descriptor
            raise RedshiftError(
                "08006", f"the stand-in cannot reach its PostgreSQL ({error}): try again later"
            ) from None

    def _backend(self, database: str, name: str) -> Backend:
        """Open a PostgreSQL session, with a second attempt: a server that was just killed may still look alive."""
        try:
            return Backend(self._address(), database, name)
        except psycopg.OperationalError as error:
            if "FATAL" in str(error):  # the server has answered
                raise
        time.sleep(RECONNECT_DELAY_SECONDS)
        return Backend(self._address(), database, name)

    def _cancel(self, pid: int, secret_key: int) -> None:
        known_key, backend = self._backends.get(pid, (None, None))
        if backend is not None and known_key == secret_key:
            backend.cancel()


def _send_fatal(client: socket.socket, error: RedshiftError) -> None:
    with suppress(OSError):
        client.settimeout(CLOSE_TIMEOUT_SECONDS)
        client.sendall(_fatal(error))


def _internal_error(error: Exception) -> RedshiftError:
    """Log an unexpected error and return the error for the client."""
    log.exception("A session of the stand-in failed and has ended.")
    return RedshiftError("XX000", f"the stand-in failed, and has ended the session: {type(error).__name__}: {error}")


def _fatal(error: RedshiftError) -> bytes:
    return wire.error_response(error, "FATAL")
