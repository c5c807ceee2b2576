"""The embedded PostgreSQL server behind the stand-in, with Redshift's catalogue installed in it.

There is one server per data directory. It starts when it is first needed, is shared by the processes that use it, and
the last of them stops it; the data stays. It listens on a unix socket only.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import threading
from contextlib import suppress
from functools import partial
from importlib.resources import files
from pathlib import Path

import fasteners
import psycopg
from psycopg import sql

from sparkify_dwh.errors import UnreachableError
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.processes import (
    Postmaster,
    Users,
    at_exit_of_child,
    remove_crash_traces,
    running_postmaster,
    uninterrupted,
)
from sparkify_dwh.standin.postgres.programs import (
    SUPERUSER,
    ProgramError,
    initialise,
    own,
    start_postgres,
    stop_postgres,
    system_user,
)
from sparkify_dwh.standin.postgres.socket_directories import fits, make_socket_directory, remove_socket_directory

DATABASE = "dev"  # the name of Redshift's first database
SOCKET_PREFIX, SOCKET_NAME = "sparkify-server-", ".s.PGSQL.5432"
INSTALL_LOCK = 20_181_101  # the key of an advisory lock
SQL_FILES = (
    "table_design.sql", "alter_table.sql", "catalog.sql", "settings.sql", "functions.sql", "regular_expressions.sql",
    "json_functions.sql", "dates.sql", "derived_tables.sql", "views.sql", "privileges.sql",
)  # fmt: skip

# For bulk loads on one machine. Commits survive any crash.
POSTGRES_SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # A process of its own writes the log, while the session goes on.
    "wal_buffers": "64MB",
    "wal_writer_delay": "10ms",
    "wal_writer_flush_after": "64MB",
    "wal_init_zero": "off",
    # Queries run in parallel workers. Their shared memory is in files, because a container's /dev/shm has 64 MB.
    "parallel_setup_cost": "100",
    "parallel_tuple_cost": "0.001",
    "dynamic_shared_memory_type": "mmap",
    "autovacuum_naptime": "10s",
    "client_connection_check_interval": "1s",  # ends the statement, and frees the locks, of a client that has disconnected
    "log_min_messages": "fatal",
}

_servers: dict[Path, EmbeddedServer] = {}
_lock = threading.Lock()


class EmbeddedServer:
    """The server of one directory, as this process uses it."""

    def __init__(self, directory: Path) -> None:
        self._pgdata = directory / "pgdata"
        self._lock = fasteners.InterProcessLock(directory / "server.lock")
        self._users = Users(directory / "server.users")
        self._process = os.getpid()
        self._postmaster: Postmaster | None = None

    @property
    def is_usable(self) -> bool:
        """Whether the server is alive, and knows that this process uses it: a fork must say so for itself."""
        return self._process == os.getpid() and self._postmaster is not None and self._postmaster.is_running

    @property
    def address(self) -> PostgresAddress:
        if self._postmaster is None:
            raise AssertionError("a server has an address once it is running")
        directory, port = self._postmaster.socket_directory, self._postmaster.port
        return PostgresAddress(str(directory), port, SUPERUSER, owner=system_user().uid)

    def start(self) -> None:
        """Start the server, unless it runs, and use it from now on."""
        with self._lock:
            self._users.add_this_process()
            self._postmaster = running_postmaster(self._pgdata) or self._started()

    def release(self) -> None:
        """Stop the server, unless another process that is alive uses it."""
        if self._process != os.getpid() or not self._pgdata.exists():
            return
        with self._lock:
            if not self._users.has_others():
                self._stop()
            self._users.remove_this_process()

    def abandon(self) -> None:
        """Use the server no more: it was killed, or is the parent's."""
        self._users.remove_this_process()

    def _started(self) -> Postmaster:
        if not (self._pgdata / "PG_VERSION").exists():
            initialise(self._pgdata)
        _configure(self._pgdata / "postgresql.auto.conf")
        old_directory = remove_crash_traces(self._pgdata)
        if old_directory is not None:
            remove_socket_directory(old_directory, SOCKET_PREFIX)
        own(self._pgdata)
        start_postgres(self._pgdata, self._socket_directory())
        postmaster = running_postmaster(self._pgdata)
        if postmaster is None:
            raise ProgramError("the server ended as soon as it had started")
        return postmaster

    def _socket_directory(self) -> Path:
        """Return the data directory, which is private, or another one if its path is too long for a socket."""
        if fits(self._pgdata / SOCKET_NAME):
            return self._pgdata
        return make_socket_directory(SOCKET_PREFIX, SOCKET_NAME, system_user().uid)

    def _stop(self) -> None:
        postmaster = running_postmaster(self._pgdata)
        if postmaster is not None:
            with suppress(ProgramError):  # it was killed in the meantime
                stop_postgres(self._pgdata)
            remove_socket_directory(postmaster.socket_directory, SOCKET_PREFIX)


