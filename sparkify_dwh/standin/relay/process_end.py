"""The end of a child of multiprocessing's, which ends by ``os._exit`` and so without a look at atexit."""

from __future__ import annotations

import sys
from collections.abc import Callable

LAST = -1  # a priority: when the process's own children have ended and been waited for, which is done at 0


def at_end_of_child(act: Callable[[], object]) -> None:
    """Call ``act`` when this process ends, if it is a child of multiprocessing's; in others it may be called as well.

    So ``act`` stands with atexit besides, and may be called twice. Limits: it is not called when the process is killed, nor
    in a fork of anybody else's that ends by ``os._exit``.
    """
    multiprocessing = sys.modules.get("multiprocessing.util")  # every such child has imported it
    if multiprocessing is not None:
        multiprocessing.Finalize(None, act, exitpriority=LAST)
