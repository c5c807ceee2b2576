"""SPARKIFY, the warehouse of this company as one value: its tables, business checks and migrations.

It is the default of every command and function. ``sparkify_dwh.warehouse`` says what a warehouse is, and how to declare
another one.
"""

from __future__ import annotations

from pathlib import Path

from sparkify_dwh.checks.business import CHECKS
from sparkify_dwh.checks.freshness import EventTime
from sparkify_dwh.staging import STAGING
from sparkify_dwh.star import SERVICE_BEGAN, STAR, Songplay
from sparkify_dwh.warehouse import Warehouse

SPARKIFY = Warehouse(
    staging=STAGING,
    star=STAR,
    checks=CHECKS,
    # In a checkout, a link to the top-level directory.
    migrations=Path(__file__).parent / "migrations",
    earliest=SERVICE_BEGAN,
    event_time=EventTime("play", Songplay.table().c.start_time),
)
