"""One load by a rival in its own process: imports are not timed, and no memory is left over.

``python -m benchmarks.rivals.once RIVAL DSN DATASET [OPTION]`` prints the seconds of each phase as JSON.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.data import Dataset


def main(rival: str, dsn: str, dataset: str, *options: str) -> None:
    phases = import_module(f"benchmarks.rivals.{rival}").load(dsn, Dataset(Path(dataset)), *options)
    print(json.dumps(phases))


if __name__ == "__main__":
    main(*sys.argv[1:])
