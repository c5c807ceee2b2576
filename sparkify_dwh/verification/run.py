"""A verification: every fact tried on a scratch warehouse, which is removed at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, Engine, event

from sparkify_dwh.aws.endpoint import SERVERLESS
from sparkify_dwh.database import warehouse
from sparkify_dwh.errors import UsageError
from sparkify_dwh.settings import Settings
from sparkify_dwh.star import STAR
from sparkify_dwh.verification.data.deliveries import deliveries
from sparkify_dwh.verification.fact import Fact, Outcome, skip, try_fact
from sparkify_dwh.verification.facts import FACTS
from sparkify_dwh.verification.redaction import Redactor
from sparkify_dwh.verification.result import Result
from sparkify_dwh.verification.scratch import Scratch, base_of, clean_up, scratch_warehouse
from sparkify_dwh.verification.trial import Trial

OnFact = Callable[[str], None]


def verify(
    settings: Settings | None = None,
    *,
    data: str | None = None,
    facts: Sequence[Fact] = FACTS,
    on_fact: OnFact = lambda _name: None,
) -> Result:
    """Try the facts on the configured warehouse, in a schema of their own and under a prefix of their own.

    ``settings`` default to those of dwh.cfg and the environment. The prefix is in ``data``, by default in [S3] MANIFESTS.
    ``on_fact`` is called with the name of each fact before it is tried. Nothing but the schema and the prefix is written,
    and both are removed at the end; so is what a killed verification has left.

    Raises:
        ConfigurationError: the cluster, the role or the prefix is not configured.
        UnreachableError: no connection.
        SparkifyError: the schema cannot be created, or something cannot be removed.
    """
    settings = settings or Settings.read()
    scratch = require_complete(settings, data)
    cleaned_up = clean_up(settings, data)
    started_at, start = datetime.now(timezone.utc).replace(tzinfo=None), time.perf_counter()
    with (
        _counting_statements() as statements,
        settings.open_store() as store,
        scratch_warehouse(settings, scratch, store, on_fact) as scratch_settings,
        warehouse(scratch_settings) as engine,
    ):
        names = _names(engine)
        outcomes = list(_outcomes(facts, Trial(scratch_settings, engine, store, scratch.folder), on_fact))
    return Result(
        outcomes,
        _kind(settings),
        started_at,
        round(time.perf_counter() - start, 3),
        statements[0],
        sum(len(file.content) for delivery in deliveries() for file in delivery.files),
        cleaned_up,
        Redactor(settings, names),
    )


def require_complete(settings: Settings, data: str | None = None) -> Scratch:
    """Return a new scratch for the verification. Raises :class:`ConfigurationError` with everything that it lacks."""
    if settings.warehouse.star != STAR:
        raise UsageError("A verification needs Sparkify's tables, but this is another warehouse", "use Sparkify's.")
    scratch = Scratch.new(base_of(settings, data))
    scratch.settings(settings).for_load()
    return scratch


def _outcomes(facts: Iterable[Fact], trial: Trial, on_fact: OnFact) -> Iterator[Outcome]:
    """Try the facts in their order. Those that need one which ended early are skipped."""
    broken: set[str] = set()
    for fact in facts:
        on_fact(fact.name)
        missing = [name for name in fact.needs if name in broken]
        outcome = skip(fact, missing[0]) if missing else try_fact(fact, trial)
        if not outcome.is_complete:
            broken.add(fact.name)
        yield outcome


@contextmanager
def _counting_statements() -> Iterator[list[int]]:
    """Count the statements that any engine of this program sends."""
    counted = [0]

    def count(_connection: Connection, *_rest: Any) -> None:
        counted[0] += 1

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield counted
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def _names(engine: Engine) -> list[str]:
    """Return the user and the database as the server calls them; with temporary credentials the user is not configured."""
    with engine.connect() as connection:
        return [str(name) for name in connection.exec_driver_sql("SELECT current_user, current_database()").one()]


def _kind(settings: Settings) -> str:
    if settings.is_standin:
        return "stand-in"
    return "serverless" if settings.host and SERVERLESS in settings.host else "provisioned"
