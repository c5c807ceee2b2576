"""The life of a warehouse, one step after the other: upgrade, loads, checks, report, export, reset, restore."""

from __future__ import annotations

from typing import Any

from sparkify_dwh import migrate
from sparkify_dwh.checks.run import run_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.errors import CheckError, CopyError, LoadError, UsageError
from sparkify_dwh.export import export, restore
from sparkify_dwh.loading.ledger_entries import recent_loads
from sparkify_dwh.loading.loader import load
from sparkify_dwh.loading.report import StagedRows
from sparkify_dwh.physical.check import check_physical
from sparkify_dwh.redshift.autogenerate import differences
from sparkify_dwh.verification.comparison import compare, numbers_of_plays
from sparkify_dwh.verification.data.deliveries import (
    failing_delivery,
    first_delivery,
    late_delivery,
    later_delivery,
    rejected_delivery,
)
from sparkify_dwh.verification.data.expected_star import BatchCounts
from sparkify_dwh.verification.data.records import JSON_PATHS, Delivery, together
from sparkify_dwh.verification.fact import Facts, NotTried
from sparkify_dwh.verification.trial import Trial

FACTS = Facts()

EQUAL: list[str] = []
MAX_UNEXPECTED_ERRORS = 1000  # rejected records
DELIVERED = (first_delivery, late_delivery, rejected_delivery)


@FACTS.fact("r_CREATE_TABLE_NEW", expected=True)
def upgrade_creates_the_tables(trial: Trial) -> bool:
    """The migrations create the tables, and a second upgrade changes nothing."""
    for _ in range(2):
        migrate.upgrade(trial.settings)
    with trial.connect() as connection:
        return migrate.current_revision(connection) == migrate.newest_revision(trial.settings.warehouse)


@FACTS.fact("r_CREATE_TABLE_NEW", expected=[], needs=("upgrade-creates-the-tables",))
def tables_are_those_of_the_models(trial: Trial) -> list[str]:
    """Reflection finds the columns, keys and encodings of the models."""
    with trial.connect() as connection:
        found = differences(connection, trial.settings.warehouse.metadata)
    return [f"{name}: {type(change).__name__}" for name, change in found]


@FACTS.fact("c_serial_isolation", expected=EQUAL, needs=("upgrade-creates-the-tables",))
def first_load_fills_the_star(trial: Trial) -> list[str]:
    """The first load makes the star that Python computes from the same files."""
    trial.write("log_json_path.json", JSON_PATHS)
    return _load_and_compare(trial, first_delivery())


@FACTS.fact("c_serial_isolation", expected=False, needs=("first-load-fills-the-star",))
def second_load_writes_nothing(trial: Trial) -> bool:
    """A load without new files writes nothing."""
    return load(trial.settings).changed


@FACTS.fact("c_serial_isolation", expected=EQUAL, needs=("first-load-fills-the-star",))
def late_data_corrects_the_star(trial: Trial) -> list[str]:
    """A load of older events, corrections and songs that plays refer to makes the star that Python computes."""
    return _load_and_compare(trial, late_delivery())


@FACTS.fact("copy-parameters-data-load", expected=EQUAL, needs=("late-data-corrects-the-star",))
def rejected_rows_are_left_out(trial: Trial) -> list[str]:
    """A load that may skip rejected records takes all others."""
    return _load_and_compare(trial, rejected_delivery(), max_errors=len(rejected_delivery().rejected))


@FACTS.fact("copy-parameters-data-load", expected=EQUAL, needs=("rejected-rows-are-left-out",))
def rejected_rows_are_counted(trial: Trial) -> list[str]:
    """Rejected records are counted, and the views show each with its column and code."""
    expected = {"staging_events": rejected_delivery().log_files, "staging_songs": rejected_delivery().song_files}
    found: list[str] = []
    for table, files in expected.items():
        rejected = [row for file in files for row in file.rejected]
        counted = trial.loads[-1].staged[table].rejected
        if counted != len(rejected):
            found.append(f"{table}: {counted} counted instead of {len(rejected)}")
        shown = [line for line in trial.loads[-1].rejected if line.startswith(table)]
        for row in rejected:
            if not any(f"column {row.column}:" in line and f"({row.code})" in line for line in shown):
                found.append(f"{table}: no {row.code} in {row.column}")
    return found


@FACTS.fact("c_serial_isolation", expected=EQUAL, needs=("rejected-rows-are-left-out",))
def forced_load_is_one_batch(trial: Trial) -> list[str]:
    """A load of all files again, in one batch, makes the star that Python computes, with the same surrogate keys."""
    with trial.connect() as connection:
        before = numbers_of_plays(connection)
    everything = together(delivery() for delivery in DELIVERED)
    found = _load_and_compare(trial, everything, force=True, max_errors=len(everything.rejected))
    with trial.connect() as connection:
        after = numbers_of_plays(connection)
    return found if after == before else [*found, "songplays: other values of songplay_id"]


@FACTS.fact("copy-parameters-data-load", expected="rolled back", needs=("first-load-fills-the-star",))
def rejected_rows_roll_back(trial: Trial) -> str:
    """A load that may not skip records fails, says which record was rejected, and leaves the star as it was."""
    try:
        load(trial.settings, force=True, files="rejected.json")
    except CopyError as error:
        return _unchanged(trial) if error.rows else "no rejected row is named"
    return "loaded"


@FACTS.fact("PG_LAST_COPY_COUNT", expected=[], needs=("first-load-fills-the-star",))
def records_are_counted(trial: Trial) -> list[str]:
    """The reports of the loads have as many records, duplicates and conflicting deliveries as Python counts."""
    return [
        f"{table} of load {n}: {found} instead of {counts}"
        for n, (report, tables) in enumerate(zip(trial.loads, trial.counts, strict=True), 1)
        for table, counts in tables.items()
        if (found := _counts(report.staged[table])) != counts
    ]


