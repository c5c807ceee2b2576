"""pyarrow, imported when a statement reads or writes Parquet."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.utils.extras import missing_extra


def pyarrow(module: str = "") -> Any:
    """Return pyarrow, or a module of it. Raise RedshiftError 0A000 when it is not installed."""
    try:
        return import_module(f"pyarrow.{module}" if module else "pyarrow")
    except ImportError:
        raise RedshiftError("0A000", missing_extra("analysis", "Parquet", "pyarrow")) from None
