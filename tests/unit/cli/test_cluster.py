"""What the commands of the cluster answer to programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.aws import Account
from support.cli import Captured, Run


@pytest.fixture
def in_its_folder(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account in which there is no cluster yet, and the dwh.cfg for one in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dwh.cfg").write_text(
        "[S3]\nLOG_DATA=s3://sparkify/log_data/\nLOG_JSONPATH=s3://sparkify/paths.json\nSONG_DATA=s3://sparkify/songs/\n"
        f"[DWH]\nDWH_CLUSTER_IDENTIFIER={account.identifier}\nDWH_NUM_NODES=1\nDWH_CIDR=198.51.100.0/24\n"
    )
    return account


def test_what_was_done_is_told_as_json_and_nothing_else(in_its_folder: Account, run: Run, capsys: Captured) -> None:
    def answered(*arguments: str) -> Any:
        assert run("cluster", *arguments, "--json") == 0
        output = capsys.readouterr()
        assert output.err == ""
        return json.loads(output.out)

    identifier = in_its_folder.identifier
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
