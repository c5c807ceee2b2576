"""One load in its own process, so that its memory can be measured.

``python -m benchmarks.one_load STANDIN LOGS SONGS`` loads the log files of one dataset and the song files of another into
the stand-in in STANDIN. It prints as JSON the seconds until it is connected, mostly imports; the seconds of the load; and
the peak memory of the process.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from sparkify_dwh import load
from sparkify_dwh.database import connected
from sparkify_dwh.settings import Settings
from sparkify_dwh.simulation import inputs_under


def main(standin: str, logs: str, songs: str) -> None:
    song_data = inputs_under(Path(songs).as_uri())["SONG_DATA"]
    inputs = inputs_under(Path(logs).as_uri()) | {"SONG_DATA": song_data}
    settings = Settings.embedded(Path(standin), inputs)
    start = time.perf_counter()
    with connected(settings):
        begun = time.perf_counter()
    load(settings)
    seconds = time.perf_counter() - begun
    print(json.dumps({"connecting": begun - start, "seconds": seconds, "peak_bytes": peak_bytes()}))


def peak_bytes() -> int:
    """Return the peak memory of this process. Linux's ru_maxrss is not used: it also covers the parent before exec."""
    status = Path("/proc/self/status")
    if status.exists():
        (peak,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main(*sys.argv[1:])
