"""Runs that are interrupted at any request that changes something: the next one continues from there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError
from support.aws import Account, is_reading, no_sleep

from sparkify_dwh import cluster
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret

FORMS = ("single-node", "serverless")
NEVER = 99


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, which: int, *, arrives: bool) -> Iterator[list[str]]:
    """One of the changing requests, which are listed, gets no response; it is carried out if it ``arrives``."""
    changing: list[str] = []
    send = BaseClient._make_api_call

    def send_or_break(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if not is_reading(operation):
            changing.append(operation)
            if len(changing) == which:
                if arrives:
                    send(self, operation, parameters)
                raise ReadTimeoutError(endpoint_url="http://aws.example/")
        return send(self, operation, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", send_or_break)
        yield changing


def described(account: Account, form: str, password: str | None = None) -> Settings:
    return account.settings(
        dwh={"DWH_CLUSTER_TYPE": form}, db_password=Secret(password) if password else None, iam=False
    )


@pytest.mark.parametrize(("form", "arrives"), [("single-node", True), ("single-node", False), ("serverless", True)])
def test_up_continues_after_every_change(
    account: Account, monkeypatch: pytest.MonkeyPatch, form: str, arrives: bool
) -> None:
    """With the password that the first run generated and wrote."""
    first = account.identifier
    for which in range(1, NEVER):
        account.identifier = f"{first}-{which}"
        written: dict[tuple[str, str], str] = {}
        with broken(monkeypatch, which, arrives=arrives) as changing:
            try:
                cluster.up(described(account, form), write_values=written.update, aws=account.aws, sleep=no_sleep)
            except AwsError:
                pass
            else:
                break
        assert len(changing) == which
        password = written["CLUSTER", "DB_PASSWORD"]
        settings = described(account, form, password)
        created = cluster.up(settings, aws=account.aws, sleep=no_sleep)
        assert created.host
        assert created.opened == ("198.51.100.0/24",)
        assert account.password() == password
    assert which > 4


@pytest.mark.parametrize("form", FORMS)
def test_down_continues_after_every_change(account: Account, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    first = account.identifier
    for which in range(1, NEVER):
        account.identifier = f"{first}-{which}"
        settings = described(account, form, "Pa55word-Of-The-Test")
        cluster.up(settings, aws=account.aws, sleep=no_sleep)
        with broken(monkeypatch, which, arrives=True):
            try:
                cluster.down(settings, aws=account.aws, sleep=no_sleep)
            except AwsError:
                pass
            else:
                break
        cluster.down(settings, aws=account.aws, sleep=no_sleep)
        assert account.is_empty()
    assert which > 3


def test_a_snapshot_of_another_deletion_is_not_reported(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = described(account, "single-node", "Pa55word-Of-The-Test")
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    account.behind().status = "final-snapshot"

    def gone(_seconds: float) -> None:
        account.ask("redshift", "delete_cluster", ClusterIdentifier=account.identifier, SkipFinalClusterSnapshot=True)

    assert cluster.down(settings, aws=account.aws, sleep=gone).snapshots == ()
    assert account.is_empty()


@pytest.mark.parametrize("form", FORMS)
def test_a_dry_run_sends_no_change(account: Account, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    settings = described(account, form, "Pa55word-Of-The-Test")
    arguments: dict[str, Any] = {"aws": account.aws, "sleep": no_sleep, "dry_run": True}
    with broken(monkeypatch, NEVER, arrives=False) as changing:
        cluster.up(settings, write_values=lambda _values: pytest.fail("written"), **arguments)
    assert changing == []
    cluster.up(settings, aws=account.aws, sleep=no_sleep)
    with broken(monkeypatch, NEVER, arrives=False) as changing:
        cluster.up(settings, cluster.Options(public=True, cidrs=("192.0.2.9",)), **arguments)
        for act in (cluster.pause, cluster.resume, cluster.down, cluster.expire):
            act(settings, **arguments)  # type: ignore[operator]
    assert changing == []
