"""Signals that end the command line: SIGINT, SIGTERM and SIGHUP, with the exit codes by which shells report them.

The first one ends the command by an exception, so that transactions are rolled back, files removed, and servers stopped.
Later ones change nothing, so that they do not cut this short. A signal that was ignored when the program started stays
ignored: nohup ignores SIGHUP, and shells ignore SIGINT for background jobs.

Signals belong to the program: a library leaves them to its caller, so only :mod:`sparkify_dwh.__main__` and the command line
call this. It imports nothing that takes long, because a signal can come while the rest is imported.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

WORDS = {"SIGINT": "Interrupted", "SIGTERM": "Terminated", "SIGHUP": "Hung up"}
SIGNALS = {
    getattr(signal, name): word for name, word in WORDS.items() if hasattr(signal, name)
}  # Windows has no SIGHUP
SECONDS_BEFORE_SECOND_TRY = 0.01

# While the program is imported there is nothing to clean up, and while it is ending nothing may be cut short.
Phase = Literal["importing", "running", "ending"]


class Interrupted(SystemExit, KeyboardInterrupt):
    """SIGINT. Nobody has to catch it for the program to end with its exit code and without a traceback."""


def handled_signals() -> list[int]:
    """Return the signals that are not ignored."""
    return [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]


def exit_code(number: int) -> int:
    """Return the exit code of a program that a signal has ended."""
    return 128 + number


class EndingSignals:
    """The handler of the signals, and what it has received."""

    def __init__(self, phase: Phase) -> None:
        self.phase = phase
        self._received: int | None = None
        self._before: dict[int, Any] = {}

    def install(self) -> None:
        for number in handled_signals():
            self._before[number] = signal.signal(number, self._handle)

    def restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def install_until_exit(self) -> None:
        """Install the handler for the whole program. What is registered at exit first is called last."""
        atexit.register(self._exit)
        sys.unraisablehook = self._on_lost_exception
        self.install()

    def _handle(self, number: int, _frame: object) -> None:
        if self._received is not None:
            return
        self._received = number
        if self.phase == "importing":
            self._tell()
            os._exit(exit_code(number))
        if number != signal.SIGINT or self.phase == "ending":  # the command line tells of an interruption itself
            self._tell()
        self._raise_while_running()

    def _raise_while_running(self) -> None:
        if self.phase == "running" and self._received is not None:
            kind = Interrupted if self._received == signal.SIGINT else SystemExit
            raise kind(exit_code(self._received))

    def _tell(self) -> None:
        """Say on standard error what has happened; not by print, which the signal may have interrupted."""
        if self._received is not None:
            with suppress(OSError):
                os.write(2, f"Error: {SIGNALS[self._received]}.\n".encode())

    def _on_lost_exception(self, unraisable: Any) -> None:
        """Raise the exception again if it came in a function whose exceptions Python only prints, such as ``__del__``."""
        if self._received is None or not isinstance(unraisable.exc_value, (KeyboardInterrupt, SystemExit)):
            sys.__unraisablehook__(unraisable)
        elif self.phase == "running":
            signal.signal(signal.SIGALRM, lambda _number, _frame: self._raise_while_running())
            signal.setitimer(signal.ITIMER_REAL, SECONDS_BEFORE_SECOND_TRY)

    def _exit(self) -> None:
        """End the program by the signal's exit code, whatever became of its exception; without one, signals kill it now."""
        for number in self._before:
            signal.signal(number, signal.SIG_DFL)
        if self._received is not None:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError, AttributeError):
                    stream.flush()
            os._exit(exit_code(self._received))


_of_program: EndingSignals | None = None


def install() -> None:
    """Let signals end this program. To be called first of all, before imports that take long."""
    global _of_program  # noqa: PLW0603 (signals are the process's)
    if _of_program is None:
        _of_program = EndingSignals("importing")
        _of_program.install_until_exit()


@contextmanager
def ending_signals() -> Iterator[None]:
    """Let signals end what runs in this context by an exception; outside of such a program, put the handlers back."""
    signals = _of_program or EndingSignals("running")
    if signals is not _of_program:
        signals.install()
    signals.phase = "running"
    try:
        yield
    finally:
        signals.phase = "ending"
        if signals is not _of_program:
            signals.restore()
