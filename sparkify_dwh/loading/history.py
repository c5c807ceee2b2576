"""What the ledger knows of the loads before."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from sparkify_dwh.errors import UsageError
from sparkify_dwh.ledger import Load


def recent_loads(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The reports of the last ``limit`` loads, failed ones too, the latest first."""
    latest_first = select(Load.report).order_by(Load.started_at.desc(), Load.load_id).limit(limit)
    return [json.loads(report) for report in connection.scalars(latest_first)]


def one_load(connection: Connection, load_id: str) -> dict[str, Any]:
    """The report of the load whose id begins with ``load_id``. Raises :class:`UsageError` unless there is just one."""
    begins_so = select(Load.load_id, Load.report).where(Load.load_id.startswith(load_id, autoescape=True))
    found = connection.execute(begins_so.order_by(Load.load_id).limit(2)).all()
    if len(found) != 1:
        number = "no load" if not found else "more than one load"
        raise UsageError(f"The ledger has {number} whose id begins with {load_id!r}: see `sparkify-dwh history`.")
    report: dict[str, Any] = json.loads(found[0].report)
    return report
