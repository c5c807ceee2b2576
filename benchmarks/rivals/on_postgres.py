"""A rival that loads into its own database on our PostgreSQL server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.data import Dataset
from benchmarks.warehouses import BenchmarkServer

TOP = Path(__file__).parent.parent.parent


@dataclass
class RivalOnPostgres:
    """A rival: ``module`` of ``benchmarks.rivals`` with its ``options`` loads ``dataset``; its files go to ``directory``.

    ``phases`` are the seconds of each part of the last load.
    """

    server: BenchmarkServer
    dataset: Dataset
    directory: Path
    name: str
    module: str
    options: tuple[str, ...] = ()
    phases: dict[str, float] = field(default_factory=dict)

    @property
    def database(self) -> str:
        return "_".join(["rival", self.module, *self.options]).replace(" ", "_")

    def prepare(self) -> None:
        """Create an empty database, and write pending changes to disk."""
        self.server.drop_database(self.database)
        self.server.make_database(self.database)
        self.server.execute("CHECKPOINT")

    def load(self) -> float:
        """Load in a process, and return the seconds that it measured itself."""
        directory = self.directory / self.database
        directory.mkdir()
        rival = [sys.executable, "-m", "benchmarks.rivals.once", self.module]
        arguments = [self.server.dsn(self.database), str(self.dataset.directory), *self.options]
        done = subprocess.run(  # noqa: S603 (our own command)
            [*rival, *arguments], cwd=directory, env=_environment(directory), stdout=subprocess.PIPE, check=True
        )
        self.phases = json.loads(done.stdout)
        return sum(self.phases.values())


def _environment(directory: Path) -> dict[str, str]:
    """Return our environment without telemetry, and with ``directory`` as the home of the rival's files."""
    path = os.pathsep.join(filter(None, [str(TOP), os.environ.get("PYTHONPATH")]))
    quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    return os.environ | quiet | {"PYTHONPATH": path, "HOME": str(directory), "DLT_DATA_DIR": str(directory / "dlt")}
