"""Sparkify's listening warehouse on Amazon Redshift.

    import sparkify_dwh
    report = sparkify_dwh.load()        # S3 -> staging -> star, as dwh.cfg says

The tables are in ``star``, ``staging`` and ``ledger``, the questions in ``analytics``, clusters in ``cluster``, and the
errors in ``errors``. Names are imported when they are first used, so that importing the package is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sparkify_dwh.utils import version

if TYPE_CHECKING:
    from sparkify_dwh.errors import SparkifyError
    from sparkify_dwh.loading.loader import load
    from sparkify_dwh.loading.report import LoadReport
    from sparkify_dwh.settings import Settings
    from sparkify_dwh.warehouse import Warehouse

__version__ = version.VERSION

_HOMES = {
    "LoadReport": "sparkify_dwh.loading.report",
    "Settings": "sparkify_dwh.settings",
    "SparkifyError": "sparkify_dwh.errors",
    "Warehouse": "sparkify_dwh.warehouse",
    "load": "sparkify_dwh.loading.loader",
}
_MODULES = ("analytics", "cluster", "errors", "ledger", "staging", "star")

__all__ = [
    "LoadReport",
    "Settings",
    "SparkifyError",
    "Warehouse",
    "__version__",
    "analytics",
    "cluster",
    "errors",
    "ledger",
    "load",
    "staging",
    "star",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _MODULES:
        return import_module(f"sparkify_dwh.{name}")
    raise AttributeError(f"module 'sparkify_dwh' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
