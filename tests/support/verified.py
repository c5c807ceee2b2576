"""Verifications: a stand-in with a configuration full of names, and one whole verification from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from sparkify_dwh.database import connected
from sparkify_dwh.settings import Settings
from support.cli import run_command
from support.warehouse import a_standin

# What a report must not hold: passwords, keys, and names of the account.
NAMES = {
    "DB_USER": "ada_of_sparkify",
    "DB_PASSWORD": "Pa55word-of-ada",
    "ARN": "arn:aws:iam::123456789012:role/sparkify-reads",
    "KEY": "AKIA0123456789ABCDEF",
    "SECRET": "s3cret/key+of/aws",
    "EXPORT": "s3://sparkify-bucket/star/",
    "DWH_CLUSTER_IDENTIFIER": "sparkify-cluster-7",
}


@dataclass
class Verifiable:
    """A stand-in that a verification may use, and its dwh.cfg."""

    settings: Settings
    configuration: Path

    @property
    def files(self) -> Path:
        """The directory of [S3] MANIFESTS."""
        return self.configuration.parent / "manifests"

    def schemas(self) -> list[str]:
        """The schemas that are not the server's."""
        found = (
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|redshift_catalog)' ORDER BY 1"
        )
        with connected(self.settings) as connection:
            return list(connection.scalars(text(found)))

    def execute(self, *statements: str) -> None:
        with connected(self.settings) as connection:
            for statement in statements:
                connection.execute(text(statement))
            connection.commit()

    def require_clean(self) -> None:
        """Assert that no schema, table or file is left."""
        assert self.schemas() == ["public"]
        assert list(self.files.rglob("*")) == []
        with connected(self.settings) as connection:
            assert connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) == 0


@dataclass
class Verified:
    """What a verification printed and wrote."""

    exit_code: int
    printed: str
    report: dict[str, Any]
    report_text: str

    def outcomes(self, state: str) -> list[str]:
        return [fact["fact"] for fact in self.report["facts"] if fact["outcome"] == state]


@pytest.fixture(scope="module")
def verifiable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verifiable]:
    with a_standin() as standin:
        directory = tmp_path_factory.mktemp("verified")
        (directory / "manifests").mkdir()
        configuration = directory / "dwh.cfg"
        configuration.write_text(
            "[CLUSTER]\nHOST=standin\nDB_USER={DB_USER}\nDB_PASSWORD={DB_PASSWORD}\n[IAM_ROLE]\nARN={ARN}\n[AWS]\nKEY={KEY}\n"
            "SECRET={SECRET}\n[S3]\nEXPORT={EXPORT}\n[DWH]\nDWH_CLUSTER_IDENTIFIER={DWH_CLUSTER_IDENTIFIER}\n".format(
                **NAMES
            )
            + f"[STANDIN]\nDIR={standin.standin_directory}\n"
        )
        configuration.write_text(
            configuration.read_text().replace("[DWH]", f"MANIFESTS={(directory / 'manifests').as_uri()}/\n[DWH]")
        )
        yield Verifiable(Settings.read(configuration, environ={}), configuration)


def verify(of: Verifiable, *options: str) -> Verified:
    """Verify from the command line."""
    output = of.configuration.parent / "verification.json"
    output.unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        code = run_command(patch, "--config", of.configuration, "-q", "verify", "--yes", "-o", output, *options)
    report = output.read_text()
    return Verified(code, printed.getvalue(), json.loads(report), report)


@pytest.fixture(scope="module")
def verified(verifiable: Verifiable) -> Verified:
    """A whole verification."""
    return verify(verifiable)
