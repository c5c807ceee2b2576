"""From a JSON document to a row: which value each column takes, and its conversion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparkify_dwh.standin.copy.columns import TargetColumn
from sparkify_dwh.standin.copy.convert import Converter, Value, converter
from sparkify_dwh.standin.copy.json_documents import Document, Malformed
from sparkify_dwh.standin.copy.json_paths import JsonPath, parse_jsonpaths
from sparkify_dwh.standin.copy.options import CopyOptions
from sparkify_dwh.standin.copy.results import INVALID_LINE, LoadReject, Reject, shown
from sparkify_dwh.standin.copy.statement import CopyStatement
from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.transfer.store import Store, read_object


@dataclass(frozen=True)
class RowField:
    """A column, where in a document its value is, and what converts it."""

    column: TargetColumn
    path: JsonPath
    convert: Converter


class RejectedRowError(Exception):
    """A document that makes no row: the first column, in the order of the columns, that does not take its value."""

    def __init__(self, column: TargetColumn, raw_value: str, reject: Reject) -> None:
        super().__init__(reject.reason)
        self.column = column
        self.raw_value = raw_value
        self.reject = reject

    def at(self, url: str, document: Document) -> LoadReject:
        """The reject as it is reported."""
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
    """The reject for what is no document."""
    return LoadReject(url, malformed.line, "", "", "", 0, shown(malformed.text), "", INVALID_LINE, malformed.reason)


class RowReader:
    """Makes rows of documents. This is the definition: whatever is faster must give the same rows and rejects."""

    def __init__(self, fields: Sequence[RowField], options: CopyOptions, *, ignore_case: bool = False) -> None:
        self.fields = list(fields)
        self.options = options
        self.ignore_case = ignore_case

    def row(self, document: Document) -> list[Value]:
        """The values of the columns, in their order; raises RejectedRowError."""
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
    """By key in lower case how the document spells it; of several spellings, the one that comes last."""
    return {key.lower(): key for key in document.value} if isinstance(document.value, dict) else {}


def row_reader(statement: CopyStatement, columns: Sequence[TargetColumn], store: Store) -> RowReader:
    """What makes rows for this statement; reads its JSONPaths file. Raises RedshiftError."""
    paths = _paths(statement, columns, store)
    fields = [
        RowField(column, path, converter(column, statement.options))
        for column, path in zip(columns, paths, strict=True)
    ]
    return RowReader(fields, statement.options, ignore_case=statement.json == "auto ignorecase")


def _paths(statement: CopyStatement, columns: Sequence[TargetColumn], store: Store) -> list[JsonPath]:
    by_name = [JsonPath((column.name,)) for column in columns]
    if statement.json in ("auto", "auto ignorecase"):
        return by_name
    paths = parse_jsonpaths(read_object(statement.json, store), statement.json)
    if paths is None:
        return by_name
    if len(paths) != len(columns):
        # The text: https://github.com/awslabs/aws-lambda-redshift-loader/issues/32
        raise RedshiftError(
            "XX000",
            "Number of jsonpaths and the number of columns should match. "
            f"JSONPath size: {len(paths)}, Number of columns in table or column list: {len(columns)}",
        )
    return paths
