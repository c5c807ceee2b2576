"""Rows formatted by a process of its own, on another core: block by block, in their order.

The process is ours and holds nothing but what it is asked for: the columns come first, as a pickle, and then blocks, each
of which is answered by its rows. It ends when its socket does.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from queue import SimpleQueue

from sparkify_dwh.standin.copy.fast_rows import FastRows, Rows

_BLOCK = struct.Struct(">I")  # its length
_ROWS = struct.Struct(">iI")  # their number, -1 for none, and their length
_REFUSED = -1

# As few ways as possible to find other modules than we have: not by the environment, nor in the working directory.
_MAIN = f"import sys; sys.path[:] = sys.argv[1:]; from {__name__} import main; main()"


class LostProcessError(Exception):
    """The process has ended, by itself or by somebody's hand."""


class RowProcess:
    """The process, from the side of its user. Starting it takes some tenths of a second, for which nobody waits."""

    def __init__(self, fast: FastRows) -> None:
        self._socket, end = socket.socketpair()
        with end:
            self._process = subprocess.Popen(  # noqa: S603 (ours)
                [sys.executable, "-I", "-c", _MAIN, *sys.path],
                stdin=end.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self.ready = threading.Event()
        self._answers: SimpleQueue[Rows | LostProcessError | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._listen, name="stand-in COPY, rows", daemon=True)
        self._thread.start()
        self.send(pickle.dumps(fast.recipe))

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, block: bytes) -> None:
        """Ask for the rows of a block. When the process is lost, that is told by ``receive``."""
        with suppress(OSError):
            self._socket.sendall(_BLOCK.pack(len(block)))
            self._socket.sendall(block)

    def receive(self) -> Rows | None:
        """The rows of the first block that has not been answered yet, as `FastRows.rows` has them."""
        answer = self._answers.get()
        if isinstance(answer, LostProcessError):
            self._answers.put(answer)  # for whoever asks again
            raise answer
        return answer

    def close(self) -> None:
        """End the process, whatever it is about."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        try:
            _receive(self._socket, _ROWS.size)
            self.ready.set()
            while True:
                count, size = _ROWS.unpack(_receive(self._socket, _ROWS.size))
                rows = _receive(self._socket, size)
                self._answers.put(None if count == _REFUSED else Rows(rows, count))
        except (OSError, EOFError):
            self._answers.put(LostProcessError())


def is_of_use() -> bool:
    """Whether there is a Python to start, and a core to run it on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return bool(sys.executable) and cores > 1


def main() -> None:
    """Be the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; who has started us decides
    with socket.socket(fileno=0) as asked, suppress(OSError, EOFError):
        fast = FastRows(pickle.loads(_request(asked)))  # noqa: S301 (from the process that started this one)
        asked.sendall(_ROWS.pack(_REFUSED, 0))
        while True:
            rows = fast.rows(_request(asked))
            if rows is None:
                asked.sendall(_ROWS.pack(_REFUSED, 0))
            else:
                asked.sendall(_ROWS.pack(rows.number, len(rows.data)))
                asked.sendall(rows.data)


def _request(asked: socket.socket) -> bytes:
    return _receive(asked, _BLOCK.unpack(_receive(asked, _BLOCK.size))[0])


def _receive(sock: socket.socket, size: int) -> bytes:
    """So many bytes; in one call if the system can do that, for each may have to wait for its turn among threads."""
    data = b""
    while len(data) < size:
        received = sock.recv(size - len(data), socket.MSG_WAITALL)
        if not received:
            raise EOFError
        data = data + received if data else received
    return data