def _counts(rows: StagedRows) -> BatchCounts:
    return BatchCounts(rows.loaded, rows.duplicates, rows.conflicting)


@FACTS.fact("c_serial_isolation", expected="rolled back", needs=("first-load-fills-the-star",))
def failed_checks_roll_back(trial: Trial) -> str:
    """A load whose check fails leaves the star as it was."""
    trial.deliver(failing_delivery().files)
    try:
        load(trial.settings)
    except CheckError:
        return _unchanged(trial)
    finally:
        trial.withdraw(failing_delivery().files)
    return "loaded"


@FACTS.fact("t_Defining_constraints", expected=[], needs=("first-load-fills-the-star",))
def checks_pass(trial: Trial) -> list[str]:
    """The checks of severity error pass on the whole warehouse."""
    return [name for name, state, _ in _checks(trial) if state == "failed"]


@FACTS.fact("t_Defining_constraints", expected=True, needs=("first-load-fills-the-star",))
def warnings_count_offenders(trial: Trial) -> Any:
    """The checks of severity warning count the rows that Python counts."""
    found = {name: offenders for name, _, offenders in _checks(trial)}
    expected = trial.star.offenders()
    return {name: found.get(name) for name in expected} == expected or found


@FACTS.fact("c_serial_isolation", expected=["failed", "failed"], needs=("failed-checks-roll-back",))
def history_has_every_load(trial: Trial) -> list[str]:
    """The ledger has the loads, those that failed too."""
    with trial.connect() as connection:
        return [report["outcome"] for report in recent_loads(connection, 2)]


@FACTS.fact("r_EXPLAIN", expected=[], needs=("first-load-fills-the-star",))
def statements_are_explained(trial: Trial) -> list[str]:
    """EXPLAIN takes every statement of loads and checks, and the tables have the design of the models."""
    with trial.connect() as connection:
        found = check_physical(connection, trial.settings.warehouse, {})
    return [finding.sentence for finding in found.differing]


@FACTS.fact("r_CREATE_TABLE_NEW", expected=True, needs=("first-load-fills-the-star",))
def report_is_written(trial: Trial) -> bool:
    """The report reads its temporary tables and makes a page."""
    from sparkify_dwh.report import make_report

    try:
        return "<html" in make_report(trial.settings, check=True)
    except UsageError as error:  # the extra is not installed
        raise NotTried(str(error)) from error


@FACTS.fact("r_UNLOAD", expected=True, needs=("first-load-fills-the-star",))
def export_writes_all_rows(trial: Trial) -> Any:
    """An export writes as many rows of each table as the star has."""
    with trial.connect() as connection:
        trial.numbers = numbers_of_plays(connection)
    exported = export(trial.settings)
    rows = {name: table.rows for name, table in exported.tables.items()}
    return rows == {name: len(table) for name, table in trial.star.tables.items()} or rows


@FACTS.fact("copy-usage_notes-copy-from-columnar", expected=EQUAL, needs=("export-writes-all-rows",))
def restore_brings_the_star_back(trial: Trial) -> list[str]:
    """A restore into empty tables brings back the same rows with the same surrogate keys."""
    migrate.reset(trial.settings)
    restore(trial.settings)
    with trial.connect() as connection:
        found = compare(connection, trial.star)
        same_numbers = numbers_of_plays(connection) == trial.numbers
    return found if same_numbers else [*found, "songplays: other values of songplay_id"]


@FACTS.fact("r_CREATE_TABLE_NEW", expected=EQUAL, needs=("restore-brings-the-star-back",))
def loads_go_on_after_a_restore(trial: Trial) -> list[str]:
    """New plays after a restore have surrogate keys that no other play has."""
    trial.deliver(later_delivery().files)
    everything = together([*(delivery() for delivery in DELIVERED), later_delivery()])
    report = load(trial.settings, max_errors=len(everything.rejected))
    loaded = {file.url.removeprefix(trial.folder) for files in report.files.values() for file in files.files}
    trial.star.load(everything.only(loaded))
    found = _compared(trial)
    with trial.connect() as connection:
        numbers = numbers_of_plays(connection)
    return found if len(set(numbers.values())) == len(numbers) else [*found, "songplays: songplay_id is not unique"]


def _load_and_compare(trial: Trial, delivery: Delivery, *, force: bool = False, max_errors: int = 0) -> list[str]:
    """Deliver files, load, and return how the star differs from the expected one.

    When COPY rejects records that it must take, they are skipped, so that the rest can be compared.
    """
    if not force:
        trial.deliver(delivery.files)
    found: list[str] = []
    try:
        report = load(trial.settings, force=force, max_errors=max_errors)
    except LoadError as error:
        found.append(str(error))
        report = load(trial.settings, force=force, max_errors=max_errors + MAX_UNEXPECTED_ERRORS)
    trial.loads.append(report)
    trial.counts.append(trial.star.load(delivery))
    return found + _compared(trial)


def _compared(trial: Trial) -> list[str]:
    with trial.connect() as connection:
        return compare(connection, trial.star)


def _unchanged(trial: Trial) -> str:
    return "; ".join(_compared(trial)) or "rolled back"


def _checks(trial: Trial) -> list[tuple[str, str, int]]:
    warehouse = trial.settings.warehouse
    with trial.connect() as connection:
        results = run_checks(connection, warehouse.star, warehouse.checks, Scope())
    return [(result.name, result.state, result.offenders) for result in results]
