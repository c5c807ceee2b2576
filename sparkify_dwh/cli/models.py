"""The models of the warehouse's tables, by table name. Imported inside the functions: importing SQLAlchemy takes time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkify_dwh.errors import UsageError

if TYPE_CHECKING:
    from sparkify_dwh.base import Base


def models() -> dict[str, type[Base]]:
    """Return the models of all tables by table name: the star, staging, the ledger."""
    from sparkify_dwh import ledger
    from sparkify_dwh.staging import STAGING
    from sparkify_dwh.star import STAR

    tables: tuple[type[Base], ...] = (*STAR, *STAGING, ledger.Load, ledger.LoadFile, ledger.LoadLock)
    return {model.__tablename__: model for model in tables}


def model_named(table: str) -> type[Base]:
    """Return the model of a table. Raises :class:`UsageError` for an unknown one."""
    known = models()
    if table not in known:
        raise UsageError(f"The warehouse has no table {table!r}; it has {', '.join(known)}.")
    return known[table]
