"""The environment without libpq's and PostgreSQL's variables, which are meant for the user's other servers.

The stand-in must not obey them: PGHOSTADDR would lead its connections to another server, PGCLIENTENCODING would change the
encoding of its texts, and PGPORT its port. An empty connection parameter does not overrule them all: PGSERVICE, PGTZ,
PGDATESTYLE and PGGEQO have none. PostgreSQL's manual, libpq-envars
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PREFIX = "PG"

_lock = threading.RLock()


def server_environment() -> dict[str, str]:
    """Return the environment for PostgreSQL's programs, whose messages are in English."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | {"LC_ALL": "C"}


@contextmanager
def without_libpq_variables() -> Iterator[None]:
    """Hide the variables from this process in this context.

    Other threads do not see them either: keep it as short as opening a connection. One thread at a time has it.
    """
    with _lock:
        hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(PREFIX)}
        try:
            yield
        finally:
            os.environ.update(hidden)
