"""Commands that receive signals at given moments, each in a process of its own.

The processes are forks of one that has imported the program, because importing it takes longer than most commands.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

# A moment: its kind, a text that says which one of that kind, and the signal that comes then.
Moment = tuple[str, str, int]

# Sends its own process the signals of the given moments, one after the other.
MOMENTS = """
import atexit, os, signal, sys

pending = []

def reach(kind, text):
    if pending and pending[0][0] == kind and pending[0][1] in text:
        _, pattern, number = pending.pop(0)
        os.write(1, f"reached {kind} {pattern}\\n".encode())
        os.kill(os.getpid(), number)

class Dropped:  # what Python collects: an exception of its __del__ goes nowhere
    def __init__(self, text):
        self.text = text

    def __del__(self):
        reach("collected", self.text)

def audit(name, arguments):
    if name == "import":
        reach("import", arguments[0] + " ")
    elif name == "subprocess.Popen":
        reach("program", " ".join(map(str, arguments[1])))

sys.addaudithook(audit)
"""

COMMANDS = (
    MOMENTS
    + """
import json
from sparkify_dwh.utils import signals
signals.install()
from sparkify_dwh.__main__ import main
import alembic.config
import sparkify_dwh.analytics.runner, sparkify_dwh.export, sparkify_dwh.grants, sparkify_dwh.loading.loader
import sparkify_dwh.planning.plan, sparkify_dwh.standin.dialect, sparkify_dwh.standin.relay.local_relay
from redshift_connector import Cursor

execute = Cursor.execute

def before(cursor, operation, *arguments, **options):
    reach("statement", operation)
    Dropped(operation)
    result = execute(cursor, operation, *arguments, **options)
    reach("answer", operation)
    return result

Cursor.execute = before
for line in sys.stdin:
    case = json.loads(line)
    if os.fork() == 0:
        os.dup2(os.open(case["output"], os.O_WRONLY | os.O_CREAT), 1)
        os.dup2(1, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.argv = ["sparkify-dwh", *case["arguments"]]
        pending += case["moments"]
        atexit.register(reach, "exit", "")
        sys.exit(main())
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""
)


@dataclass
class Ended:
    """A command that has ended: its exit code, as a shell reports it, and what it has written."""

    code: int
    output: str

    def require(self, code: int, *moments: Moment) -> None:
        """It has reached these moments, and ended with this code and without a trace of Python."""
        for kind, text, _ in moments:
            assert f"reached {kind} {text}\n" in self.output, self.output
        assert self.code == code, self.output
        for trace in ("Traceback", "Exception ignored", "KeyboardInterrupt", "SystemExit"):
            assert trace not in self.output, self.output


class Commands(AbstractContextManager["Commands"]):
    """Runs commands, one at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMANDS], cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, *arguments: object, moments: Sequence[Moment]) -> Ended:
        output = self._directory / "output"
        output.unlink(missing_ok=True)
        case: dict[str, Any] = {
            "arguments": [str(argument) for argument in arguments], "moments": moments, "output": str(output)
        }  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(case), file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        return Ended(code if code >= 0 else 128 - code, output.read_text())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def run_from_exec(directory: Path, *command: str, moments: Sequence[Moment], before: str = "") -> Ended:
    """Run a program from its exec on, with the shell's commands ``before`` it."""
    (directory / "sitecustomize.py").write_text(f"{MOMENTS}\npending += {json.dumps(moments)}\n")
    program = [sys.executable, *command]
    script = f'{before}\nexec "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *program],
        env={"PYTHONPATH": str(directory)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    code = done.returncode
    return Ended(code if code >= 0 else 128 - code, done.stdout)
