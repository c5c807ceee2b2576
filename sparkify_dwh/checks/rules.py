"""What dwh.cfg says about the checks: [CHECKS], a severity by the check's name, and [ALLOWED_VALUES], values by column.

    [CHECKS]
    invoices have a total = error
    invoices.state is an allowed value = warning, error above 1%

    [ALLOWED_VALUES]
    invoices.state = open, paid, overdue

The same in Python:

    rules = CheckRules.of(
        severities={"invoices have a total": "error", "invoices.state is an allowed value": "warning, error above 1%"},
        allowed_values={"invoices.state": ["open", "paid", "overdue"]},
    )
    load(replace(Settings.read(), checks=rules))

A module without SQLAlchemy: settings import it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sparkify_dwh.checks.severity import SeverityRule
from sparkify_dwh.config.fields import ALLOWED_VALUES, CHECKS, Field
from sparkify_dwh.config.names import key_of, unknown_names
from sparkify_dwh.config.reading import Reading
from sparkify_dwh.config.values import Given, invalid
from sparkify_dwh.errors import ConfigurationError

RULES_HINT = "To accept such rows, set [CHECKS] or [ALLOWED_VALUES] in dwh.cfg."
SEVERITY_HELP = (
    "`error`, `warning` or `off`, or a warning with a limit: `warning, error above 1%`, `warning, error above 100 rows`; "
    "else as the check declares"
)


@dataclass(frozen=True, slots=True)
class CheckRules:
    """What differs from the declarations: severities by check, allowed values by ``table.column``."""

    severities: Mapping[str, SeverityRule] = field(default_factory=dict, hash=False)
    allowed_values: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)

    @classmethod
    def of(
        cls, *, severities: Mapping[str, str] | None = None, allowed_values: Mapping[str, Sequence[str]] | None = None
    ) -> CheckRules:
        """Return the rules that these texts state. Raises ConfigurationError for a severity that is none."""
        parsed = {}
        for name, text in (severities or {}).items():
            try:
                parsed[name] = SeverityRule.parse(text)
            except ValueError as error:
                raise invalid(f"The severity of {name!r}", str(error), repr(text)) from None
        return cls(parsed, {name: tuple(values) for name, values in (allowed_values or {}).items()})

    @classmethod
    def configured(cls, reading: Reading) -> CheckRules:
        """Return the rules of a configuration."""
        return cls(dict(_given(reading, CHECKS)), dict(_given(reading, ALLOWED_VALUES)))

    def __bool__(self) -> bool:
        return bool(self.severities or self.allowed_values)

    def severity(self, name: str, declared: SeverityRule) -> SeverityRule:
        """Return the severity of a check."""
        return self.severities.get(name, declared)

    def values(self, table: str, column: str, declared: Sequence[str]) -> Sequence[str]:
        """Return the allowed values of a column."""
        return self.allowed_values.get(f"{table}.{column}", declared)

    def require_known(self, checks: Iterable[str], columns: Iterable[str]) -> None:
        """Raise ConfigurationError unless all names are among those of a warehouse's checks and columns."""
        error = unknown_names(self.severities, checks, CHECKS) or unknown_names(
            self.allowed_values, columns, ALLOWED_VALUES
        )
        if error:
            raise error


DECLARED_RULES = CheckRules()


def _given(reading: Reading, section: str) -> Iterator[tuple[str, Any]]:
    """Yield the names with a value in a section, as the commands print them; other keys of it are left out."""
    for name, setting in reading.fields.items():
        if name[0] == section and setting.label and name in reading.values:
            yield setting.label, reading.values[name]


def rule_fields(checks: Iterable[str], columns: Mapping[str, Sequence[str]]) -> list[Field]:
    """Return the settings of a warehouse's checks, and of its columns with their declared values."""
    return [
        *(Field(CHECKS, key_of(name), severity, SEVERITY_HELP, label=name, group="name of a check") for name in checks),
        *(
            Field(ALLOWED_VALUES, key_of(name), allowed_values, _values_help(declared), label=name)
            for name, declared in columns.items()
        ),
    ]


def _values_help(declared: Sequence[str]) -> str:
    return f"all allowed values, with commas between them; else {', '.join(f'`{value}`' for value in declared)}"


def severity(given: Given) -> SeverityRule:
    """Read the severity of a check."""
    try:
        return SeverityRule.parse(given.text)
    except ValueError as error:
        raise invalid(given.place, str(error), repr(given.text)) from None


def allowed_values(given: Given) -> tuple[str, ...]:
    """Read values with commas between them."""
    values = tuple(value.strip() for value in given.text.split(","))
    if not all(values):
        raise ConfigurationError(f"{given.place} has an empty value", "remove it: NULL is always allowed")
    return values
