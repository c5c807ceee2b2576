"""The loader's own tables: loads, their files, and the lock that only one load at a time can hold.

Loads are ordered by ``number``, not by time, because clocks may be wrong. A load takes the next number under the lock; one
that fails before has the number that was next when it began.

They are part of every warehouse, and therefore have their own ``MetaData``.
"""

from __future__ import annotations

from sqlalchemy import Double, MetaData, String
from sqlalchemy.orm import Mapped, mapped_column

from sparkify_dwh.base import Base, big, design, encoded, sorted_timestamp, text32, text64, text4096

LOADED = "loaded"  # the outcome of a load that was committed


class LedgerTable(Base):
    """Base of the ledger's tables."""

    __abstract__ = True
    metadata = MetaData()


class LoadLock(LedgerTable):
    """A table for loads to lock, because Redshift's LOCK blocks readers too. Redshift guide, r_LOCK

    Every holder updates its one row, so that a load with an older snapshot conflicts (``sparkify_dwh.loading.locking``).
    """

    __tablename__ = "load_lock"
    __table_args__ = design("Locked and updated by a load while it runs; one row", diststyle="ALL")

    load_id: Mapped[text64] = mapped_column(primary_key=True)


class Load(LedgerTable):
    """One row per load: its start, duration, version, outcome and report."""

    __tablename__ = "loads"
    __table_args__ = design("One row per load", diststyle="ALL", sortkey="started_at")

    load_id: Mapped[text64] = mapped_column(
        primary_key=True, comment="Made by the loader, so that it knows its own load"
    )
    started_at: Mapped[sorted_timestamp] = mapped_column(comment="UTC, by the clock of the warehouse")
    seconds: Mapped[float] = mapped_column(Double, info=encoded("zstd"))
    version: Mapped[text32] = mapped_column(comment="Of sparkify_dwh")
    outcome: Mapped[text32] = mapped_column(comment="loaded or failed")
    report: Mapped[str] = mapped_column(String(65535), info=encoded("zstd"), comment="The load's report as JSON")
    number: Mapped[big | None] = mapped_column(
        comment="Order of loads, given under the lock; that of a failed load may be another's too"
    )


class LoadFile(LedgerTable):
    """One row per loaded file and load."""

    __tablename__ = "load_files"
    __table_args__ = design("One row per file that a load has taken in", diststyle="ALL", sortkey="loaded_at")

    load_id: Mapped[text64] = mapped_column(primary_key=True)
    url: Mapped[text4096] = mapped_column(primary_key=True)
    etag: Mapped[text64] = mapped_column(comment="As listed before the file was read")
    size: Mapped[big] = mapped_column(comment="Bytes")
    loaded_at: Mapped[sorted_timestamp] = mapped_column(comment="UTC")
    staged_into: Mapped[text64] = mapped_column(comment="Staging table")
    number: Mapped[big | None] = mapped_column(comment="Of the load")


LEDGER: tuple[type[LedgerTable], ...] = (Load, LoadFile, LoadLock)
