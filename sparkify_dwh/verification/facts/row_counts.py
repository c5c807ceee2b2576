"""Facts about the numbers of rows that the server reports, from which a load's report is made."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, delete, func, insert, select, update

from sparkify_dwh.verification.fact import Facts
from sparkify_dwh.verification.trial import Trial

FACTS = Facts()


def _numbers(trial: Trial, *numbers: int) -> Table:
    probe = trial.probe(Column("n", Integer), Column("value", Integer))
    with trial.engine.begin() as connection:
        connection.execute(insert(probe), [{"n": n, "value": 0} for n in numbers])
    return probe


@FACTS.fact("r_UPDATE", expected=[2, 0])
def update_from_counts_rows(trial: Trial) -> list[int]:
    """UPDATE ... FROM a sub-query reports how many rows it changed, and 0 if none."""
    target, other = _numbers(trial, 1, 2, 3), _numbers(trial, 2, 3, 4)
    incoming = select(other.c.n).subquery("incoming")
    with trial.connect() as connection:
        changing = update(target).values(value=1).where(target.c.n == incoming.c.n, target.c.value == 0)
        return [connection.execute(changing).rowcount, connection.execute(changing).rowcount]


@FACTS.fact("r_INSERT_30", expected=[2, 0])
def insert_select_counts_rows(trial: Trial) -> list[int]:
    """INSERT ... SELECT with an outer join reports how many rows it added, and 0 if none."""
    target, other = _numbers(trial, 1), _numbers(trial, 1, 2, 3)
    missing = (
        select(other.c.n).select_from(other.outerjoin(target, target.c.n == other.c.n)).where(target.c.n.is_(None))
    )
    adding = insert(target).from_select(["n"], missing)
    with trial.connect() as connection:
        return [connection.execute(adding).rowcount, connection.execute(adding).rowcount]


@FACTS.fact("r_DELETE", expected=[2, 1])
def delete_counts_rows(trial: Trial) -> list[int]:
    """DELETE with a ranking sub-query, and with USING, reports how many rows it deleted."""
    target, other = _numbers(trial, 1, 2, 3, 4), _numbers(trial, 4)
    ranked = select(target.c.n, func.row_number().over(order_by=target.c.n).label("place")).subquery("ranked")
    with trial.connect() as connection:
        first_two = delete(target).where(target.c.n.in_(select(ranked.c.n).where(ranked.c.place <= 2)))
        joined = delete(target).where(target.c.n == other.c.n)
        return [connection.execute(first_two).rowcount, connection.execute(joined).rowcount]
