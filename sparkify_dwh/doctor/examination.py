"""Looking at everything, one after the other, whatever has been found before."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import server_message, warehouse
from sparkify_dwh.doctor.configuration import configuration_findings
from sparkify_dwh.doctor.credentials import credentials_findings
from sparkify_dwh.doctor.findings import About, Diagnosis, Finding, problem, warning
from sparkify_dwh.doctor.loads import load_findings
from sparkify_dwh.doctor.migrations import migration_findings
from sparkify_dwh.doctor.rights import rights_findings
from sparkify_dwh.doctor.sources import is_of_s3, source_findings
from sparkify_dwh.doctor.versions import version_findings
from sparkify_dwh.doctor.warehouse import unmade_standin, warehouse_findings
from sparkify_dwh.errors import ConfigurationError, SparkifyError
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.store import ObjectStore

log = logging.getLogger("sparkify_dwh.doctor")

OnStep = Callable[[str], None]


def examine(path: Path | str | None = None, *, on_step: OnStep | None = None) -> Diagnosis:
    """Look at the configuration at ``path``, else the usual one, and at all that it names.

    ``on_step`` is called with what is looked at next. Whatever is found is in the diagnosis, and nothing is raised.
    """
    looking = _Looking(on_step or (lambda _: None))
    looking.at("versions", version_findings)
    looking.at("configuration", configuration_findings, path, os.environ)
    settings = _readable(path)
    if settings is None:
        looking.skip("warehouse", "The warehouse and the inputs were not looked at: correct the configuration first.")
    else:
        looking.at("credentials", credentials_findings, settings)
        _look_at_warehouse(looking, settings)
        _look_at_sources(looking, settings)
    return Diagnosis(tuple(looking.found))


class _Looking:
    """What was found so far."""

    def __init__(self, on_step: OnStep) -> None:
        self.found: list[Finding] = []
        self._on_step = on_step

    def at(
        self, about: About, findings: Callable[..., Iterable[Finding]], *arguments: Any, place: str | None = None
    ) -> None:
        """Add the findings; what is raised instead of one is a problem."""
        self._on_step(f"looking at {place or about}")
        of = f"{place}: " if place else ""
        try:
            for finding in findings(*arguments):
                self.found.append(finding)  # one after the other, for what comes after it may be raised
        except SparkifyError as error:
            self.found.append(problem(about, _sentence(f"{of}{error}"), _exit_code(about, error)))
        except DBAPIError as error:
            self.found.append(problem(about, _sentence(f"The warehouse refused to tell: {server_message(error)}")))
        except Exception as error:  # its message may hold anything
            log.info("looking at %s failed", place or about, exc_info=True)
            what = f"{of}it could not be looked at, for a {type(error).__name__} that nobody foresaw"
            self.found.append(problem(about, f"{what}. Run it with -v to see where: sparkify-dwh -v doctor."))

    def skip(self, about: About, why: str) -> None:
        self.found.append(warning(about, why))

    def has_problem(self, about: About) -> bool:
        return any(finding.about == about and finding.state == "problem" for finding in self.found)


def _exit_code(about: About, error: SparkifyError) -> int | None:
    """A load's for the same error. Credentials are the configuration's, also when it is AWS that refuses them."""
    return None if about == "credentials" else error.exit_code


def _sentence(text: str) -> str:
    """With a full stop, which not all errors have."""
    return f"{text.rstrip('.')}."


def _readable(path: Path | str | None) -> Settings | None:
    try:
        return Settings.read(path)
    except ConfigurationError:
        return None  # and what is wrong with it was said


def _look_at_warehouse(looking: _Looking, settings: Settings) -> None:
    missing = unmade_standin(settings)
    if missing is not None:
        looking.found.append(missing)
        return
    try:
        with warehouse(settings) as engine:
            looking.at("warehouse", warehouse_findings, settings, engine)
            if looking.has_problem("warehouse"):
                looking.skip("warehouse", "Rights, migrations and loads were not looked at: connect first.")
                return
            for about, findings in _INSIDE.items():
                looking.at(about, _asked, engine, findings)
    except ConfigurationError:  # for a load the same is missing, and was said
        looking.skip("warehouse", "The warehouse was not looked at: the configuration does not say all of where it is.")


_INSIDE: dict[About, Callable[[Connection], Iterator[Finding]]] = {
    "rights": rights_findings,
    "migrations": migration_findings,
    "loads": load_findings,
}


def _asked(engine: Engine, findings: Callable[[Connection], Iterator[Finding]]) -> Iterator[Finding]:
    """Findings of a transaction, which is rolled back."""
    with engine.connect() as connection:
        yield from findings(connection)


def _look_at_sources(looking: _Looking, settings: Settings) -> None:
    if is_of_s3(settings) and looking.has_problem("credentials"):
        looking.skip("sources", "The inputs were not looked at: AWS wants credentials first.")
        return
    with ObjectStore(**(settings.store_options() if is_of_s3(settings) else {})) as store:
        for place, findings in source_findings(settings, store):
            looking.at("sources", findings, place=place)
