"""The cluster commands against AWS's servers over HTTP: their output, and the resulting resources."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from support.aws import Account
from support.cli import Captured, Run


@pytest.fixture
def file(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dwh.cfg in the working directory for a cluster that does not exist yet."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "dwh.cfg"
    file.write_text(
        "# Sparkify's warehouse\n[S3]\nLOG_DATA=s3://sparkify/log_data/\nLOG_JSONPATH=s3://sparkify/paths.json\n"
        f"SONG_DATA=s3://sparkify/song_data/\n\n[DWH]\nDWH_CLUSTER_IDENTIFIER={account.identifier}\n# one is enough\n"
        "DWH_NUM_NODES=1\nDWH_CIDR=198.51.100.0/24\n"
    )
    return file


def test_a_cluster_is_created_shown_and_deleted(account: Account, file: Path, run: Run, capsys: Captured) -> None:
    """From nothing to a cluster that can be used, and back."""
    assert run("cluster", "up", "--write", "--ttl", "8h") == 0
    output = capsys.readouterr()
    host = account.cluster()["Endpoint"]["Address"]
    assert f"{account.identifier} is available in us-west-2: 1 x ra3.large.\n  HOST     {host}\n" in output.out
    assert "Port 5439 is open to 198.51.100.0/24." in output.out
    assert "Written to dwh.cfg: [CLUSTER] HOST, [IAM_ROLE] ARN, [CLUSTER] DB_NAME, [CLUSTER] DB_USER." in output.out
    assert f"create the role {account.identifier}-redshift" in output.err
    written = file.read_text()
    assert f"HOST={host}\n" in written
    assert "# Sparkify's warehouse" in written
    assert "# one is enough" in written
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = account.behind().master_user_password
    assert f"DB_PASSWORD={password}\n" in written
    assert password not in output.out + output.err

    assert run("cluster", "up") == 0
    assert capsys.readouterr().err == ""
    assert run("cluster", "status") == 0
    status = capsys.readouterr().out
    assert f"{account.identifier} is available in us-west-2: 1 x ra3.large, not public.\n" in status
    assert f"  endpoint  {host}:5439/sparkify\n  age       0 min\n  expires   " in status

    assert run("cluster", "down", "--yes") == 0
    removed = capsys.readouterr().out
    assert (
        f"{account.identifier} was deleted in us-west-2, with everything that was created for it.\nThe final snapshot"
        in removed
    )
    assert account.is_empty()
    assert run("cluster", "down", "--yes") == 0
    assert "Nothing to delete: there is no" in capsys.readouterr().out


def test_a_dry_run_prints_the_steps(account: Account, file: Path, run: Run, capsys: Captured) -> None:
    before = file.read_text()
    assert run("cluster", "up", "--dry-run", "--write", "--public") == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        "Without --dry-run it would:\n  generate a password for awsuser and write it to the configuration\n  create the role"
    )
    assert "encrypted, public\n" in printed
    assert not account.exists()
    assert file.read_text() == before


def test_on_a_terminal_the_steps_stay_on_the_screen(
    account: Account, file: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """They say what exists when a run is interrupted."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run("cluster", "up", "--write") == 0
    shown = capsys.readouterr().err
    assert f"create the role {account.identifier}-redshift, which Redshift assumes\n" in shown
    assert f"create the cluster {account.identifier}: 1 x ra3.large, encrypted, not public\n" in shown


def test_a_read_only_file_is_reported_first(account: Account, file: Path, run: Run, capsys: Captured) -> None:
    file.chmod(0o444)
    assert run("cluster", "up", "--write") == 3
    assert "Error: The configuration file dwh.cfg is read-only" in capsys.readouterr().err
    assert account.is_empty()


