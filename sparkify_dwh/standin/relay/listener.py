"""The relay: a socket that Redshift's clients connect to, with PostgreSQL behind it.

It listens in this process; each client gets a thread.
"""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import PATIENCE_SECONDS, Channel, ClientGone, Exchange, ServerGone
from sparkify_dwh.standin.relay.session import Session
from sparkify_dwh.standin.relay.startup import Credentials, Entrance, greeting
from sparkify_dwh.standin.rules.translate import redshift_error

log = logging.getLogger(__name__)

MOST_CLIENTS = 200  # more than PostgreSQL lets in; the rest are shut out before they cost a thread
FAREWELL_SECONDS = 5.0  # for a client to take the last words
DYING_SECONDS = 1.0  # for a server that was killed to be gone
PAUSE_SECONDS = 0.2  # before the next client is let in when the system would not let one in
SILENT_SECONDS = 60.0  # between two warnings of that


class Listener:
    """Serves the clients of a listening socket, until ``close``.

    ``address`` is asked for each client: where PostgreSQL is, and it may be started by the asking. With ``credentials``
    a client must know the password. A client that reads none of its answer for ``patience_seconds`` is given up.
    """

    def __init__(
        self,
        listening: socket.socket,
        address: Callable[[], PostgresAddress],
        credentials: Credentials | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._listening = listening
        self._address = address
        self._credentials = credentials
        self._patience_seconds = patience_seconds
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._backends: dict[int, tuple[int, Backend]] = {}  # by the process id the client was told
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._accepting = threading.Thread(target=self._accept, name="stand-in relay", daemon=True)
        listening.listen(64)
        self._accepting.start()

    def close(self) -> None:
        """Let nobody in any more, end every session, and with it its transaction."""
        self._closing.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listening.close()
        with self._lock:
            clients = dict(self._clients)
        for client in clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in (self._accepting, *clients.values()):
            thread.join(FAREWELL_SECONDS)

    def _accept(self) -> None:
        """Let clients in until ``close``. What the system cannot give now, descriptors or threads, it may give later."""
        silent_until = 0.0
        while not self._closing.is_set() and self._listening.fileno() >= 0:
            try:
                client, _ = self._listening.accept()
                self._begin(client)
            except Exception as error:  # whatever it is, others want to come in
                if not self._closing.is_set() and time.monotonic() >= silent_until:
                    log.warning("The stand-in could not let a client in (%s). It goes on trying.", error)
                    silent_until = time.monotonic() + SILENT_SECONDS
                self._closing.wait(PAUSE_SECONDS)

    def _begin(self, client: socket.socket) -> None:
        """Serve a client in a thread of its own. When there is none to be had, the client is told, and the error raised."""
        thread = threading.Thread(target=self._serve, args=(client,), name="stand-in session", daemon=True)
        try:
            with self._lock:  # the thread's last act waits for it
                is_full = len(self._clients) >= MOST_CLIENTS
                if not is_full and not self._closing.is_set():
                    thread.start()
                    self._clients[client] = thread
                    return
        except Exception:
            _farewell(client, RedshiftError("53000", "the stand-in cannot serve one more client now: try again later"))
            client.close()
            raise
        if is_full:
            _farewell(client, RedshiftError("53300", f"the stand-in serves {MOST_CLIENTS} clients at most: close some"))
        client.close()

    def _serve(self, client: socket.socket) -> None:
        """One client from its first byte to its last. Whatever ends it ends its transaction too."""
        try:
            self._admit(client)
        except RedshiftError as error:
            _farewell(client, error)
        except wire.ProtocolError as error:
            _farewell(client, RedshiftError("08P01", str(error)))
        except (OSError, ClientGone) as error:
            log.debug("a client of the stand-in is gone: %s", error)
        except Exception as error:
            _farewell(client, _unforeseen(error))
        finally:
            with self._lock:
                del self._clients[client]
            client.close()

    def _admit(self, client: socket.socket) -> None:
        entrance = Entrance(client, self._cancel)
        parameters = entrance.parameters()
        if parameters is None:
            return
        if self._credentials is not None:
            entrance.authenticate(parameters.get("user", ""), self._credentials)
        backend = self._connect(parameters)
        key = secrets.randbits(31)
        self._backends[backend.pid] = (key, backend)
        try:
            self._session(Channel(client, ClientGone, wire.MAX_CLIENT_MESSAGE), backend, greeting(backend, key))
        finally:
            del self._backends[backend.pid]
            backend.close()

    def _session(self, client: Channel, backend: Backend, greeting: bytes) -> None:
        client.send(greeting)
        try:
            Session(client, backend, Exchange(client, backend.channel, self._patience_seconds)).run()
        except wire.ProtocolError as error:
            client.send(_fatal(RedshiftError("08P01", str(error))))
        except ServerGone:
            why = backend.last_words()
            if why:
                client.send(redshift_error(why))
            elif not backend.said_why:
                client.send(_fatal(RedshiftError("57P01", "the server of the stand-in has stopped; connect again")))
        except ClientGone:
            raise
        except Exception as error:
            client.send(_fatal(_unforeseen(error)))
        client.finish(FAREWELL_SECONDS)

    def _connect(self, parameters: dict[str, str]) -> Backend:
        database, name = parameters.get("database", "dev"), parameters.get("application_name", "")
        try:
            return self._backend(database, name)
        except psycopg.OperationalError as error:
            raise RedshiftError("08006", f"the stand-in's PostgreSQL refuses the connection: {error}") from None
        except SparkifyError as error:
            raise RedshiftError("08006", str(error)) from None
        except OSError as error:  # not the client's: no descriptor is left, for instance
            raise RedshiftError(
                "08006", f"the stand-in cannot reach its PostgreSQL ({error}): try again later"
            ) from None

    def _backend(self, database: str, name: str) -> Backend:
        """A session of PostgreSQL's; a server that was killed a moment ago may still look alive, and is asked twice."""
        try:
            return Backend(self._address(), database, name)
        except psycopg.OperationalError as error:
            if "FATAL" in str(error):  # the server's answer
                raise
        time.sleep(DYING_SECONDS)
        return Backend(self._address(), database, name)

    def _cancel(self, pid: int, key: int) -> None:
        known_key, backend = self._backends.get(pid, (None, None))
        if backend is not None and known_key == key:
            backend.cancel()


def _farewell(client: socket.socket, error: RedshiftError) -> None:
    with suppress(OSError):
        client.settimeout(FAREWELL_SECONDS)
        client.sendall(_fatal(error))


def _unforeseen(error: Exception) -> RedshiftError:
    """What the client is told of an error that should not have come up; where it did is in the log."""
    log.exception("A session of the stand-in failed, and has ended.")
    return RedshiftError("XX000", f"the stand-in failed, and has ended the session: {type(error).__name__}: {error}")


def _fatal(error: RedshiftError) -> bytes:
    return wire.error_response(error, "FATAL")