def embedded_server(directory: Path) -> PostgresAddress:
    """Start the server of ``directory``, unless it runs, with Redshift's catalogue; return its address.

    Raise :class:`UnreachableError` when it cannot be started.
    """
    directory = directory.resolve()
    with _lock:
        server = _servers.get(directory)
        if server is None or not server.is_usable:
            if server is not None:
                server.abandon()
            server = _servers[directory] = EmbeddedServer(directory)  # first: whatever happens, it is stopped at exit
            try:
                uninterrupted(partial(_start, server, directory))
            except Exception:
                del _servers[directory]
                raise
        return server.address


def stop_server(directory: Path) -> None:
    """Stop the server of ``directory``, unless another process uses it; the data stays."""
    with _lock:
        server = _servers.pop(directory.resolve(), None)
        if server is not None:
            server.release()


@atexit.register
def _release_all() -> None:
    while _servers:
        _servers.popitem()[1].release()


def _start(server: EmbeddedServer, directory: Path) -> None:
    """Start the server of ``directory``, which is created when it does not exist, unless it runs.

    If it cannot be used, it is stopped.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _check_path(directory)
        try:
            server.start()
            _create_database(server.address)
            install(server.address, DATABASE)
        except BaseException:
            server.release()
            raise
    except Exception as error:  # from the file system, one of PostgreSQL's programs, or the server
        reason = (" ".join(str(error).split()) or type(error).__name__).rstrip(".")
        raise UnreachableError(
            f"The stand-in's server could not be started in {directory}: {reason}. "
            "Try again, or name another writable directory in [STANDIN] DIR."
        ) from error
    at_exit_of_child(_release_all)


def _check_path(directory: Path) -> None:
    """Raise OSError for a path that pg_ctl, which passes it to a shell, would misread."""
    if not re.fullmatch(r"[\w./@%+=:,~-]+", str(directory)):
        raise OSError("the path must not contain spaces, quotes or other special characters of a shell")


def _configure(file: Path) -> None:
    text = "".join(f"{name} = {value}\n" for name, value in POSTGRES_SETTINGS.items())
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def _create_database(address: PostgresAddress) -> None:
    """Create the database, which sorts by bytes as Redshift does. Redshift guide, r_ORDER_BY_clause"""
    with address.connect("postgres") as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [INSTALL_LOCK])
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(
                sql.SQL(
                    "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' "
                    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'"
                ).format(sql.Identifier(DATABASE))
            )


def install(address: PostgresAddress, database: str) -> None:
    """Install Redshift's catalogue and functions, unless this version of them is installed already."""
    folder = files("sparkify_dwh.standin") / "sql"
    text = "".join((folder / name).read_text() for name in SQL_FILES)
    version = hashlib.sha256(text.encode()).hexdigest()
    with address.connect(database) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [INSTALL_LOCK])
        if _installed_version(connection) != version:
            connection.execute("SET LOCAL standard_conforming_strings = on")
            connection.execute(text.encode())
            connection.execute(sql.SQL("COMMENT ON SCHEMA redshift_catalog IS {}").format(sql.Literal(version)))


def _installed_version(connection: psycopg.Connection) -> str | None:
    row = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'redshift_catalog'"
    ).fetchone()
    return None if row is None else str(row[0])
