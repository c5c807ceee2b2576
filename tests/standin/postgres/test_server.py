"""The embedded server: started when it is needed, stopped by its last process, and private to its user."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.warehouse import a_standin

from sparkify_dwh.database import connected
from sparkify_dwh.errors import UnreachableError
from sparkify_dwh.settings import Settings
from sparkify_dwh.standin.postgres.server import DATABASE, embedded_server, stop_server


def test_data_stays_between_runs() -> None:
    with a_standin() as settings:
        with connected(settings) as connection:
            connection.exec_driver_sql("CREATE TABLE kept (a INT)")
            connection.commit()
        assert settings.standin_directory is not None
        stop_server(settings.standin_directory)
        with connected(settings) as connection:
            assert sa.inspect(connection).has_table("kept")


def test_a_stale_pid_file_is_removed() -> None:
    """After a crash the number in it may be that of another process."""
    with (
        a_standin() as settings,
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander,
    ):
        assert settings.standin_directory is not None
        directory = settings.standin_directory
        embedded_server(directory)
        pid_file = directory / "pgdata" / "postmaster.pid"
        lines = pid_file.read_text().split("\n")
        stop_server(directory)
        pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]))
        with connected(settings) as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        assert bystander.poll() is None
        bystander.communicate(b"\n")


def test_a_directory_that_is_removed_stays_removed() -> None:
    """Not even the lock is made again when the process ends."""
    script = (
        "import shutil, sys; from pathlib import Path; directory = Path(sys.argv[1]);"
        "from sparkify_dwh.standin.postgres.server import embedded_server, stop_server;"
        "embedded_server(directory); stop_server(directory); shutil.rmtree(directory)"
    )
    with tempfile.TemporaryDirectory(prefix="sparkify-dwh-test-") as parent:
        directory = Path(parent) / "standin"
        subprocess.run([sys.executable, "-c", script, str(directory)], check=True)
        assert not directory.exists()


@pytest.mark.parametrize("end", ["stop_server(directory)", "pass"], ids=["stopped", "at exit"])
def test_a_process_that_was_killed_does_not_keep_a_server_alive(end: str) -> None:
    """It never took itself off the list of those that use the server."""
    with tempfile.TemporaryDirectory(prefix="sparkify-dwh-test-") as parent:
        directory = Path(parent) / "standin"
        with a_user(directory, end) as killed, a_user(directory, end) as last:
            killed.kill()
            killed.wait()
            assert (directory / "pgdata" / "postmaster.pid").exists()
            last.communicate(b"\n")
        assert not (directory / "pgdata" / "postmaster.pid").exists()


def test_a_child_of_multiprocessings_leaves_nothing_behind() -> None:
    """It ends without a look at atexit. Neither its server nor its relay's socket stays."""
    script = (
        "import multiprocessing, sys; from pathlib import Path;"
        "from sparkify_dwh.standin.relay.local_relay import local_relay;"
        "from sparkify_dwh.standin.postgres.server import embedded_server;"
        "use = lambda: local_relay(embedded_server(Path(sys.argv[1])));"
        "child = multiprocessing.get_context('fork').Process(target=use);"
        "child.start(); child.join(); sys.exit(child.exitcode)"
    )
    with tempfile.TemporaryDirectory(prefix="sparkify-dwh-test-") as parent:
        directory, temporary = Path(parent) / "standin", Path(parent) / "temporary"
        temporary.mkdir()
        environment = {**os.environ, "TMPDIR": str(temporary)}
        subprocess.run([sys.executable, "-c", script, str(directory)], env=environment, check=True)
        assert (directory / "pgdata" / "PG_VERSION").exists()
        assert not (directory / "pgdata" / "postmaster.pid").exists()
        assert not list(temporary.glob("sparkify-relay-*"))


@contextmanager
def a_user(directory: Path, end: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that uses the server, until it reads a line."""
    script = (
        "import sys; from pathlib import Path; directory = Path(sys.argv[1]);"
        "from sparkify_dwh.standin.postgres.server import embedded_server, stop_server;"
        f"embedded_server(directory); print(flush=True); input(); {end}"
    )
    command = [sys.executable, "-c", script, str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(UnreachableError, match=r"could not be started in .*file: .* \[STANDIN\] DIR"):
        sa.create_engine(Settings.embedded(tmp_path / "file").url).connect()


def test_it_listens_on_no_network() -> None:
    with a_standin() as settings:
        assert settings.standin_directory is not None
        with embedded_server(settings.standin_directory).connect(DATABASE) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_shared_memory_is_in_files() -> None:
    """A container's /dev/shm has 64 MB by default, and a join of a few million rows would need more."""
    with a_standin() as settings:
        assert settings.standin_directory is not None
        with embedded_server(settings.standin_directory).connect(DATABASE) as connection:
            assert connection.execute("SHOW dynamic_shared_memory_type").fetchone() == ("mmap",)


def test_it_sorts_by_bytes() -> None:
    """Redshift guide, r_ORDER_BY_clause: C collation, NULLs last."""
    values = "SELECT 'b' AS a UNION ALL SELECT 'B' UNION ALL SELECT 'é' UNION ALL SELECT NULL"
    with a_standin() as settings, connected(settings) as connection:
        rows = connection.exec_driver_sql(f"SELECT a FROM ({values}) AS v ORDER BY a").scalars().all()
    assert rows == ["B", "b", "é", None]


def test_an_unreachable_postgresql_is_named() -> None:
    engine = sa.create_engine("redshift+standin://me:hush-hush@127.0.0.1:1/dev")
    with pytest.raises(UnreachableError, match=r"at 127\.0\.0\.1:1") as error:
        engine.connect()
    assert "hush" not in str(error.value)
