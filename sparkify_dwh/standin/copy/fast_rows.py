"""Rows of lines that hold one plain JSON object each, several times as fast as by `RowReader`.

msgspec decodes a line into a structure with one typed field per column. A line that it accepts under these types, and
that passes the checks here, gives the same row as `DocumentReader` and `RowReader` do; any other is refused, and theirs:

- The line is one object and nothing else. msgspec is as strict as Python's decoder, except for bytes that are not UTF-8
  in what is not loaded, and those do not matter to RowReader either. A line with many brackets is refused, because how
  deep is too deep may differ.
- CHAR and VARCHAR: a string of at most as many characters as the column has bytes. On a line of ASCII without ``\\u`` it
  has as many bytes as characters, and no character that needs a look; on any other line, or if an option changes text,
  the column's converter decides, as it does for empty strings with EMPTYASNULL.
- Integers and epochs: an integer within the range. A short string goes through the converter.
- DOUBLE PRECISION: a number, which msgspec rounds as Python does but for the sign of a zero, so a line with a zero and a
  minus is refused. A short string goes through the converter.
- All other types: the source of the value, through Python's decoder and the converter.
- NOT NULL: the field has no default, and the converter refuses NULL.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import astuple

from sparkify_dwh.standin.copy.binary_rows import ENCODERS, POSTGRES_TIME
from sparkify_dwh.standin.copy.columns import ColumnType
from sparkify_dwh.standin.copy.convert import INTEGERS, Converter, Field
from sparkify_dwh.standin.copy.json_documents import DECODER
from sparkify_dwh.standin.copy.options import CopyOptions
from sparkify_dwh.standin.copy.results import Reject
from sparkify_dwh.standin.copy.row_reader import RowField, RowReader
from sparkify_dwh.standin.copy.times import EPOCH, EPOCH_UNITS, epoch_range

# A line this short cannot be nested more than 400 times, and one with no more brackets than that neither: Python's
# decoder and msgspec both go deeper, unless the stack is half full already.
_SHALLOW_BYTES = 800
_MOST_BRACKETS = 400
_MOST_CACHED = 64  # bytes or characters: what is longer is rarely repeated
_CACHE_SIZE = 65_536

_MINUS = ord("-")
_find_unicode_escape = re.compile(rb"\\u").search
# msgspec cannot name a field otherwise.
_PLAIN_KEY = re.compile('[^"\\\\\0-\x1f\ud800-\udfff]+')

_MICROSECONDS = 1_000_000
_EPOCH_SHIFT = int((POSTGRES_TIME - EPOCH).total_seconds()) * _MICROSECONDS

_ShortText = Annotated[str, msgspec.Meta(max_length=_MOST_CACHED)]
_NULL = msgspec.Raw(b"null")

Kind = Literal["text", "integer", "double", "epoch", "other"]


class FastRows:
    """Makes rows of lines; see the module. Dates and times come as `BinaryRows.add_encoded` takes them."""

    @classmethod
    def of(cls, reader: RowReader) -> FastRows | None:
        """The fast way to the rows of ``reader``; None unless its paths are different keys of the root."""
        keys = {field.path.steps[0] for field in reader.fields if len(field.path.steps) == 1}
        plain = all(isinstance(key, str) and _PLAIN_KEY.fullmatch(key) for key in keys)
        if reader.ignore_case or not plain or len(keys) != len(reader.fields):
            return None
        return cls(reader.fields, reader.options)

    def __init__(self, fields: list[RowField], options: CopyOptions) -> None:
        self._decode = msgspec.json.Decoder(_structure(fields, options)).decode
        self._always_converts_text = options.blanks_as_null or options.trim_blanks
        self._empty_is_null = options.empty_as_null
        self._texts: list[tuple[int, Converter]] = []
        self._numbers: list[tuple[int, Converter]] = []
        self._doubles: list[int] = []
        self._epochs: list[tuple[int, Callable[[Field], Any]]] = []
        self._others: list[tuple[int, Callable[[msgspec.Raw], Any]]] = []
        self._epoch_unit = _MICROSECONDS // EPOCH_UNITS.get(options.time_format or "", 1)
        for index, field in enumerate(fields):
            self._sort_in(index, field, _kind(field.column.column_type, options))

    def row(self, line: bytes) -> list[Any] | None:
        """The row that ``line`` is; None when `DocumentReader` and `RowReader` must say what it is."""
        unit = self._epoch_unit
        try:
            row: list[Any] = list(astuple(self._decode(line)))
            if len(line) > _SHALLOW_BYTES and _is_deep(line):
                return None
            if self._empty_is_null and "" in row:
                self._convert_empty_text(row)
            if self._always_converts_text or not line.isascii() or _find_unicode_escape(line):
                self._convert_text(row)
            for index, convert in self._numbers:
                if row[index].__class__ is str:
                    row[index] = convert(row[index])
            for index in self._doubles:
                if row[index] == 0.0 and _MINUS in line:
                    return None
            for index, convert_epoch in self._epochs:
                value = row[index]
                row[index] = value * unit - _EPOCH_SHIFT if value.__class__ is int else convert_epoch(value)
            for index, convert_source in self._others:
                row[index] = convert_source(row[index])
        except (msgspec.MsgspecError, ValueError, RecursionError, Reject):
            return None
        return row

    def _convert_empty_text(self, row: list[Any]) -> None:
        for index, convert in self._texts:
            if row[index] == "":
                row[index] = convert("")

    def _convert_text(self, row: list[Any]) -> None:
        for index, convert in self._texts:
            text = row[index]
            if text is not None and (self._always_converts_text or not text.isascii() or "\0" in text):
                row[index] = convert(text)

    def _sort_in(self, index: int, field: RowField, kind: Kind) -> None:
        """Note what is left to do for a column when its line has been decoded."""
        if kind == "text":
            self._texts.append((index, field.convert))
        elif kind in ("integer", "double"):
            self._numbers.append((index, _encoded(field)))
            self._doubles += [index] if kind == "double" else []
        elif kind == "epoch":
            self._epochs.append((index, _encoded(field)))
        else:
            self._others.append((index, _from_source(_encoded(field))))


def _kind(column_type: ColumnType, options: CopyOptions) -> Kind:
    if column_type.is_text:
        return "text"
    if column_type.name in INTEGERS:
        return "integer"
    if column_type.name == "float8":
        return "double"
    if column_type.name in ("timestamp", "timestamptz") and options.time_format in EPOCH_UNITS:
        return "epoch"
    return "other"


def _structure(fields: list[RowField], options: CopyOptions) -> type[msgspec.Struct]:
    """The structure that a line is decoded into: fields c0, c1, ... in the order of the columns."""
    members: list[Any] = []
    for index, field in enumerate(fields):
        kind = _kind(field.column.column_type, options)
        if kind == "other":
            members.append((f"c{index}", msgspec.Raw, _NULL))
        elif field.column.not_null:
            members.append((f"c{index}", _json_type(field.column.column_type, kind, options)))
        else:
            members.append((f"c{index}", _json_type(field.column.column_type, kind, options) | None, None))
    keys = {f"c{index}": str(field.path.steps[0]) for index, field in enumerate(fields)}
    return msgspec.defstruct("Line", members, rename=keys, kw_only=True, gc=False)


def _json_type(column_type: ColumnType, kind: Kind, options: CopyOptions) -> Any:
    if kind == "text":
        return Annotated[str, msgspec.Meta(max_length=column_type.length)]
    if kind == "double":
        return float | _ShortText
    least, most = epoch_range(str(options.time_format)) if kind == "epoch" else INTEGERS[column_type.name][1:]
    return Annotated[int, msgspec.Meta(ge=least, le=most)] | _ShortText


def _is_deep(line: bytes) -> bool:
    """Whether values may be nested so deep that decoders differ."""
    return line.count(b"[") + line.count(b"{") > _MOST_BRACKETS


def _encoded(field: RowField) -> Callable[[Field], Any]:
    """The converter of a column with what `BinaryRows` does to its values, remembering what came before."""
    encode, convert = ENCODERS.get(field.column.column_type.name), field.convert

    def convert_and_encode(value: Field) -> Any:
        converted = convert(value)
        return converted if encode is None or converted is None else encode(converted)

    return lru_cache(_CACHE_SIZE)(convert_and_encode)


def _from_source(convert: Callable[[Field], Any]) -> Callable[[msgspec.Raw], Any]:
    """A conversion from the JSON source of a value; ValueError for one that is long or nested."""

    def convert_source(source: msgspec.Raw) -> Any:
        text = bytes(source).decode()
        value = DECODER.decode(text)
        if len(text) > _MOST_CACHED or isinstance(value, dict | list):
            raise ValueError("for RowReader to convert")
        return convert(value)

    return convert_source
