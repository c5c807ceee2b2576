"""Connecting as to a cluster: TLS, limits, logins, labels; and what is said when it fails."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from moto.moto_api._internal import mock_random
from sqlalchemy import text
from support.aws import Account, Sent
from support.tls_front import ANSWERS_TLS, REFUSES_TLS, Front, write_certificates

from sparkify_dwh.database import connected, warehouse
from sparkify_dwh.errors import ConfigurationError, UnreachableError
from sparkify_dwh.settings import Settings
from sparkify_dwh.standin.postgres.server import embedded_server
from sparkify_dwh.standin.relay.listener import Listener
from sparkify_dwh.standin.relay.startup import Credentials
from sparkify_dwh.utils.secret import Secret

# The driver makes its TLS context in a way that Python advises against.
pytestmark = pytest.mark.filterwarnings(r"ignore:ssl\..*:DeprecationWarning")

LOGIN = Credentials("IAM:loader", Secret("minted-and-short-lived"))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority, and a key and certificate of localhost that it signed."""
    folder = tmp_path_factory.mktemp("tls")
    write_certificates(folder)
    return folder


@pytest.fixture
def trusted(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "authority.pem"))


@pytest.fixture
def front(certificates: Path) -> Iterator[Callable[..., Front]]:
    """Opens front doors, which are closed in the end."""
    opened: list[Front] = []

    def open_door(answer: bytes = ANSWERS_TLS, behind: int | None = None) -> Front:
        opened.append(door := Front(certificates / "own.pem", answer, behind))
        door.start()
        return door

    yield open_door
    for door in opened:
        door.close()


@pytest.fixture(scope="module")
def standin_port(migrated: Settings) -> Iterator[int]:
    """A port at which the stand-in of the tests lets one user in, by password."""
    assert migrated.standin_directory is not None
    server = embedded_server(migrated.standin_directory)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listener = Listener(listening, lambda: server, LOGIN)
        yield listening.getsockname()[1]
        listener.close()


@pytest.fixture
def cluster_port(front: Callable[..., Front], standin_port: int, trusted: None) -> int:
    """The port of what looks like a cluster: TLS, a password, and the stand-in behind it."""
    return front(behind=standin_port).port


def settings_for(port: int, **changes: Any) -> Settings:
    login = {"db_user": LOGIN.user, "db_password": LOGIN.password}
    return Settings(**{"host": "localhost", "db_port": port, "db_name": "dev", **login, **changes})


@contextmanager
def the_socket_of(settings: Settings) -> Iterator[Any]:
    with connected(settings) as connection:
        yield connection.connection.dbapi_connection._usock  # type: ignore[union-attr]


def test_a_connection_is_made_through_tls_with_a_password(cluster_port: int) -> None:
    with connected(settings_for(cluster_port)) as connection:
        assert connection.scalar(text("SELECT 1")) == 1
        name = text("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        assert connection.scalar(name) == "sparkify_dwh"


def test_the_queries_carry_a_label(cluster_port: int) -> None:
    """It outlives the transaction in which it was set."""
    with connected(settings_for(cluster_port, query_group="nightly")) as connection:
        connection.rollback()
        assert connection.scalar(text("SHOW query_group")) == "nightly"


def test_a_connection_has_no_limit_once_it_is_made_and_is_kept_alive(cluster_port: int) -> None:
    with the_socket_of(settings_for(cluster_port)) as opened:
        assert isinstance(opened, ssl.SSLSocket)
        assert opened.gettimeout() is None
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60


def test_a_new_login_is_minted_for_each_new_connection(
    account: Account, cluster_port: int, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.ask(
        "redshift", "create_cluster", ClusterIdentifier=account.identifier, NodeType="ra3.large", MasterUsername="admin",
        MasterUserPassword="Passw0rd-other",
    )  # fmt: skip
    monkeypatch.setattr(mock_random, "get_random_string", lambda *_args, **_kw: LOGIN.password.reveal())
    tunnel = {"DWH_CLUSTER_IDENTIFIER": account.identifier, "DWH_CLUSTER_TYPE": "single-node"}
    settings = settings_for(cluster_port, iam=True, db_user="loader", db_password=None, dwh=tunnel)
    with warehouse(settings) as engine, engine.connect() as first, engine.connect() as second:
        assert first.scalar(text("SELECT 1")) == second.scalar(text("SELECT 1")) == 1
    assert [operation for operation, _ in sent.requests].count("GetClusterCredentials") == 2


def test_no_password_is_in_the_url_or_the_logs(cluster_port: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = settings_for(cluster_port)
    with warehouse(settings) as engine, engine.connect():
        shown = f"{caplog.text} {engine} {engine.url} {engine.url!r} {settings}"
    assert LOGIN.password.reveal() not in shown
    assert settings_for(cluster_port, iam=True).url.password is None


def test_a_wrong_password_is_said_with_what_to_check(cluster_port: int) -> None:
    with pytest.raises(
        UnreachableError, match=r"password authentication failed .*Check DB_NAME, DB_USER and DB_PASSWORD"
    ):
        use(settings_for(cluster_port, db_password=Secret("wrong")))


def use(settings: Settings) -> None:
    with connected(settings):
        pass


@pytest.mark.parametrize("answer", [b"", ANSWERS_TLS], ids=["at once", "after TLS"])
def test_a_server_that_says_nothing_is_given_up(front: Callable[..., Front], trusted: None, answer: bytes) -> None:
    door = front(answer)
    with pytest.raises(UnreachableError, match=rf"localhost:{door.port}/dev .*: no answer within 0\.1 s\. Check HOST"):
        use(settings_for(door.port, connect_seconds=0.1))


def test_a_server_without_tls_is_told_nothing(front: Callable[..., Front]) -> None:
    door = front(REFUSES_TLS)
    with pytest.raises(UnreachableError, match="does not support TLS, so it is not Redshift"):
        use(settings_for(door.port))
    assert door.received == bytes.fromhex("0000000804d2162f")  # the request for TLS, and no more


def test_a_certificate_of_nobody_we_trust_is_refused(front: Callable[..., Front]) -> None:
    door = front()
    with pytest.raises(
        UnreachableError, match=r"its certificate is not trusted .*Something other than Redshift may answer"
    ):
        use(settings_for(door.port, tls="verify-ca"))


def test_a_certificate_of_another_name_is_refused_unless_that_was_asked_for(
    cluster_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UnreachableError, match=r"is not trusted \(IP address mismatch.* TLS=verify-ca"):
        use(settings_for(cluster_port, host="127.0.0.1"))
    assert not caplog.records
    use(settings_for(cluster_port, host="127.0.0.1", tls="verify-ca"))
    assert "the name in the certificate is not compared" in caplog.text


def test_a_host_that_is_not_there_is_named() -> None:
    with pytest.raises(UnreachableError, match=r"warehouse\.invalid:5439/dev could not be connected to: .*Check HOST"):
        use(settings_for(5439, host="warehouse.invalid"))


@pytest.mark.parametrize("mode", ["", "disable", "prefer", "require"])
def test_no_mode_of_tls_gets_round_it(mode: str) -> None:
    """The driver does without TLS where it does not know the mode."""
    with pytest.raises(ConfigurationError, match="tls must be verify-full or verify-ca"):
        use(settings_for(5439, tls=mode))
