"""What a load would do: files, warnings, validations and statements. For people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.filesize import decimal

from sparkify_dwh.redshift.limits import MAX_ERRORS
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.loading.report import Input
    from sparkify_dwh.planning.validation import Validation

MAX_FILES_SHOWN = 5


@dataclass
class PlannedInput:
    """The files of one staging table, with the warnings about them (``remarks``) and their validation, if any.

    ``again`` of the files were loaded before and have not changed.
    """

    table: str
    found: Input
    remarks: list[str]
    again: int = 0
    validation: Validation | None = None

    def to_dict(self) -> dict[str, Any]:
        changed = set(self.found.changed)
        files = [{"url": file.url, "bytes": file.size, "changed": file.url in changed} for file in self.found.files]
        return {
            "prefix": self.found.prefix,
            "count": len(files),
            "bytes": self.found.bytes,
            "new": len(files) - len(changed) - self.again,
            "changed": len(changed),
            "again": self.again,
            "known": self.found.known,
            "hidden": self.found.hidden,
            "not_chosen": self.found.not_chosen,
            "remarks": self.remarks,
            "trial": None if self.validation is None else self.validation.to_dict(),
            "files": files,
        }

    def lines(self) -> Iterator[str]:
        """Yield the input as text."""
        found = self.found
        again = f", {self.again:,} of them loaded before" if self.again else ""
        yield (
            f"{self.table}: {numbered(len(found.files), 'file')} ({decimal(found.bytes)}) of {found.prefix} would be loaded"
            f"{again}{found.remarks()}"
        )
        for file in found.files[:MAX_FILES_SHOWN]:
            yield f"  {file.url.removeprefix(found.prefix).lstrip('/')} ({decimal(file.size)})"
        if len(found.files) > MAX_FILES_SHOWN:
            yield f"  and {len(found.files) - MAX_FILES_SHOWN:,} more"
        for remark in self.remarks:
            yield f"  remark: {remark}"
        if self.validation is not None:
            yield from _validation_lines(self.validation)


@dataclass(frozen=True)
class PlannedStatement:
    """A statement that a load would send, and the load's step that it belongs to."""

    step: str
    sql: str


@dataclass
class Plan:
    """What a load would do: the files of every staging table, and the statements in order."""

    inputs: list[PlannedInput]
    statements: list[PlannedStatement]

    @property
    def refused(self) -> int:
        """The number of records and files that COPY would reject, among those that were validated."""
        return sum(planned.validation.problem_count for planned in self.inputs if planned.validation)

    @property
    def sql(self) -> str:
        """The statements as a script, with placeholders for values that are not known before the load."""
        script = [
            "-- LOAD_ID stands for the load's id; :first and :last for what the SELECT of the same step has found,",
            "-- and a step whose SELECT finds nothing leaves out the statements that have them.",
        ]
        for step, statements in groupby(self.statements, key=lambda statement: statement.step):
            script += [f"\n-- {step}", *(f"{statement.sql};" for statement in statements)]
        return "\n".join(script)

    @property
    def advice(self) -> str | None:
        """How to fix what COPY would reject, in a sentence; None when it would reject nothing."""
        validations = [planned.validation for planned in self.inputs if planned.validation]
        if not self.refused:
            return None
        at_least = "at least " if any(validation.is_sample for validation in validations) else ""
        broken = sum(validation.broken_files for validation in validations)
        counts = {"whole file": broken, "record": self.refused - broken}
        refused = at_least + " and ".join(numbered(number, what) for what, number in counts.items() if number)
        what = f"A load would fail, for COPY would refuse {refused}: correct the files that are named above"
        rows = max(validation.problem_count for validation in validations)
        if broken or rows > MAX_ERRORS:
            return f"{what}, or move them away."
        too_long = any("DDL length" in problem.reason for validation in validations for problem in validation.problems)
        widen = ", widen the columns that are too short with a migration" if too_long else ""
        return f"{what}{widen}, or leave out {at_least}as many rows of a table: sparkify-dwh load --max-errors {rows}."

    def to_dict(self) -> dict[str, Any]:
        """Return the plan for JSON, with every file and every statement."""
        return {
            "refused": self.refused,
            "inputs": {planned.table: planned.to_dict() for planned in self.inputs},
            "statements": [asdict(statement) for statement in self.statements],
        }

    def __str__(self) -> str:
        return "\n".join(line for planned in self.inputs for line in planned.lines())


def _validation_lines(validation: Validation) -> Iterator[str]:
    read = f"{numbered(validation.records, 'record')} in {numbered(validation.files, 'file')}"
    sample = f" of {validation.of_files:,}, spread evenly" if validation.is_sample else ""
    verdict = (
        f"COPY would reject {validation.problem_count:,}" if validation.problem_count else "every record would load"
    )
    yield f"  validation: {read}{sample}: {verdict}"
    for problem in validation.problems:
        yield f"    {problem}"
    if validation.problem_count > len(validation.problems):
        yield f"    and {validation.problem_count - len(validation.problems):,} more"
    for warning in validation.warnings:
        yield f"  warning: {warning}"
    for value in validation.long_values:
        yield f"  nearly full: {value}"
    if validation.unread:
        yield f"  not read, because they are ZSTD: {numbered(validation.unread, 'file')}"
    if validation.other_keys:
        yield f"  unmapped fields (ignored): {', '.join(validation.other_keys)}"
