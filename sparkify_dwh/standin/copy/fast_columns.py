"""The values of one column, formatted together: in PostgreSQL's binary COPY format, each with its length in front.

Common values are formatted directly; all others go through the column's converter, one by one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache, cached_property
from typing import Any, Literal

from sparkify_dwh.redshift.copy_rules.columns import ColumnType, TargetColumn
from sparkify_dwh.redshift.copy_rules.convert import INTEGERS, Field, converter
from sparkify_dwh.redshift.copy_rules.json_documents import DECODER
from sparkify_dwh.redshift.copy_rules.json_paths import without_line_breaks
from sparkify_dwh.redshift.copy_rules.options import CopyOptions
from sparkify_dwh.redshift.copy_rules.rejects import Reject
from sparkify_dwh.redshift.copy_rules.times import EPOCH, EPOCH_UNITS
from sparkify_dwh.standin.copy.binary_rows import NULL, POSTGRES_TIME, field_formatter, formatted

MAX_REMEMBERED_LENGTH = 256  # bytes or characters: longer values are rarely repeated
_MAX_REMEMBERED_VALUES = 65_536
MAX_DISTINCT_VALUES = 1_024  # distinct values of a column above which formatting is faster than a lookup

_find_minus_zero = re.compile(rb"-0[\s,}\]]").search

_MICROSECONDS = 1_000_000
_EPOCH_SHIFT = int((POSTGRES_TIME - EPOCH).total_seconds()) * _MICROSECONDS
_INTEGER_CODES = {"int2": "h", "int4": "i", "int8": "q"}

Kind = Literal["text", "integer", "double", "epoch", "other"]


class Source:
    """The source of a block of documents, for questions about all of its values."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def may_hold_minus_zero(self) -> bool:
        """Whether there is a ``-0`` in the place of a number."""
        return _find_minus_zero(self._data) is not None


# Formats values that msgspec decoded by the type of their column. It, or its iterable, raises Reject, or ValueError for
# values that need RowReader.
Format = Callable[[Sequence[Any], Source], Iterable[bytes]]


def kind_of(column_type: ColumnType, options: CopyOptions) -> Kind:
    """Return how values of this type are decoded."""
    if column_type.is_text:
        return "text"
    if column_type.name in INTEGERS:
        return "integer"
    if column_type.name == "float8":
        return "double"
    if column_type.name in ("timestamp", "timestamptz") and options.time_format in EPOCH_UNITS:
        return "epoch"
    return "other"


def column_format(column: TargetColumn, options: CopyOptions, kind: Kind) -> Format:
    """Return the formatter of this column's values, decoded as ``kind``."""
    formats = {"text": _text_format, "integer": _integer_format, "double": _double_format, "epoch": _epoch_format}
    return formats.get(kind, _other_format)(column, options)


def _text_format(column: TargetColumn, options: CopyOptions) -> Format:
    """Return the formatter of CHAR or VARCHAR. Strings that fit and that no option changes are formatted directly."""
    prefixes, convert = _length_prefixes(column.column_type.length), converter(column, options)
    always_converts = options.blanks_as_null or options.trim_blanks
    needs_ascii = column.column_type.name == "char" or options.accept_invalid_chars is not None

    def format_one(text: Any) -> bytes:
        converted = None if text is None else convert(text)
        return NULL if converted is None else formatted(str(converted).encode())

    empty: dict[str | None, bytes] = {None: NULL}
    with suppress(Reject):  # when it is NULL, and the column does not take that
        empty[""] = format_one("")

    def format_texts(texts: Sequence[Any], _: Source) -> Iterable[bytes]:
        everything = "".join(filter(None, texts))
        if not always_converts and "\0" not in everything and (everything.isascii() or not needs_ascii):
            try:
                return [prefixes[len(data := text.encode())] + data if text else empty[text] for text in texts]
            except (LookupError, ValueError):  # too long, empty, or a surrogate
                pass
        return map(format_one, texts)

    return _while_few_differ(format_one, format_texts)


@cache
def _length_prefixes(max_length: int) -> tuple[bytes, ...]:
    """Return the prefixes of values from 0 to ``max_length`` bytes."""
    return tuple(map(struct.Struct(">i").pack, range(max_length + 1)))


def _integer_format(column: TargetColumn, options: CopyOptions) -> Format:
    code, others = _INTEGER_CODES[column.column_type.name], _Remembered(_field_format(column, options))
    pack, size = struct.Struct(f">i{code}").pack, struct.calcsize(f">{code}")

    def format_one(value: Any) -> bytes:
        return pack(size, value) if value.__class__ is int else others[value]

    def format_integers(values: Sequence[Any], _: Source) -> Iterable[bytes]:
        return [pack(size, value) if value.__class__ is int else others[value] for value in values]

    return _while_few_differ(format_one, format_integers)


def _double_format(column: TargetColumn, options: CopyOptions) -> Format:
    pack, others = struct.Struct(">id").pack, _Remembered(_field_format(column, options))

    def format_doubles(values: Sequence[Any], source: Source) -> Iterable[bytes]:
        if 0.0 in values and source.may_hold_minus_zero:
            raise ValueError("for RowReader to tell 0 from -0")
        return [pack(8, value) if value.__class__ is float else others[value] for value in values]

    return format_doubles


def _epoch_format(column: TargetColumn, options: CopyOptions) -> Format:
    """Return the formatter of timestamps that are epochs."""
    unit = _MICROSECONDS // EPOCH_UNITS[str(options.time_format)]
    pack, others = struct.Struct(">iq").pack, _Remembered(_field_format(column, options))
    return lambda values, _: [
        pack(8, value * unit - _EPOCH_SHIFT) if value.__class__ is int else others[value] for value in values
    ]


def _other_format(column: TargetColumn, options: CopyOptions) -> Format:
    """Return the formatter of values given as JSON source."""
    format_field = _field_format(column, options)

    def format_source(source: bytes) -> bytes:
        text = source.decode()
        value = DECODER.decode(text)
        return format_field(without_line_breaks(text) if isinstance(value, dict | list) else value)

    remembered = _Remembered(format_source)
    return lambda sources, _: [remembered[bytes(source)] for source in sources]


def _while_few_differ(format_one: Callable[[Any], bytes], format_many: Format) -> Format:
    """Return a formatter that looks values up in a cache, until many are distinct."""
    remembered = _Remembered(format_one)

    def format_values(values: Sequence[Any], source: Source) -> Iterable[bytes]:
        if remembered.misses < MAX_DISTINCT_VALUES:
            return list(map(remembered.__getitem__, values))
        return format_many(values, source)

    return format_values


class _Remembered(dict[Any, bytes]):
    """A cache of formatted values, limited to short ones and in number."""

    def __init__(self, format_value: Callable[[Any], bytes]) -> None:
        super().__init__()
        self._format = format_value
        self.misses = 0

    def __missing__(self, value: Any) -> bytes:
        data = self._format(value)
        self.misses += 1
        if len(self) >= _MAX_REMEMBERED_VALUES:
            self.clear()
        if len(data) <= MAX_REMEMBERED_LENGTH and (
            value.__class__ is int or value is None or len(value) <= MAX_REMEMBERED_LENGTH
        ):
            self[value] = data
        return data


def _field_format(column: TargetColumn, options: CopyOptions) -> Callable[[Field], bytes]:
    convert, format_value = converter(column, options), field_formatter(column.column_type)
    return lambda value: format_value(convert(value))
