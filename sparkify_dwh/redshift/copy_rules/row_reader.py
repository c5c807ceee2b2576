"""Conversion of a JSON document to a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparkify_dwh.redshift.copy_rules.columns import TargetColumn
from sparkify_dwh.redshift.copy_rules.convert import Converter, Value, converter
from sparkify_dwh.redshift.copy_rules.json_documents import Document, Malformed
from sparkify_dwh.redshift.copy_rules.json_paths import JsonPath, column_paths
from sparkify_dwh.redshift.copy_rules.options import CopyOptions
from sparkify_dwh.redshift.copy_rules.rejects import INVALID_LINE, LoadReject, Reject, shown
from sparkify_dwh.redshift.copy_rules.statement import CopyStatement


@dataclass(frozen=True)
class RowField:
    """A column, the path to its value in a document, and its converter."""

    column: TargetColumn
    path: JsonPath
    convert: Converter


class RejectedRowError(Exception):
    """A rejected document, with the first column that rejects its value."""

    def __init__(self, column: TargetColumn, raw_value: str, reject: Reject) -> None:
        super().__init__(reject.reason)
        self.column = column
        self.raw_value = raw_value
        self.reject = reject

    def at(self, url: str, document: Document) -> LoadReject:
        """Return the reject as it is reported."""
        return LoadReject(
            url=url,
            line=document.line,
            column=self.column.name,
            column_type=self.column.column_type.name,
            column_length=self.column.column_type.shown_length,
            position=self.reject.position,
            raw_line=shown(document.text),
            raw_value=shown(self.raw_value),
            code=self.reject.code,
            reason=self.reject.reason,
        )


def malformed_at(url: str, malformed: Malformed) -> LoadReject:
    """Return the reject for malformed text."""
    return LoadReject(url, malformed.line, "", "", "", 0, shown(malformed.text), "", INVALID_LINE, malformed.reason)


class RowReader:
    """Converts documents to rows. This is the definition: every faster way must give the same rows and rejects."""

    def __init__(self, fields: Sequence[RowField], options: CopyOptions, *, ignore_case: bool = False) -> None:
        self.fields = list(fields)
        self.options = options
        self.ignore_case = ignore_case

    def row(self, document: Document) -> list[Value]:
        """Return the values of the columns, in their order. Raise RejectedRowError."""
        spelling = _spelling(document) if self.ignore_case else {}
        row: list[Value] = []
        for field in self.fields:
            path = JsonPath((spelling.get(field.column.name, field.column.name),)) if self.ignore_case else field.path
            value: bool | str | None = None
            try:
                value = path.find(document)
                row.append(field.convert(value))
            except Reject as reject:
                raw_value = value if isinstance(value, str) else "" if value is None else str(value).lower()
                raise RejectedRowError(field.column, raw_value, reject) from None
        return row


def _spelling(document: Document) -> dict[str, str]:
    """Return the keys of a document by their lower case; the last of several spellings."""
    return {key.lower(): key for key in document.value} if isinstance(document.value, dict) else {}


def row_reader(statement: CopyStatement, columns: Sequence[TargetColumn], json_paths: bytes | None) -> RowReader:
    """Return the reader of this statement's rows. ``json_paths`` is the content of its JSONPaths file, if it names one.

    Raise RedshiftError for a JSONPaths file that cannot be used.
    """
    paths = None if json_paths is None else column_paths(json_paths, statement.json, len(columns))
    if paths is None:
        paths = [JsonPath((column.name,)) for column in columns]
    fields = [
        RowField(column, path, converter(column, statement.options))
        for column, path in zip(columns, paths, strict=True)
    ]
    return RowReader(fields, statement.options, ignore_case=statement.json == "auto ignorecase")
