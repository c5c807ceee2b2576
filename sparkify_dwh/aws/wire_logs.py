"""Keeping requests to AWS and their answers out of logs: headers contain session tokens, and bodies passwords."""

from __future__ import annotations

import logging
import threading

_WIRE_LOGS = ("botocore", "urllib3")


class Quiet:
    """A context manager, for any number of threads, in which botocore logs no requests and answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._levels: dict[logging.Logger, int] = {}

    def __enter__(self) -> None:
        with self._lock:
            if self._depth == 0:
                self._levels = {logger: logger.level for logger in _wire_loggers()}
                for logger in self._levels:
                    logger.setLevel(logging.WARNING)
            self._depth += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                for logger, level in self._levels.items():
                    logger.setLevel(level)


def _wire_loggers() -> list[logging.Logger]:
    """Return the loggers of botocore and urllib3, and those below them that have a level of their own."""
    below = [name for name in list(logging.root.manager.loggerDict) if name.startswith(("botocore.", "urllib3."))]
    own = [logger for name in below if (logger := logging.getLogger(name)).level != logging.NOTSET]
    return [*map(logging.getLogger, _WIRE_LOGS), *own]


quiet = Quiet()
