"""Facts about tables: keys, required values, surrogate keys, and DDL in transactions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, String, Table, func, insert, select

from sparkify_dwh.redshift.commands import DropColumn
from sparkify_dwh.verification.fact import Facts
from sparkify_dwh.verification.trial import ACCEPTED, Trial, answer, statement

FACTS = Facts()

NUMBERED_ROWS = 1000


@FACTS.fact("t_Defining_constraints", expected=2)
def primary_keys_are_not_enforced(trial: Trial) -> Any:
    """A key can be stored twice: loads deduplicate, and upgrades lock the table of versions."""
    probe = trial.probe(Column("n", Integer, primary_key=True, autoincrement=False))
    with trial.connect() as connection:
        for _ in range(2):
            connection.execute(insert(probe).values(n=1))
        return connection.execute(select(func.count()).select_from(probe)).scalar()


@FACTS.fact("t_Defining_constraints", expected=True)
def not_null_is_enforced(trial: Trial) -> bool:
    """NULL in a column of NOT NULL is refused."""
    probe = trial.probe(Column("n", Integer, nullable=False))
    with trial.connect() as connection:
        return answer(connection, statement("INSERT INTO {table} VALUES (NULL)", probe)) != ACCEPTED


@FACTS.fact("r_CREATE_TABLE_NEW", expected=NUMBERED_ROWS)
def identity_values_are_unique(trial: Trial) -> Any:
    """Values of IDENTITY are unique after INSERT ... SELECT."""
    _, values = _numbered(trial)
    return len(set(values))


@FACTS.fact("r_CREATE_TABLE_NEW")
def identity_values_have_gaps(trial: Trial) -> dict[str, Any]:
    """Whether values of IDENTITY have gaps; nothing relies on it."""
    _, values = _numbered(trial)
    return {"first": min(values), "last": max(values), "has gaps": max(values) - min(values) + 1 != len(values)}


def _numbered(trial: Trial) -> tuple[Table, list[int]]:
    """Return a table of many rows, numbered by INSERT ... SELECT, with the numbers."""
    digits = trial.probe(Column("n", Integer))
    number = Column("number", BigInteger, Identity(always=True, start=1, increment=1))
    probe = trial.probe(number, Column("n", Integer))
    one, ten, hundred = (digits.alias(name) for name in ("one", "ten", "hundred"))
    every = one.join(ten, one.c.n >= 0).join(hundred, one.c.n >= 0)  # Redshift has no generate_series
    thousand = select(one.c.n + 10 * ten.c.n + 100 * hundred.c.n).select_from(every)
    with trial.engine.begin() as connection:
        connection.execute(insert(digits), [{"n": n} for n in range(10)])
        connection.execute(insert(probe).from_select(["n"], thousand))
        return probe, list(connection.scalars(select(probe.c.number)))


@FACTS.fact("r_DROP_TABLE", expected=[True, False, 1])
def ddl_rolls_back(trial: Trial) -> list[Any]:
    """A rollback undoes CREATE TABLE and DROP TABLE: a restore that fails leaves the tables as they were."""
    kept = trial.probe(Column("n", Integer))
    created = Table(f"{kept.name}_created", MetaData(), Column("n", Integer))
    rows = statement("SELECT count(*) FROM {table}", created)
    with trial.connect() as connection:
        connection.execute(insert(kept).values(n=1))
        connection.commit()
        created.create(connection, checkfirst=False)
        kept.drop(connection, checkfirst=False)
        found = [connection.exec_driver_sql(rows).scalar() == 0]
        connection.rollback()
        found.append(answer(connection, rows) == ACCEPTED)
        return [*found, connection.execute(select(func.count()).select_from(kept)).scalar()]


@FACTS.fact("r_ALTER_TABLE", expected=[False, True])
def texts_are_widened_outside_of_transactions(trial: Trial) -> list[bool]:
    """ALTER COLUMN TYPE is refused within a transaction, and accepted outside of one."""
    probe = trial.probe(Column("text", String(16)))
    widening = statement("ALTER TABLE {table} ALTER COLUMN text TYPE VARCHAR(32)", probe)
    with trial.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        inside = answer(connection, widening)
    with trial.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(widening)
    return [inside == ACCEPTED, True]


@FACTS.fact("r_ALTER_TABLE", expected=["n"])
def columns_are_dropped_in_transactions(trial: Trial) -> list[str]:
    """ALTER TABLE ... DROP COLUMN works after a write of the same transaction, as a restore needs it."""
    probe = trial.probe(Column("n", Integer), Column("extra", Integer))
    with trial.connect() as connection:
        connection.execute(insert(probe).values(n=1, extra=2))
        connection.execute(DropColumn(probe, "extra"))
        return list(connection.exec_driver_sql(statement("SELECT * FROM {table}", probe)).keys())
