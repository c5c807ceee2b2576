"""What plans of a cluster say against the design, in a sentence each with what to do.

A join that by the models has nothing to move, and moves something all the same, is told however little that is. What the
design itself moves is told from a million rows on, where Redshift too begins to log it. Redshift guide,
c-reviewing-query-alerts, query-performance-improvement-opportunities
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Table

from sparkify_dwh.base import Base
from sparkify_dwh.physical.distribution import NOTHING_MOVES, Distribution, movements
from sparkify_dwh.physical.query_plan import Join, QueryPlan, Step
from sparkify_dwh.physical.table_advice import MOST_ROWS_ON_EVERY_NODE, Finding
from sparkify_dwh.staging import STAGING
from sparkify_dwh.star import STAR

MANY_ROWS = 1_000_000
MEGABYTE = 1_000_000

DOES = {
    "DS_BCAST_INNER": "sends all of {inner} to every node",
    "DS_DIST_INNER": "sends the rows of {inner} to other nodes",
    "DS_DIST_OUTER": "sends the rows of {outer} to other nodes",
    "DS_DIST_BOTH": "sends the rows of both {outer} and {inner} to other nodes",
    "DS_DIST_ALL_INNER": "sends {inner} to one slice, which alone joins it with {outer}",
}
# The side that a dist key on its joined column would bring to the other; outer is 0, inner is 1.
PLACED_BY_THE_JOIN = {"DS_DIST_INNER": ("inner", 1), "DS_DIST_OUTER": ("outer", 0), "DS_DIST_ALL_INNER": ("outer", 0)}
OF_THE_STAR = frozenset(model.__tablename__ for model in STAR)


def plan_findings(plans: Mapping[str, QueryPlan]) -> list[Finding]:
    """What the plans, by the names of their statements, say against the design. Equal findings are told once."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, plan in plans.items():
        for problem in dict.fromkeys(_problems(plan)):
            found.setdefault(problem, []).append(name)
    told = [Finding(about, f"In {abridged(names)}, {sentence}") for (about, sentence), names in found.items()]
    return [*told, *_without_statistics(plans.values())]


def _problems(plan: QueryPlan) -> Iterator[tuple[str, str]]:
    for join in plan.joins():
        if join.is_nested_loop and join.pairs >= MANY_ROWS:
            yield "Nested Loop", _nested(join)
        if join.moved:
            yield from _moved(join)
    for step in plan.redistributed():
        if step.rows >= MANY_ROWS:
            yield "Network", _sent(step)


def _moved(join: Join) -> Iterator[tuple[str, str]]:
    movement, by_design = str(join.movement), designed(join)
    in_vain = by_design in NOTHING_MOVES
    serial = [join.outer] if movement == "DS_DIST_ALL_INNER" else []  # does not move, and is read by one slice
    if not in_vain and sum(step.rows for step in (*join.moved, *serial)) < MANY_ROWS:
        return
    outer, inner = _name(join.outer), _name(join.inner)
    does = DOES.get(movement, "moves rows of {outer} and {inner}").format(outer=outer, inner=inner)
    rows, size = (sum(getattr(step, what) for step in join.moved) for what in ("rows", "bytes"))
    on = f" on {', '.join(column for column, _ in join.columns)}" if join.columns else ""
    what = f"the plan {does} (about {rows:,} rows, {size / MEGABYTE:,.1f} MB), to join {outer} and {inner}{on}"
    advice = (
        f"By the models nothing has to move ({by_design}): compare their keys above, run ANALYZE on them, and look again."
        if in_vain
        else f"Run ANALYZE on them; if that changes nothing and it is slow, {_migration(join)}."
    )
    yield movement, f"{what} ({movement}). {advice}"


def designed(join: Join) -> str | None:
    """The movement that the models' dist styles ask for; None where the sides are not tables as they lie."""
    outer, inner = _distribution(join.outer), _distribution(join.inner)
    if inner is not None and inner.style == "ALL":
        return "DS_DIST_ALL_NONE"
    if outer is None or inner is None:
        return None
    return movements(outer, inner, join.columns)[0]


def _distribution(side: Step) -> Distribution | None:
    """How the rows of a join's side lie, when they are those of one table, wherever it was read."""
    if not all(_leaves_rows_in_place(step) for step in side.walk()):
        return None
    tables = [table for name in side.tables() if (table := _table(name)) is not None]
    return Distribution.of(tables[0]) if len(tables) == len(side.tables()) == 1 else None


def _leaves_rows_in_place(step: Step) -> bool:
    return step.operator == "Hash" or step.operator.startswith(("Seq Scan", "Subquery Scan"))


def _migration(join: Join) -> str:
    """What a migration could do about it: bring a side to where the other lies, or copy it where it is small."""
    side, place = PLACED_BY_THE_JOIN.get(str(join.movement), ("inner", None))
    step: Step = getattr(join, side)
    (name, *others) = [*step.tables(), ""]
    keys = [] if place is None else [pair[place] for pair in join.columns]
    if name in OF_THE_STAR and others == [""] and keys[:1] == _primary_key(name):
        return f"a migration can place {name} by it: op.alter_distribution({name!r}, style='KEY', key={keys[0]!r})"
    if name in OF_THE_STAR and others == [""] and place != 0 and step.rows <= MOST_ROWS_ON_EVERY_NODE:
        return f"a migration can copy {name} to every node: op.alter_distribution({name!r}, style='ALL')"
    return "compare the dist keys in benchmarks/REDSHIFT.md"


def _primary_key(name: str) -> list[str]:
    """What a table may be placed by: many rows can share the value of any other column, NULL above all."""
    return [column.name for column in Base.metadata.tables[name].primary_key]


def _nested(join: Join) -> str:
    return (
        f"the plan compares every row of {_name(join.outer)} with every row of {_name(join.inner)} (Nested Loop, about "
        f"{join.pairs:,} pairs). Look whether the join lacks a condition of equality."
    )


def _sent(step: Step) -> str:
    return (
        f"the plan sends about {step.rows:,} rows of {_name(step)} ({step.bytes / MEGABYTE:,.1f} MB) over the network for a "
        f"window or a set of rows (Network, {step.details[0]}). Ask for fewer days; which dist key would keep them in "
        "place is in benchmarks/REDSHIFT.md."
    )


def _without_statistics(plans: Iterable[QueryPlan]) -> Iterator[Finding]:
    """Staging has none on purpose: COPY leaves them out."""
    missing = dict.fromkeys(name for plan in plans for name in plan.missing_statistics)
    staging = [model.__tablename__ for model in STAGING if model.__tablename__ in missing]
    others = [name for name in missing if name not in staging]
    if others:
        yield Finding("statistics", f"The planner has no statistics of {', '.join(others)}. Run ANALYZE on them.")
    if staging:
        yield Finding(
            "statistics",
            f"The planner has no statistics of {', '.join(staging)}, as COPY leaves them out (STATUPDATE OFF), so plans of "
            "a load are guesses. Run ANALYZE on them before you trust those, and look again.",
        )


def _table(name: str) -> Table | None:
    return Base.metadata.tables.get(name)


def _name(step: Step) -> str:
    return " with ".join(step.tables()) or "rows"


def abridged(names: Sequence[str], most: int = 3) -> str:
    """The first of the names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