def test_values_that_the_environment_overrides_are_reported(
    account: Account, file: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("SPARKIFY_DWH_CLUSTER_HOST", "old.abc.us-west-2.redshift.amazonaws.com")
    assert run("cluster", "up", "--write") == 0
    assert "The environment overrides values in the file: unset SPARKIFY_DWH_CLUSTER_HOST." in capsys.readouterr().err


def test_the_results_are_json_on_request(
    account: Account, file: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("SPARKIFY_DWH_CLUSTER_IAM", "true")
    assert run("cluster", "up", "--json") == 0
    created = json.loads(capsys.readouterr().out)
    assert (created["identifier"], created["opened"]) == (account.identifier, ["198.51.100.0/24"])
    assert "password" not in created
    assert run("cluster", "status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["warehouses"][0]["host"] == created["host"]


def test_a_cluster_is_paused_and_resumed(account: Account, file: Path, run: Run, capsys: Captured) -> None:
    assert run("cluster", "up", "--write") == 0
    capsys.readouterr()
    outputs = []
    for verb in ("pause", "pause", "resume", "resume"):
        assert run("cluster", verb) == 0
        outputs.append(capsys.readouterr().out.strip())
    assert outputs == [
        "The cluster is paused.",
        "Nothing to pause: it is paused already, or it is Serverless, which costs nothing while no query runs.",
        "The cluster is available.",
        "Nothing to resume: the cluster is available.",
    ]


def test_serverless_is_created_and_deleted(
    account: Account, file: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("SPARKIFY_DWH_DWH_DWH_CLUSTER_TYPE", "serverless")
    assert run("cluster", "up", "--secret", "--write") == 0
    assert "SECRET_ARN=arn:aws:secretsmanager" in file.read_text()
    assert "is available in us-west-2: Serverless, 4 RPUs." in capsys.readouterr().out
    assert run("cluster", "down", "--yes", "--no-snapshot") == 0
    assert not account.serverless.namespaces


def test_an_endpoint_in_another_region_is_pointed_out(
    account: Account, file: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """So that a cluster in another region does not seem deleted."""
    monkeypatch.setenv("SPARKIFY_DWH_CLUSTER_HOST", "x.y.eu-west-1.redshift.amazonaws.com")
    monkeypatch.setenv("SPARKIFY_DWH_AWS_REGION", "us-west-2")
    for verb in (("down", "--yes"), ("status",)):
        assert run("cluster", *verb) == 0
        assert "in us-west-2" in (printed := capsys.readouterr().out)
        assert "([CLUSTER] HOST is in eu-west-1)." in printed


def test_nothing_is_deleted_without_a_yes(
    account: Account, file: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    assert run("cluster", "up", "--write") == 0
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run("cluster", "down") == 2
    question, error = capsys.readouterr().err.splitlines()[-2:]
    assert "A final snapshot keeps its data." in question
    assert error.startswith("Error: No input: nothing was deleted")
    assert account.exists()


def test_nothing_expires_before_its_time(account: Account, file: Path, run: Run, capsys: Captured) -> None:
    assert run("cluster", "up", "--write", "--ttl", "15m") == 0
    capsys.readouterr()
    assert run("cluster", "expire", "--dry-run") == 0
    assert account.identifier not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--ttl", "soon"], 2, "Invalid time to live 'soon': use a duration like 8h"),
        (["--cidr", "0.0.0.0/0"], 3, "0.0.0.0/0 would open the port to everyone"),
        ([], 3, "The cluster's first user needs a password, and none is configured"),
    ],
)
def test_an_invalid_call_is_one_sentence_and_an_exit_code(
    file: Path, run: Run, capsys: Captured, arguments: list[str], code: int,
    sentence: str,
) -> None:  # fmt: skip
    assert run("cluster", "up", *arguments) == code
    errors = capsys.readouterr().err
    assert f"Error: {sentence}" in errors
    assert "Traceback" not in errors


def test_a_refusal_of_aws_has_its_own_exit_code(
    file: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert run("cluster", "status") == 10
    assert "Error: No AWS credentials" in capsys.readouterr().err


def test_with_json_nothing_else_is_printed(account: Account, file: Path, run: Run, capsys: Captured) -> None:
    def answered(*arguments: str) -> Any:
        assert run("cluster", *arguments, "--json") == 0
        output = capsys.readouterr()
        assert output.err == ""
        return json.loads(output.out)

    identifier = account.identifier
    assert answered("up", "--write")["identifier"] == identifier
    assert answered("pause") == {"dry_run": False, "done": [f"pause the cluster {identifier}"]}
    assert answered("pause") == {"dry_run": False, "done": []}
    assert answered("resume", "--dry-run") == {"dry_run": True, "done": [f"resume the cluster {identifier}"]}
    assert answered("resume")["done"]
    assert answered("expire") == []
    planned = answered("down", "--dry-run")
    gone = answered("down", "--yes")
    assert (planned.pop("dry_run"), gone.pop("dry_run")) == (True, False)
    assert len(planned["done"]) == len(gone["done"]) > 1
    assert gone["done"][-1] == f"delete the role {identifier}-redshift"
    assert (gone["identifier"], gone["region"], len(gone["snapshots"])) == (identifier, "us-west-2", 1)
    assert answered("down", "--yes")["done"] == []
