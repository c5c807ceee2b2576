"""The reasons why a cluster cannot be connected to."""

from __future__ import annotations

from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from support.aws import ADDRESS, Account, up
from support.serverless_api import REGION

from sparkify_dwh import cluster
from sparkify_dwh.cluster.addresses import local_address
from sparkify_dwh.cluster.connectivity import explain_unreachable
from sparkify_dwh.database import connected
from sparkify_dwh.errors import UnreachableError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret


@pytest.fixture
def settings(account: Account) -> Settings:
    """The configuration of an available cluster in the default VPC, with HOST as AWS gives it."""
    created = up(account)
    account.behind().vpc_id = account.default_vpc()
    return account.settings(
        host=created.host, db_name="sparkify", db_user="u", db_password=Secret("p"), connect_seconds=0.1
    )


def reason(settings: Settings, address_service: str = "http://127.0.0.1:1") -> str:
    return explain_unreachable(settings, address_service=address_service) or ""


def test_it_was_deleted(account: Account, settings: Settings) -> None:
    account.ask("redshift", "delete_cluster", ClusterIdentifier=account.identifier, SkipFinalClusterSnapshot=True)
    assert reason(settings).startswith(f"There is no warehouse {account.identifier} in us-west-2: it was deleted, or")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("paused", "is paused: run `sparkify-dwh cluster resume`"),
        ("creating", "is creating: wait for it, see `sparkify-dwh"),
    ],
)
def test_it_does_not_run(account: Account, settings: Settings, state: str, expected: str) -> None:
    account.behind().status = state
    assert expected in reason(settings)


def test_it_is_another_clusters_endpoint_or_port(account: Account, settings: Settings) -> None:
    changed = f"{account.identifier}.old.us-west-2.redshift.amazonaws.com"
    assert "correct [CLUSTER] HOST" in reason(Settings(host=changed))
    account.behind().port = 5440
    assert "listens on port 5440: correct [CLUSTER] DB_PORT" in reason(settings)


def test_it_is_not_public(account: Account, settings: Settings) -> None:
    explanation = reason(settings)
    assert "is not public, and this machine (" in explanation
    assert explanation.endswith(
        "connect from within, or through a VPN or a tunnel, or run `sparkify-dwh cluster up --public`"
    )


def test_its_security_group_is_not_open_to_this_machine(
    account: Account, settings: Settings, address_service: str
) -> None:
    account.behind().publicly_accessible = True
    assert reason(settings, address_service) == (
        f"The security group of {account.identifier} does not open port 5439 to this machine ({ADDRESS}), only to "
        f"198.51.100.0/24: run `sparkify-dwh cluster up --cidr {ADDRESS}/32`"
    )


def test_within_its_vpc_the_local_address_is_used(account: Account, settings: Settings) -> None:
    block = f"{local_address('192.0.2.1').rsplit('.', 2)[0]}.0.0/16"
    account.behind().vpc_id = account.ask("ec2", "create_vpc", CidrBlock=block)["Vpc"]["VpcId"]
    assert f"does not open port 5439 to this machine ({local_address('192.0.2.1')})" in reason(settings)


def test_aws_is_open_to_this_machine_and_something_else_is_not(
    account: Account, settings: Settings, address_service: str
) -> None:
    cluster.up(
        account.settings(),
        cluster.Options(public=True, cidrs=(f"{ADDRESS}/32",)),
        aws=account.aws,
        sleep=lambda _: None,
    )
    assert f"AWS opens port 5439 to this machine ({ADDRESS}): check firewalls in between" in reason(
        settings, address_service
    )


def test_a_workgroup_is_explained_too(account: Account) -> None:
    host = f"{account.identifier}.{DEFAULT_ACCOUNT_ID}.{REGION}.redshift-serverless.amazonaws.com"
    assert reason(Settings(host=host)).startswith(f"There is no warehouse {account.identifier}")


@pytest.mark.parametrize("host", ["localhost", "warehouse.sparkify.com", None])
def test_a_host_that_is_no_endpoint_is_not_explained(host: str | None) -> None:
    assert reason(Settings(host=host)) == ""


def test_without_credentials_there_is_no_hint(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert reason(settings) == ""


def test_the_hint_is_in_the_error(account: Account, settings: Settings, resolved: None) -> None:
    account.behind().status = "paused"
    with (
        pytest.raises(
            UnreachableError, match=r"could not be connected to: .* is paused: run `sparkify-dwh cluster resume`"
        ),
        connected(settings),
    ):
        pass


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test resolves the name of a cluster."""
    import socket

    find = socket.getaddrinfo

    def refuse(host: Any, *arguments: Any, **options: Any) -> Any:
        if str(host or options.get("host")).endswith("amazonaws.com"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return find(host, *arguments, **options) if host else find(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
