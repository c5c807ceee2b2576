"""Findings about query plans of a cluster, each with what to do.

A join that should move nothing by the models, and moves rows, is always reported. Movements by design are reported from a
million rows, as in Redshift's own alerts. Redshift guide, c-reviewing-query-alerts,
query-performance-improvement-opportunities
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sparkify_dwh.physical.distribution import NOTHING_MOVES, Distribution, movements
from sparkify_dwh.physical.query_plan import Join, QueryPlan, Step
from sparkify_dwh.physical.table_advice import MAX_ROWS_ON_EVERY_NODE, Finding
from sparkify_dwh.warehouse import Warehouse

MANY_ROWS = 1_000_000
MEGABYTE = 1_000_000

DOES = {
    "DS_BCAST_INNER": "sends all of {inner} to every node",
    "DS_DIST_INNER": "sends the rows of {inner} to other nodes",
    "DS_DIST_OUTER": "sends the rows of {outer} to other nodes",
    "DS_DIST_BOTH": "sends the rows of both {outer} and {inner} to other nodes",
    "DS_DIST_ALL_INNER": "sends {inner} to one slice, which alone joins it with {outer}",
}
# Whether a dist key on its joined column would avoid the movement of the outer side (True) or of the inner side (False).
OUTER_IS_PLACED = {"DS_DIST_INNER": False, "DS_DIST_OUTER": True, "DS_DIST_ALL_INNER": True}


def plan_findings(plans: Mapping[str, QueryPlan], warehouse: Warehouse) -> list[Finding]:
    """Return the findings of the plans, given by the names of their statements. Equal findings are merged."""
    statements: dict[tuple[str, str], list[str]] = {}
    for name, plan in plans.items():
        for problem in dict.fromkeys(_problems(plan, warehouse)):
            statements.setdefault(problem, []).append(name)
    findings = [Finding(about, f"In {abridged(names)}, {sentence}") for (about, sentence), names in statements.items()]
    return [*findings, *_without_statistics(plans.values(), warehouse)]


def _problems(plan: QueryPlan, warehouse: Warehouse) -> Iterator[tuple[str, str]]:
    for join in plan.joins():
        if join.is_nested_loop and join.pairs >= MANY_ROWS:
            yield "Nested Loop", _nested(join)
        if join.moved:
            yield from _moved(join, warehouse)
    for step in plan.redistributed():
        if step.rows >= MANY_ROWS:
            yield "Network", _sent(step)


def _moved(join: Join, warehouse: Warehouse) -> Iterator[tuple[str, str]]:
    movement, by_design = str(join.movement), designed(join, warehouse)
    is_avoidable = by_design in NOTHING_MOVES
    serial = [join.outer] if movement == "DS_DIST_ALL_INNER" else []  # not moved, but read by a single slice
    if not is_avoidable and sum(step.rows for step in (*join.moved, *serial)) < MANY_ROWS:
        return
    outer, inner = _name(join.outer), _name(join.inner)
    does = DOES.get(movement, "moves rows of {outer} and {inner}").format(outer=outer, inner=inner)
    rows, size = sum(step.rows for step in join.moved), sum(step.bytes for step in join.moved)
    on = f" on {', '.join(column for column, _ in join.columns)}" if join.columns else ""
    what = f"the plan {does} (about {rows:,} rows, {size / MEGABYTE:,.1f} MB), to join {outer} and {inner}{on}"
    advice = (
        f"By the models nothing has to move ({by_design}): compare their keys above, run ANALYZE on them, and look again."
        if is_avoidable
        else f"Run ANALYZE on them; if that changes nothing and it is slow, {_migration(join, warehouse)}."
    )
    yield movement, f"{what} ({movement}). {advice}"


def designed(join: Join, warehouse: Warehouse) -> str | None:
    """Return the movement that the models' dist styles ask for; None where a side is not a table as it is stored."""
    outer, inner = _distribution(join.outer, warehouse), _distribution(join.inner, warehouse)
    if inner is not None and inner.style == "ALL":
        return "DS_DIST_ALL_NONE"
    if outer is None or inner is None:
        return None
    return movements(outer, inner, join.columns)[0]


def _distribution(side: Step, warehouse: Warehouse) -> Distribution | None:
    """Return how the rows of a join's side are distributed when they are those of a single table."""
    if not all(_leaves_rows_in_place(step) for step in side.walk()):
        return None
    names, known = side.tables(), warehouse.all_tables
    return Distribution.of(known[names[0]]) if len(names) == 1 and names[0] in known else None


def _leaves_rows_in_place(step: Step) -> bool:
    return step.operator == "Hash" or step.operator.startswith(("Seq Scan", "Subquery Scan"))


def _migration(join: Join, warehouse: Warehouse) -> str:
    """Return the migration that avoids the movement: distribute a side by the join, or copy it to every node if small."""
    is_outer = OUTER_IS_PLACED.get(str(join.movement))
    step = join.outer if is_outer else join.inner
    (name, *others) = [*step.tables(), ""]
    keys = [] if is_outer is None else [outer if is_outer else inner for outer, inner in join.columns]
    model = warehouse.tables.get(name) if others == [""] else None
    # Only the primary key is a dist key: many rows can share the value of any other column, NULL above all.
    if model is not None and keys[:1] == [column.name for column in model.table().primary_key]:
        return f"a migration can place {name} by it: op.alter_distribution({name!r}, style='KEY', key={keys[0]!r})"
    if model is not None and not is_outer and step.rows <= MAX_ROWS_ON_EVERY_NODE:
        return f"a migration can copy {name} to every node: op.alter_distribution({name!r}, style='ALL')"
    return "compare the dist keys in benchmarks/REDSHIFT.md"


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


def _without_statistics(plans: Iterable[QueryPlan], warehouse: Warehouse) -> Iterator[Finding]:
    """Yield findings about missing statistics, which staging lacks on purpose: COPY leaves them out."""
    missing = dict.fromkeys(name for plan in plans for name in plan.missing_statistics)
    staging = [model.__tablename__ for model in warehouse.staging if model.__tablename__ in missing]
    others = [name for name in missing if name not in staging]
    if others:
        yield Finding("statistics", f"The planner has no statistics of {', '.join(others)}. Run ANALYZE on them.")
    if staging:
        yield Finding(
            "statistics",
            f"The planner has no statistics of {', '.join(staging)}, as COPY leaves them out (STATUPDATE OFF) and a load "
            "gathers them only above [CLUSTER] ANALYZE_ABOVE_ROWS, so plans of a load are guesses. Run ANALYZE on them "
            "before you trust those, and look again.",
        )


def _name(step: Step) -> str:
    return " with ".join(step.tables()) or "rows"


def abridged(names: Sequence[str], most: int = 3) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
