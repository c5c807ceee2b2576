"""A warehouse as one value: its tables, where their records come from, and its business checks.

    PODCASTS = Warehouse(
        staging=(StagedShow, StagedDownload),
        star=(Show, Download),            # in the order of filling
        checks=CHECKS,
        migrations=Path(__file__).parent / "migrations",
    )
    sparkify_dwh.load(Settings.read(warehouse=PODCASTS))

Several warehouses in one program need a ``MetaData`` each: derive an abstract class with ``metadata = MetaData()`` from
``StagingTable``, and one from ``StarTable``. The tables of ``sparkify_dwh.ledger`` are part of every warehouse.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from importlib import import_module
from pathlib import Path

from sqlalchemy import MetaData, Table

from sparkify_dwh.base import Base, Source, StagingTable, StarTable
from sparkify_dwh.checks.check import BusinessChecks, Check
from sparkify_dwh.checks.freshness import EventTime
from sparkify_dwh.checks.rules import DECLARED_RULES, CheckRules, rule_fields
from sparkify_dwh.checks.run import all_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.config.fields import Field, Fields, fields
from sparkify_dwh.config.values import object_url, prefix
from sparkify_dwh.errors import UsageError
from sparkify_dwh.ledger import LEDGER


@dataclass(frozen=True)
class Warehouse:
    """The tables of a warehouse, their checks and their migrations.

    ``staging`` are the tables that COPY fills, ``star`` those that are filled from them, in the order of filling.
    ``migrations`` is the directory of the Alembic migrations. Times before ``earliest`` are suspicious in an input file.
    ``event_time`` is the column whose newest time says how fresh the data is.
    """

    staging: tuple[type[StagingTable], ...]
    star: tuple[type[StarTable], ...]
    migrations: Path
    checks: BusinessChecks = field(default_factory=BusinessChecks)
    earliest: datetime = datetime(1970, 1, 1)
    event_time: EventTime | None = None

    def __reduce__(self) -> tuple[Callable[[str, str], Warehouse], tuple[str, str]]:
        """Pickle the name of the module's variable that holds the warehouse: models are not to be copied."""
        for module in list(sys.modules.values()):
            for name, value in list(vars(module).items()):
                if value is self:
                    return _named, (module.__name__, name)
        raise TypeError("a Warehouse can be pickled once a variable of a module holds it")

    def __deepcopy__(self, memo: object) -> Warehouse:
        return self

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources of the staging tables, in the same order."""
        return tuple(model.source for model in self.staging)

    @property
    def fields(self) -> Fields:
        """The table of settings, with a row of [S3] for each key of the sources."""
        inputs = []
        for source in self.sources:
            inputs.append(Field("S3", source.key, prefix, f"key prefix of {source.records}"))
            if source.json_paths:
                inputs.append(Field("S3", source.json_paths, object_url, f"JSONPaths file of {source.records}"))
        return fields(inputs, rule_fields(self.check_names, self.allowed_values))

    @cached_property
    def check_names(self) -> tuple[str, ...]:
        """The names of all checks, also of those that only a load has."""
        return tuple(check.name for check in self.every_check())

    def every_check(self, rules: CheckRules = DECLARED_RULES) -> list[Check]:
        """Return all checks, as a load has them, with the severities of the rules."""
        return all_checks(self.star, self.checks, Scope(ranges={}), rules)

    @property
    def allowed_values(self) -> dict[str, Sequence[str]]:
        """The allowed values that the models declare, by ``table.column``."""
        return {
            f"{model.__tablename__}.{column}": values
            for model in self.star
            for column, values in model.allowed_values.items()
        }

    @property
    def tables(self) -> dict[str, type[StarTable]]:
        """The models of the star, by the names of their tables."""
        return {model.__tablename__: model for model in self.star}

    @property
    def models(self) -> tuple[type[Base], ...]:
        """The models of all tables: star, staging, ledger."""
        return (*self.star, *self.staging, *LEDGER)

    def model(self, table: str) -> type[Base]:
        """Return the model of a table. Raises :class:`UsageError` for a table that is not the warehouse's."""
        for model in self.models:
            if model.__tablename__ == table:
                return model
        raise UsageError(f"The warehouse has no table {table!r}", f"use one of {', '.join(self.all_tables)}.")

    @property
    def all_tables(self) -> dict[str, Table]:
        """All tables, by their names."""
        return {model.__tablename__: model.table() for model in self.models}

    @property
    def metadata(self) -> list[MetaData]:
        """The distinct ``MetaData`` of the tables, for Alembic to compare with the database."""
        return list(dict.fromkeys(model.metadata for model in self.models))


def _named(module: str, name: str) -> Warehouse:
    """Return the warehouse that a variable of a module holds."""
    found: Warehouse = getattr(import_module(module), name)
    return found
