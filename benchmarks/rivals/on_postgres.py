"""A rival that loads into a database of its own on the same PostgreSQL server as ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.data import Dataset
from benchmarks.warehouses import Ground

TOP = Path(__file__).parent.parent.parent


@dataclass
class RivalOnPostgres:
    """``module`` of ``benchmarks.rivals`` with its ``options`` loads ``dataset``; what it writes goes to ``directory``.

    ``phases`` are the seconds that the parts of the last load took.
    """

    ground: Ground
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
        """An empty database, and nothing left to write from what was before."""
        self.ground.drop_database(self.database)
        self.ground.make_database(self.database)
        self.ground.execute("CHECKPOINT")

    def load(self) -> float:
        """Load, and give the seconds, which are taken in the rival's own process."""
        directory = self.directory / self.database
        directory.mkdir()
        rival = [sys.executable, "-m", "benchmarks.rivals.once", self.module]
        arguments = [self.ground.dsn(self.database), str(self.dataset.directory), *self.options]
        done = subprocess.run(  # noqa: S603 (our own command)
            [*rival, *arguments], cwd=directory, env=_environment(directory), stdout=subprocess.PIPE, check=True
        )
        self.phases = json.loads(done.stdout)
        return sum(self.phases.values())


def _environment(directory: Path) -> dict[str, str]:
    """Ours, without a word to anybody outside, and with ``directory`` as the home of what a rival keeps."""
    path = os.pathsep.join(filter(None, [str(TOP), os.environ.get("PYTHONPATH")]))
    quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    return os.environ | quiet | {"PYTHONPATH": path, "HOME": str(directory), "DLT_DATA_DIR": str(directory / "dlt")}
