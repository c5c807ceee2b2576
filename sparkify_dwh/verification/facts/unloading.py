"""Facts about UNLOAD to Parquet, and COPY of Parquet."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import unquote

from sqlalchemy import BigInteger, Column, DateTime, Double, Identity, SmallInteger, String, Table, insert, select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.export.queries import last_unload
from sparkify_dwh.redshift.commands import UnloadCommand
from sparkify_dwh.verification.fact import Facts
from sparkify_dwh.verification.trial import Trial

FACTS = Facts()

AT = datetime(2020, 2, 29, 23, 59, 59, 999000)
ROWS: list[dict[str, Any]] = [
    {"text": 'O\'Brien \\ "%" 😀', "at": AT, "number": 0.1, "year": 2020},
    {"text": None, "at": AT, "number": None, "year": 2021},
    {"text": " ", "at": AT, "number": -1e300, "year": None},
]


def _columns() -> list[Column[Any]]:
    return [
        Column("id", BigInteger, Identity(always=True, start=1, increment=1)),
        Column("text", String(64)),
        Column("at", DateTime),
        Column("number", Double),
        Column("year", SmallInteger),
    ]


def _filled(trial: Trial) -> Table:
    probe = trial.probe(*_columns())
    with trial.engine.begin() as connection:
        connection.execute(insert(probe), ROWS)
    return probe


def _unload(trial: Trial, table: Table, url: str, *partition_by: str) -> UnloadCommand:
    query = select(table).where((table.c.text.is_(None)) | (table.c.text != "it's \\ not")).order_by(table.c.at)
    return UnloadCommand(
        query, url, partition_by=partition_by, role_arn=trial.settings.role_arn, region=trial.settings.region
    )


@FACTS.fact("copy-parameters-data-conversion", expected=True)
def parquet_keeps_rows_and_numbers(trial: Trial) -> Any:
    """COPY of Parquet with EXPLICIT_IDS stores what UNLOAD wrote: the same values, with the same values of IDENTITY."""
    source, target = _filled(trial), trial.probe(*_columns())
    url = f"{trial.folder}{trial.new_prefix()}"
    with trial.connect() as connection:
        connection.execute(_unload(trial, source, url))
        columns = [column.name for column in target.columns]
        connection.execute(trial.copy_command(target, url, "EXPLICIT_IDS", json=None, columns=columns))
        unloaded = connection.execute(select(source).order_by(source.c.id)).all()
        return connection.execute(select(target).order_by(target.c.id)).all() == unloaded


@FACTS.fact("copy-parameters-data-conversion")
def numbers_after_explicit_ids(trial: Trial) -> str:
    """Whether IDENTITY goes on above the numbers of EXPLICIT_IDS; a restore creates the table anew, so that it does."""
    source, target = _filled(trial), trial.probe(*_columns())
    url = f"{trial.folder}{trial.new_prefix()}"
    with trial.connect() as connection:
        connection.execute(_unload(trial, source, url))
        columns = [column.name for column in target.columns]
        connection.execute(trial.copy_command(target, url, "EXPLICIT_IDS", json=None, columns=columns))
        connection.execute(insert(target), [{"text": "new", "at": AT}])
        numbers = list(connection.scalars(select(target.c.id)))
    return "goes on above" if len(set(numbers)) == len(numbers) else "starts again, with numbers that are used"


@FACTS.fact("PG_LAST_UNLOAD_COUNT", expected=len(ROWS))
def unload_counts_rows(trial: Trial) -> Any:
    """pg_last_unload_count() is the number of rows that UNLOAD wrote."""
    with trial.connect() as connection:
        connection.execute(_unload(trial, _filled(trial), f"{trial.folder}{trial.new_prefix()}"))
        return connection.scalar(last_unload())


@FACTS.fact("r_UNLOAD", expected=["year=2020", "year=2021", "year=__HIVE_DEFAULT_PARTITION__"])
def partitions_are_folders(trial: Trial) -> list[str]:
    """PARTITION BY writes a folder for each value, and one for NULL."""
    folder = f"{trial.folder}{trial.new_prefix()}"
    with trial.connect() as connection:
        connection.execute(_unload(trial, _filled(trial), folder, "year"))
    names = (unquote(file.url.removeprefix(folder)) for file in trial.store.list(folder))  # file:/// URLs are encoded
    return sorted({name.split("/")[0] for name in names})


@FACTS.fact("r_UNLOAD", expected=0)
def no_rows_make_no_files(trial: Trial) -> int:
    """UNLOAD of no rows to Parquet writes no file."""
    folder, probe = f"{trial.folder}{trial.new_prefix()}", trial.probe(*_columns())
    with trial.connect() as connection:
        connection.execute(_unload(trial, probe, folder))
    return len(trial.store.list(folder))


@FACTS.fact("r_UNLOAD", expected="refused")
def full_targets_are_refused(trial: Trial) -> str:
    """UNLOAD to a folder that holds files is refused, so that two exports do not mix."""
    folder, probe = f"{trial.folder}{trial.new_prefix()}", _filled(trial)
    with trial.connect() as connection:
        connection.execute(_unload(trial, probe, folder))
        try:
            connection.execute(_unload(trial, probe, folder))
        except DBAPIError:
            return "refused"
    return "accepted"
