"""The result of validating the input files of a staging table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sparkify_dwh.redshift.copy_rules.rejects import storable
from sparkify_dwh.utils.printable import printable

MAX_PROBLEMS = 20
MAX_VALUE_CHARACTERS = 60


@dataclass(frozen=True)
class Problem:
    """A record, or a file, that COPY would reject.

    ``line`` is the record's last, from 1, or 0 when it is the file as a whole; ``column`` is empty when it is the record as
    a whole. ``value`` is shortened.
    """

    file: str
    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        if self.column:
            place += f", column {self.column}"
        return printable(f"{place}: {f'{self.value!r}: ' if self.value else ''}{self.reason}")


@dataclass(frozen=True)
class LongValue:
    """The longest text of a column that is nearly full, or too small: ``bytes`` of it, and the column's ``limit``."""

    column: str
    bytes: int
    limit: int
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file} line {self.line}, column {self.column}: {self.bytes:,} bytes of {self.limit:,}"


@dataclass
class Validation:
    """The validation of a table's files: ``files`` of ``of_files`` were read, with ``records`` valid and invalid records.

    ``problem_count`` records and files would be rejected; ``broken_files`` of them are whole files, which no MAXERROR
    skips. Of ``lost_files`` every record would be rejected. ``problems`` are the first of them. COPY accepts ``suspicious``
    values, which the checks of a load may refuse. ``unread`` counts files in a compression that cannot be read here.
    ``warnings`` are about what COPY accepts but is probably wrong; ``long_values`` and ``unmapped_fields`` are information.
    """

    files: int = 0
    of_files: int = 0
    is_sample: bool = False
    records: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    broken_files: int = 0
    lost_files: int = 0
    suspicious: int = 0
    unread: int = 0
    warnings: list[str] = field(default_factory=list)
    long_values: list[LongValue] = field(default_factory=list)
    unmapped_fields: list[str] = field(default_factory=list)

    def add_problem(self, file: str, line: int, column: str, value: str, reason: str) -> None:
        """Count a problem, and keep it if it is one of the first."""
        self.problem_count += 1
        self.broken_files += line == 0
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(file, line, column, shown(value), printable(reason)))

    def to_dict(self) -> dict[str, Any]:
        """Return the validation for JSON."""
        values = asdict(self)
        values["other_keys"] = values.pop("unmapped_fields")
        return values


def shown(value: str) -> str:
    """Return a value for a message: shortened, with NUL and bytes that are not UTF-8 as the errors of a load show them."""
    clean = storable(value[: MAX_VALUE_CHARACTERS + 1])
    return clean if len(clean) <= MAX_VALUE_CHARACTERS else f"{clean[:MAX_VALUE_CHARACTERS]}..."
