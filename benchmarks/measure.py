"""Seconds and bytes: contestants that take turns, and the memory of a process and its children."""

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
    """``run`` is timed, unless it gives the seconds itself; ``prepare`` goes before each run, and is not.

    ``repeats`` is for the slow: fewer than the others.
    """

    name: str
    run: Callable[[], object]
    prepare: Callable[[], object] = _nothing
    repeats: int | None = None
    seconds: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        """The least seconds: what else the machine does can only add to them."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def alternate(contestants: Sequence[Contestant], repeats: int) -> None:
    """Run the contestants in turn, ``repeats`` times, so that a machine that slows down is slow for all of them."""
    for turn in range(repeats):
        for contestant in contestants:
            if turn < (contestant.repeats or repeats):
                contestant.prepare()
                gc.collect()
                start = time.perf_counter()
                told = contestant.run()
                seconds = time.perf_counter() - start
                contestant.seconds.append(told if isinstance(told, float) else seconds)


@dataclass(frozen=True)
class Run:
    """What a process printed, and the most memory that it and its children held at once."""

    output: str
    peak_bytes: int


def watched(command: Sequence[str]) -> Run:
    """Run a process to its end and look at the memory of it and its children meanwhile.

    Pages that processes share count for each. PostgreSQL is no child of the process that starts it, and is not counted.
    Raises CalledProcessError when it fails.
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
    with suppress(psutil.Error):  # one that has just ended
        for process in [family, *family.children(recursive=True)]:
            total += process.memory_info().rss
    return total
