"""The environment of libpq and PostgreSQL is the user's for other servers: nothing of it reaches the stand-in."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from psycopg import pq

from sparkify_dwh.database import connected
from sparkify_dwh.settings import Settings
from sparkify_dwh.standin.postgres.environment import server_environment, without_libpq_variables

# Variables that are no connection parameters, of libpq, the server and its programs, and of the package of the binaries.
OTHER_VARIABLES = (
    "PGCTLTIMEOUT", "PGDATA", "PGDATESTYLE", "PGGEQO", "PGLOCALEDIR", "PGREALM", "PGREQUIRESSL", "PGSERVER_POSTGRES_VERSION",
    "PGSERVICEFILE", "PGSYSCONFDIR", "PGTZ", "PG_COLOR", "PG_OOM_ADJUST_FILE",
)  # fmt: skip
VARIABLES = sorted(
    {parameter.envvar.decode() for parameter in pq.Conninfo.get_defaults() if parameter.envvar} | {*OTHER_VARIABLES}
)
# Values that lead elsewhere or change results; those of the other variables are refused by whoever reads them.
HOSTILE_VALUES = {
    "PGCHANNELBINDING": "require",
    "PGCLIENTENCODING": "LATIN1",
    "PGDATESTYLE": "SQL, DMY",
    "PGGSSENCMODE": "require",
    "PGHOSTADDR": "127.0.0.1",
    "PGMAXPROTOCOLVERSION": "3.2",
    "PGOPTIONS": "-c default_transaction_read_only=on -c search_path=nowhere",
    "PGPORT": "1",
    "PGREQUIREAUTH": "scram-sha-256",
    "PGSSLMODE": "verify-full",
    "PGTARGETSESSIONATTRS": "standby",
    "PGTZ": "America/New_York",
}
ANSWERS = (
    "SELECT 'é', octet_length('é'), CAST(TIMESTAMP '2018-11-01 20:00:00' AS VARCHAR), current_setting('timezone'), "
    "current_setting('search_path'), current_setting('default_transaction_read_only')"
)


def set_hostile(monkeypatch: pytest.MonkeyPatch, *variables: str) -> None:
    for variable in variables:
        monkeypatch.setenv(variable, HOSTILE_VALUES.get(variable, "/no/such/é"))


def answers(settings: Settings) -> tuple[object, ...]:
    """What a new connection answers, and what it reads back of a table that it has made."""
    with connected(settings) as connection:
        connection.exec_driver_sql("CREATE TEMP TABLE kept (t VARCHAR(10))")
        connection.exec_driver_sql("INSERT INTO kept VALUES ('Björk')")
        kept = connection.exec_driver_sql("SELECT t, octet_length(t) FROM kept").one()
        return (*kept, *connection.exec_driver_sql(ANSWERS).one())


@pytest.fixture(scope="module")
def plain(migrated: Settings) -> tuple[object, ...]:
    """The answers without any variable."""
    return answers(migrated)


@pytest.mark.parametrize("variable", VARIABLES)
def test_no_variable_reaches_a_connection(
    migrated: Settings, plain: tuple[object, ...], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    set_hostile(monkeypatch, variable)
    assert answers(migrated) == plain
    assert variable in os.environ


def test_no_variable_reaches_the_servers_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no server stays behind. The process is a new one, with an initdb of its own."""
    script = (
        "import sys; from pathlib import Path; directory = Path(sys.argv[1]);"
        "from sparkify_dwh.standin.postgres.server import DATABASE, embedded_server;"
        "connection = embedded_server(directory).connect(DATABASE);"
        "print(*connection.execute('SHOW server_encoding').fetchone(), *connection.execute('SHOW timezone').fetchone());"
        "connection.close()"
    )
    set_hostile(monkeypatch, *VARIABLES)
    monkeypatch.setenv("LC_ALL", "xx_XX.none")
    with tempfile.TemporaryDirectory(prefix="sparkify-dwh-test-") as directory:
        done = subprocess.run([sys.executable, "-c", script, directory], capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("UTF8 UTC\n", "")
        assert not (Path(directory) / "pgdata" / "postmaster.pid").exists()


def test_the_variables_are_the_users_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    set_hostile(monkeypatch, "PGHOST", "PGSERVICE")
    before = dict(os.environ)
    seen = []

    def fail() -> None:
        with without_libpq_variables():
            seen.extend(name for name in os.environ if name.startswith("PG"))
            raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        fail()
    assert seen == []
    assert dict(os.environ) == before


def test_programs_get_the_rest_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING", "else")
    set_hostile(monkeypatch, "PGDATA")
    environment = server_environment()
    assert environment["SOMETHING"] == "else"
    assert "PGDATA" not in environment
