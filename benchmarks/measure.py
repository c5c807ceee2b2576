"""Measurements: the seconds of contestants that take turns, and the peak memory of a process and its children."""

from __future__ import annotations

import gc
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

POLL_SECONDS = 0.05


def _nothing() -> None:
    pass


@dataclass
class Contestant:
    """Something to time. ``prepare`` is called before each ``run`` and is not timed.

    ``run`` may return its own seconds as a float. ``repeats`` limits the runs of a slow contestant.
    """

    name: str
    run: Callable[[], object]
    prepare: Callable[[], object] = _nothing
    repeats: int | None = None
    seconds: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        """The shortest time: other work on the machine can only add to it."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def alternate(contestants: Sequence[Contestant], repeats: int) -> None:
    """Run the contestants in turn, ``repeats`` times, so that a slow phase of the machine affects all of them."""
    for turn in range(repeats):
        for contestant in contestants:
            if turn < (contestant.repeats or repeats):
                contestant.prepare()
                gc.collect()
                start = time.perf_counter()
                result = contestant.run()
                seconds = time.perf_counter() - start
                contestant.seconds.append(result if isinstance(result, float) else seconds)


@dataclass(frozen=True)
class Run:
    """The output of a process, and the peak memory of it and its children together."""

    output: str
    peak_bytes: int


def watched(command: Sequence[str]) -> Run:
    """Run a process to its end, and poll the memory of it and its children meanwhile.

    Shared pages count for each process. PostgreSQL is not a child of the process that starts it, and is not counted.
    Raises CalledProcessError when the process fails.
    """
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own commands)
        family = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _resident_bytes(family))
            time.sleep(POLL_SECONDS)
        output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(output, peak)


def _resident_bytes(family: psutil.Process) -> int:
    total = 0
    with suppress(psutil.Error):  # a process has just ended
        for process in [family, *family.children(recursive=True)]:
            total += process.memory_info().rss
    return total
