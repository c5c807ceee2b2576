"""The library that draws the charts: Vega-Lite with all it needs, as one script.

Putting it together takes a second or two of computing, so it is begun in a process of its own while the warehouse is asked.
(In a thread, it would hold Python's lock all the while.)
"""

from __future__ import annotations

import json
import subprocess
import sys
from types import TracebackType
from typing import ClassVar

from sparkify_dwh.errors import SparkifyError

SNIPPET = "window.vegaEmbed = vegaEmbed;"
# It looks for modules where this process does, and nowhere else.
PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
import vl_convert
sys.stdout.buffer.write(vl_convert.javascript_bundle(sys.argv[2]).encode())
"""


class Drawing:
    """The script in the making, once in a process; leaving the block ends what makes it, wanted or not."""

    _finished: ClassVar[str | None] = None

    def __init__(self) -> None:
        self._process = None if Drawing._finished else _begun()

    def __enter__(self) -> Drawing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()

    def script(self) -> str:
        """The script, which may stand inside of an element."""
        if Drawing._finished is None:
            Drawing._finished = self._awaited()
        return Drawing._finished

    def _awaited(self) -> str:
        assert self._process is not None  # nothing was finished when this began
        written, complaint = self._process.communicate()
        if self._process.returncode:
            reason = complaint.decode(errors="replace").strip().rpartition("\n")[2]
            raise SparkifyError(
                f"The charts need vl-convert-python, which failed: {reason or self._process.returncode}. Install it again: "
                "pip install --force-reinstall vl-convert-python."
            )
        return written.decode().replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _begun() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-c", PROGRAM, json.dumps(sys.path), SNIPPET]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, stdin=nothing, stdout=pipe, stderr=pipe)  # noqa: S603 (our own)
