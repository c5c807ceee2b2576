"""A parser of Redshift's EXPLAIN. Redshift guide, c-the-query-plan, r_EXPLAIN, t_explain_plan_example

    XN Hash Join DS_BCAST_INNER  (cost=742.08..15345146299.10 rows=170771 width=103)
      Hash Cond: ("outer".user_id = "inner".user_id)
      ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=24)
      ->  XN Hash  (cost=499.90..499.90 rows=49990 width=14)
            ->  XN Seq Scan on users  (cost=0.00..499.90 rows=49990 width=14)
    ----- Tables missing statistics: users -----

Steps of compute nodes begin with XN, those of the leader node with LD. Rows and widths are the planner's estimates. The
inputs of a step are indented deeper, the outer side of a join first. A query that Redshift splits has several plans,
separated by empty lines. Unknown lines are skipped, so a plan never fails to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sparkify_dwh.physical.distribution import NOTHING_MOVES

_STEP = re.compile(
    r"^(?P<before>\s*(?:->\s+)?)(?P<where>XN|LD|S3)\s+(?P<operator>\S.*?)(?:\s+(?P<distribution>DS_\w+))?"
    r"\s+\(cost=\S+ rows=(?P<rows>\d+) width=(?P<width>\d+)\)\s*$"
)
_SCAN = re.compile(r"\bScan (?:on )?(?P<table>(?:\"[^\"]+\"|[\w$.*#])+)")
_COLUMN = r'(?:\("{side}"\."?(?P<{side}_cast>\w+)"?\)::[\w ]+(?:\(\d+\))?|"{side}"\."?(?P<{side}>\w+)"?)'
_EQUAL = re.compile(f"{_COLUMN.format(side='outer')} = {_COLUMN.format(side='inner')}")
_MISSING = re.compile(r"-----\s*Tables missing statistics:\s*(?P<tables>.*?)\s*-----")
_TO_LEADER = "Send to leader"  # what an XN Network step does in every plan, with the result


@dataclass
class Step:
    """A step of a plan, with its lines of detail and the steps from which it takes its rows."""

    where: str
    operator: str
    distribution: str | None
    rows: int
    width: int
    details: list[str] = field(default_factory=list)
    inputs: list[Step] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        return self.rows * self.width

    def tables(self) -> list[str]:
        """Return the tables that the step and those below it read, each once, without schema and alias."""
        return list(dict.fromkeys(filter(None, (_scanned(step) for step in self.walk()))))

    def walk(self) -> Iterator[Step]:
        """Yield the step and all below it."""
        yield self
        for step in self.inputs:
            yield from step.walk()


@dataclass(frozen=True)
class Join:
    """A join of a plan. ``columns`` are the pairs that it compares for equality."""

    method: str
    movement: str | None
    columns: tuple[tuple[str, str], ...]
    outer: Step
    inner: Step

    @property
    def is_nested_loop(self) -> bool:
        return "Nested Loop" in self.method

    @property
    def moved(self) -> list[Step]:
        """The sides that are sent over the network."""
        if self.movement is None or self.movement in NOTHING_MOVES:
            return []
        sides = {"OUTER": [self.outer], "INNER": [self.inner]}
        return sides.get(self.movement.rpartition("_")[2], [self.outer, self.inner])

    @property
    def pairs(self) -> int:
        """The pairs of rows that a nested loop compares."""
        return self.outer.rows * self.inner.rows


@dataclass(frozen=True)
class QueryPlan:
    """A plan as EXPLAIN shows it. ``missing_statistics`` names tables."""

    lines: tuple[str, ...]
    roots: tuple[Step, ...]
    missing_statistics: tuple[str, ...]

    @property
    def is_of_a_cluster(self) -> bool:
        """Whether it has steps of compute nodes: only they show distribution."""
        return any(step.where == "XN" for step in self.steps())

    def steps(self) -> Iterator[Step]:
        for root in self.roots:
            yield from root.walk()

    def joins(self) -> list[Join]:
        """Return the joins with both sides known, outermost first."""
        joins = [step for step in self.steps() if _is_join(step) and len(step.inputs) >= 2]
        return [Join(step.operator, step.distribution, _columns(step), *step.inputs[:2]) for step in joins]

    def redistributed(self) -> list[Step]:
        """Return the steps other than joins that send rows to other nodes; their first detail says where."""
        networks = [step for step in self.steps() if step.operator == "Network" and step.details]
        return [step for step in networks if step.details[0] != _TO_LEADER]


def read_plan(lines: Iterable[str]) -> QueryPlan:
    """Read the rows of an EXPLAIN, one line each."""
    texts = tuple(line.expandtabs() for row in lines for line in (row.splitlines() or [""]))
    missing = [name for line in texts if (match := _MISSING.search(line)) for name in match["tables"].split(",")]
    names = dict.fromkeys(_bare(name) for name in missing if name.strip())
    return QueryPlan(texts, tuple(_roots(texts)), tuple(names))


def _roots(lines: Iterable[str]) -> list[Step]:
    """Return the topmost steps, which have no arrow."""
    roots: list[Step] = []
    above: list[tuple[int, Step]] = []  # candidates for the parent of the next step, with their columns
    for line in lines:
        match = _STEP.match(line)
        if match is not None:
            step = Step(
                match["where"], match["operator"], match["distribution"], int(match["rows"]), int(match["width"])
            )
            column = len(match["before"])
            above = _parents(above, column) if "->" in match["before"] else []
            (above[-1][1].inputs if above else roots).append(step)
            above.append((column, step))
        elif above and line.strip() and not line.lstrip().startswith("-----"):
            above[-1][1].details.append(line.strip())
    return roots


def _parents(above: list[tuple[int, Step]], column: int) -> list[tuple[int, Step]]:
    """Return the steps further to the left; at least the topmost, because not every client keeps the indentation."""
    return [(place, step) for place, step in above if place < column] or above[:1]


def _is_join(step: Step) -> bool:
    return step.distribution is not None or " Join" in step.operator or step.operator.startswith("Nested Loop")


def _scanned(step: Step) -> str | None:
    """Return the table that the step scans. A Subquery Scan names no table."""
    match = None if step.operator.startswith("Subquery") else _SCAN.search(step.operator)
    return _bare(match["table"]) if match else None


def _bare(name: str) -> str:
    return name.strip().rpartition(".")[2].strip('"')


def _columns(join: Step) -> tuple[tuple[str, str], ...]:
    conditions = [line for line in join.details if line.startswith(("Hash Cond:", "Merge Cond:", "Join Filter:"))]
    return tuple(
        (pair["outer"] or pair["outer_cast"], pair["inner"] or pair["inner_cast"])
        for line in conditions
        for pair in _EQUAL.finditer(line)
    )
