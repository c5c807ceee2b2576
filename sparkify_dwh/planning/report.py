"""What a load would do: files, warnings, validations and statements. For people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.filesize import decimal

from sparkify_dwh.errors import CopyError
from sparkify_dwh.redshift.limits import MAX_ERRORS
from sparkify_dwh.utils.printable import printable
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.loading.report import Input
    from sparkify_dwh.planning.validation_result import Validation

MAX_FILES_SHOWN = 5


@dataclass
class PlannedInput:
    """The files of one staging table, with warnings about them and their validation, if any.

    ``reloaded`` counts files that were loaded before and have not changed.
    """

    table: str
    input: Input
    warnings: list[str]
    reloaded: int = 0
    validation: Validation | None = None

    def to_dict(self) -> dict[str, Any]:
        changed = set(self.input.changed)
        files = [{"url": file.url, "bytes": file.size, "changed": file.url in changed} for file in self.input.files]
        return {
            "prefix": self.input.prefix,
            "count": len(files),
            "bytes": self.input.bytes,
            "new": len(files) - len(changed) - self.reloaded,
            "changed": len(changed),
            "again": self.reloaded,
            "known": self.input.known,
            "hidden": self.input.hidden,
            "not_chosen": self.input.not_chosen,
            "remarks": self.warnings,
            "trial": None if self.validation is None else self.validation.to_dict(),
            "files": files,
        }

    def lines(self) -> Iterator[str]:
        """Yield the input as text."""
        files, prefix = self.input.files, self.input.prefix
        reloaded = f", {self.reloaded:,} of them loaded before" if self.reloaded else ""
        yield (
            f"{self.table}: {numbered(len(files), 'file')} ({decimal(self.input.bytes)}) of {prefix} would be loaded"
            f"{reloaded}{self.input.counts()}"
        )
        for file in files[:MAX_FILES_SHOWN]:
            yield f"  {file.url.removeprefix(prefix).lstrip('/')} ({decimal(file.size)})"
        if len(files) > MAX_FILES_SHOWN:
            yield f"  and {len(files) - MAX_FILES_SHOWN:,} more"
        for warning in self.warnings:
            yield f"  warning: {warning}"
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
    def rejected(self) -> int:
        """The number of records and files that COPY would reject, among those that were validated."""
        return sum(planned.validation.problem_count for planned in self.inputs if planned.validation)

    @property
    def sql(self) -> str:
        """The statements as a script, with placeholders for values that are not known before the load."""
        script = [
            '-- LOAD_ID is the load\'s id; :first and :last are the results of the SELECT in the step "read batch".',
            "-- Statements with :first and :last are left out when these are NULL. The DELETEs after the SELECT of a",
            "-- repeated key are left out when it finds none, the second also when all records of a key are equal.",
        ]
        for step, statements in groupby(self.statements, key=lambda statement: statement.step):
            script += [f"\n-- {step}", *(f"{statement.sql};" for statement in statements)]
        return "\n".join(script)

    @property
    def error(self) -> CopyError | None:
        """What COPY would reject, and how to fix it; None when it would reject nothing."""
        if not self.rejected:
            return None
        validations = [planned.validation for planned in self.inputs if planned.validation]
        at_least = "at least " if any(validation.is_sample for validation in validations) else ""
        broken = sum(validation.broken_files for validation in validations)
        counts = {"whole file": broken, "record": self.rejected - broken}
        rejected = at_least + " and ".join(numbered(number, what) for what, number in counts.items() if number)
        message = f"A load would fail, because COPY would reject {rejected}."
        rows = max(validation.problem_count for validation in validations)
        lost = sum(validation.lost_files for validation in validations)
        too_long = any("DDL length" in problem.reason for validation in validations for problem in validation.problems)
        widen = "widen the columns that are too short with a migration, " if too_long else ""
        if broken or lost or rows > MAX_ERRORS:
            of_lost = (
                f": with --max-errors, nothing would be left of {at_least}{numbered(lost, 'file')}" if lost else ""
            )
            return CopyError(message, f"Correct the files that are named above, {widen}or move them away{of_lost}.")
        return CopyError(
            message,
            f"Correct the files that are named above, {widen}or leave out {at_least}as many rows of a table: "
            f"sparkify-dwh load --max-errors {rows}.",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the plan for JSON, with every file and every statement."""
        return {
            "refused": self.rejected,
            "inputs": {planned.table: planned.to_dict() for planned in self.inputs},
            "statements": [asdict(statement) for statement in self.statements],
        }

    def __str__(self) -> str:
        return "\n".join(printable(line) for planned in self.inputs for line in planned.lines())


def _validation_lines(validation: Validation) -> Iterator[str]:
    read = f"{numbered(validation.records, 'record')} in {numbered(validation.files, 'file')}"
    sample = f" of {validation.of_files:,}, spread evenly" if validation.is_sample else ""
    yield f"  validation: {read}{sample}: {_verdict(validation)}"
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
    if validation.unmapped_fields:
        yield f"  unmapped fields (ignored): {', '.join(validation.unmapped_fields)}"


def _verdict(validation: Validation) -> str:
    if validation.problem_count:
        return f"COPY would reject {validation.problem_count:,}"
    if validation.suspicious:
        return f"COPY would accept every record, but the checks may refuse {numbered(validation.suspicious, 'value')}"
    return "every record would load"
