"""The chart library: Vega-Lite and its dependencies as one script.

Bundling takes a second or two of CPU time, so it runs in a process of its own while the warehouse works. (A thread would
hold the GIL.)
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import ClassVar

from sparkify_dwh.errors import SparkifyError

SNIPPET = "window.vegaEmbed = vegaEmbed;"
# With the module path of this process.
PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
import vl_convert
sys.stdout.buffer.write(vl_convert.javascript_bundle(sys.argv[2]).encode())
"""


class ChartLibrary:
    """The bundling of the chart library, once per process. Leaving the block ends it, finished or not."""

    _finished: ClassVar[str | None] = None

    def __init__(self) -> None:
        self._process = None if ChartLibrary._finished else _start()

    def __enter__(self) -> ChartLibrary:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            with self._process:  # closes its pipes and waits
                self._process.kill()

    def script(self) -> str:
        """Wait for the script and return it, safe to embed in a script element."""
        if ChartLibrary._finished is None:
            assert self._process is not None
            ChartLibrary._finished = _script_of(self._process)
        return ChartLibrary._finished


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-c", PROGRAM, json.dumps(sys.path), SNIPPET]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, stdin=nothing, stdout=pipe, stderr=pipe)  # noqa: S603 (our own)


def _script_of(process: subprocess.Popen[bytes]) -> str:
    output, errors = process.communicate()
    if process.returncode:
        reason = errors.decode(errors="replace").strip().rpartition("\n")[2]
        raise SparkifyError(
            f"The charts need vl-convert-python, which failed: {reason or process.returncode}. Install it again: "
            "pip install --force-reinstall vl-convert-python."
        )
    return output.decode().replace("</script", "<\\/script").replace("<!--", "<\\!--")
