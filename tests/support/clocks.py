"""Machines whose clocks are wrong: what Python and this package read of the time, while the server's clock is right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest


@contextmanager
def clock_ahead_by(ahead: timedelta) -> Iterator[None]:
    """Set this machine's clock ahead (or back) for every module of the package."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return cls.fromtimestamp(datetime.now(tz).timestamp() + ahead.total_seconds(), tz)

    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("sparkify_dwh") and getattr(module, "datetime", None) is datetime:
                patch.setattr(module, "datetime", Clock)
        yield
