"""Alembic's way to Sparkify's warehouse. ``alembic upgrade head`` reads dwh.cfg, or what SPARKIFY_DWH_CONFIG names."""

from __future__ import annotations

from sparkify_dwh.migrate import run_migrations
from sparkify_dwh.sparkify import SPARKIFY

run_migrations(SPARKIFY)
