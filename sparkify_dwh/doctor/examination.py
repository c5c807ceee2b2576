"""Run all examinations in order, continuing after problems."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from sparkify_dwh import database
from sparkify_dwh.checks.freshness import Freshness, read_freshness
from sparkify_dwh.database import server_message
from sparkify_dwh.doctor.configuration import configuration_findings
from sparkify_dwh.doctor.credentials import credentials_findings
from sparkify_dwh.doctor.findings import About, Diagnosis, Finding, problem, warning
from sparkify_dwh.doctor.loads import freshness_findings, load_findings
from sparkify_dwh.doctor.migrations import migration_findings
from sparkify_dwh.doctor.permissions import with_policy
from sparkify_dwh.doctor.rights import rights_findings
from sparkify_dwh.doctor.sources import source_findings, uses_s3
from sparkify_dwh.doctor.versions import version_findings
from sparkify_dwh.doctor.warehouse import missing_standin, warehouse_findings
from sparkify_dwh.errors import ConfigurationError, SparkifyError, sentence
from sparkify_dwh.settings import Settings, sparkify
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.warehouse import Warehouse

log = safe_logger("sparkify_dwh.doctor")

OnStep = Callable[[str], None]


def examine(
    path: Path | str | None = None, *, warehouse: Warehouse | None = None, on_step: OnStep | None = None
) -> Diagnosis:
    """Examine the configuration at ``path``, by default the usual one, and everything that it names.

    ``warehouse`` is Sparkify's by default. ``on_step`` is called with the subject of each step. Problems are findings of
    the diagnosis; nothing is raised.
    """
    warehouse = warehouse or sparkify()
    examination = _Examination(on_step or (lambda _: None))
    examination.add("versions", version_findings)
    examination.add("configuration", configuration_findings, path, os.environ, warehouse)
    examination.settings = settings = _readable_settings(path, warehouse)
    if settings is None:
        examination.skip("warehouse", "The warehouse and the inputs were not checked: correct the configuration first.")
    else:
        examination.add("credentials", credentials_findings, settings)
        _examine_warehouse(examination, settings)
        _examine_sources(examination, settings)
    return Diagnosis(tuple(examination.findings), examination.freshness)


class _Examination:
    """The findings so far."""

    def __init__(self, on_step: OnStep) -> None:
        self.findings: list[Finding] = []
        self.settings: Settings | None = None  # when they can be read
        self.freshness: Freshness | None = None  # when the warehouse can be asked
        self._on_step = on_step

    def add(
        self, about: About, examine: Callable[..., Iterable[Finding]], *arguments: Any, subject: str | None = None
    ) -> None:
        """Add the findings of one step. An exception becomes a problem."""
        self._on_step(f"checking {subject or about}")
        prefix = f"{subject}: " if subject else ""
        try:
            for finding in examine(*arguments):
                self.findings.append(self._explained(finding))  # one by one: a later one may raise
        except SparkifyError as error:
            self.findings.append(self._explained(problem(about, f"{prefix}{error}", _exit_code(about, error))))
        except DBAPIError as error:
            self.findings.append(problem(about, sentence(f"The warehouse refused a query: {server_message(error)}")))
        except Exception as error:  # its message may contain secrets
            log.info("checking %s failed", subject or about, exc_info=True)
            what = f"{prefix}Unexpected {type(error).__name__}"
            self.findings.append(problem(about, f"{what}. Run with -v to see where: sparkify-dwh -v doctor."))

    def _explained(self, finding: Finding) -> Finding:
        return replace(finding, sentence=with_policy(finding.sentence, self.settings))

    def skip(self, about: About, reason: str) -> None:
        self.findings.append(warning(about, reason))

    def has_problem(self, about: About) -> bool:
        return any(finding.about == about and finding.state == "problem" for finding in self.findings)


def _exit_code(about: About, error: SparkifyError) -> int | None:
    """Return the exit code that a load has for the same error; for credentials always the configuration's."""
    return None if about == "credentials" else error.exit_code


def _readable_settings(path: Path | str | None, warehouse: Warehouse) -> Settings | None:
    try:
        return Settings.read(path, warehouse=warehouse)
    except ConfigurationError:
        return None  # the problem is among the configuration's findings


def _examine_warehouse(examination: _Examination, settings: Settings) -> None:
    missing = missing_standin(settings)
    if missing is not None:
        examination.findings.append(missing)
        return
    try:
        with database.warehouse(settings) as engine:
            examination.add("warehouse", warehouse_findings, settings, engine)
            if examination.has_problem("warehouse"):
                examination.skip("warehouse", "Rights, migrations and loads were not checked: connect first.")
                return
            for about, examine in _WITH_CONNECTION.items():
                examination.add(about, _in_transaction, engine, settings.warehouse, examine)
            if not examination.has_problem("migrations"):
                examination.add("loads", _examine_freshness, examination, engine, settings)
    except ConfigurationError:  # a load lacks the same, which the configuration's findings say
        examination.skip("warehouse", "The warehouse was not checked: the configuration does not say how to connect.")


_Examine = Callable[[Connection, Warehouse], Iterator[Finding]]
_WITH_CONNECTION: dict[About, _Examine] = {
    "rights": rights_findings,
    "migrations": migration_findings,
    "loads": load_findings,
}


def _examine_freshness(examination: _Examination, engine: Engine, settings: Settings) -> Iterator[Finding]:
    """Yield the findings about the freshness of the data, and keep it for the diagnosis."""
    with engine.connect() as connection:
        event_time, now = settings.warehouse.event_time, database.warehouse_now(connection)
        examination.freshness = read_freshness(connection, event_time, now)
    yield from freshness_findings(examination.freshness, settings.max_age)


def _in_transaction(
    engine: Engine, warehouse: Warehouse, examine: Callable[[Connection, Warehouse], Iterator[Finding]]
) -> Iterator[Finding]:
    """Yield findings from a transaction that is rolled back."""
    with engine.connect() as connection:
        yield from examine(connection, warehouse)


def _examine_sources(examination: _Examination, settings: Settings) -> None:
    if uses_s3(settings) and examination.has_problem("credentials"):
        examination.skip("sources", "The inputs were not checked: AWS credentials are needed first.")
        return
    with settings.open_store() as store:
        for subject, examine in source_findings(settings, store):
            examination.add("sources", examine, subject=subject)
