"""The values of one column, formatted together: in PostgreSQL's binary COPY format, each with its length in front.

What is usual is formatted as it is; everything else goes through the column's converter, value by value.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, cached_property, lru_cache
from typing import Any, Literal

from sparkify_dwh.standin.copy.binary_rows import NULL, POSTGRES_TIME, field_formatter, formatted
from sparkify_dwh.standin.copy.columns import ColumnType
from sparkify_dwh.standin.copy.convert import INTEGERS, Field
from sparkify_dwh.standin.copy.json_documents import DECODER
from sparkify_dwh.standin.copy.options import CopyOptions
from sparkify_dwh.standin.copy.results import Reject
from sparkify_dwh.standin.copy.row_reader import RowField
from sparkify_dwh.standin.copy.times import EPOCH, EPOCH_UNITS

MOST_REMEMBERED = 64  # bytes or characters: what is longer is rarely repeated
_REMEMBERED_VALUES = 65_536

_find_nul = re.compile(rb"\\u0000").search
_find_unicode_escape = re.compile(rb"\\u").search
_find_minus_zero = re.compile(rb"-0[\s,}\]]").search

_MICROSECONDS = 1_000_000
_EPOCH_SHIFT = int((POSTGRES_TIME - EPOCH).total_seconds()) * _MICROSECONDS
_INTEGER_CODES = {"int2": "h", "int4": "i", "int8": "q"}

Kind = Literal["text", "integer", "double", "epoch", "other"]


class Blocks:
    """What the sources of some documents say of all the values in them."""

    def __init__(self, blocks: Sequence[bytes]) -> None:
        self._blocks = blocks

    @cached_property
    def are_without_nul(self) -> bool:
        return not any(map(_find_nul, self._blocks))

    @cached_property
    def are_ascii(self) -> bool:
        """Whether all strings are, too."""
        return all(block.isascii() and not _find_unicode_escape(block) for block in self._blocks)

    @cached_property
    def may_hold_minus_zero(self) -> bool:
        """Whether a ``-0`` stands where a number may."""
        return any(map(_find_minus_zero, self._blocks))


# Formats values, as msgspec decodes them by the type of their column. Raises Reject, or ValueError for what RowReader
# must look at.
Format = Callable[[Sequence[Any], Blocks], list[bytes]]


def kind_of(column_type: ColumnType, options: CopyOptions) -> Kind:
    """How values of this type are decoded."""
    if column_type.is_text:
        return "text"
    if column_type.name in INTEGERS:
        return "integer"
    if column_type.name == "float8":
        return "double"
    if column_type.name in ("timestamp", "timestamptz") and options.time_format in EPOCH_UNITS:
        return "epoch"
    return "other"


def column_format(field: RowField, options: CopyOptions) -> Format:
    """What formats the values of this column."""
    kind = kind_of(field.column.column_type, options)
    if kind == "text":
        return _text_format(field, options)
    if kind == "integer":
        return _integer_format(field)
    if kind == "double":
        return _double_format(field)
    if kind == "epoch":
        return _epoch_format(field, _MICROSECONDS // EPOCH_UNITS[str(options.time_format)])
    return _other_format(field)


def _text_format(field: RowField, options: CopyOptions) -> Format:
    """Of CHAR or VARCHAR. A string is usual when it fits, and no option and no character of it needs a look."""
    prefixes, convert = _length_prefixes(field.column.column_type.length), field.convert
    always_converts = options.blanks_as_null or options.trim_blanks
    needs_ascii = field.column.column_type.name == "char" or options.accept_invalid_chars is not None

    def format_one(text: Any) -> bytes:
        converted = None if text is None else convert(text)
        return NULL if converted is None else formatted(str(converted).encode())

    empty: dict[str | None, bytes] = {None: NULL}
    with suppress(Reject):  # when it is NULL, and the column does not take that
        empty[""] = format_one("")

    def format_texts(texts: Sequence[Any], blocks: Blocks) -> list[bytes]:
        if not always_converts and (blocks.are_ascii if needs_ascii else blocks.are_without_nul):
            try:
                return [prefixes[len(data := text.encode())] + data if text else empty[text] for text in texts]
            except (LookupError, ValueError):  # too long, empty, or a surrogate
                pass
        return list(map(format_one, texts))

    return format_texts


@cache
def _length_prefixes(most: int) -> tuple[bytes, ...]:
    """The lengths from 0 to ``most`` as they stand before values."""
    return tuple(map(struct.Struct(">i").pack, range(most + 1)))


def _integer_format(field: RowField) -> Format:
    code = _INTEGER_CODES[field.column.column_type.name]
    pack, size, format_one = struct.Struct(f">i{code}").pack, struct.calcsize(f">{code}"), _remembering_format(field)
    return lambda values, _: [pack(size, value) if value.__class__ is int else format_one(value) for value in values]


def _double_format(field: RowField) -> Format:
    pack, format_one = struct.Struct(">id").pack, _remembering_format(field)

    def format_doubles(values: Sequence[Any], blocks: Blocks) -> list[bytes]:
        if 0.0 in values and blocks.may_hold_minus_zero:
            raise ValueError("for RowReader to tell 0 from -0")
        return [pack(8, value) if value.__class__ is float else format_one(value) for value in values]

    return format_doubles


def _epoch_format(field: RowField, unit: int) -> Format:
    """Of timestamps that are written as epochs, which count ``unit`` microseconds."""
    pack, format_one = struct.Struct(">iq").pack, _remembering_format(field)
    return lambda values, _: [
        pack(8, value * unit - _EPOCH_SHIFT) if value.__class__ is int else format_one(value) for value in values
    ]


def _other_format(field: RowField) -> Format:
    """Of the JSON source of values."""
    format_field = _field_format(field)

    @lru_cache(_REMEMBERED_VALUES)
    def format_source(source: bytes) -> bytes:
        value = DECODER.decode(source.decode())
        if len(source) > MOST_REMEMBERED or isinstance(value, dict | list):
            raise ValueError("for RowReader to convert")
        return format_field(value)

    return lambda sources, _: [format_source(bytes(source)) for source in sources]


def _remembering_format(field: RowField) -> Callable[[str | None], bytes]:
    """What formats NULL and short strings by the column's converter, remembering what came before."""
    return lru_cache(_REMEMBERED_VALUES)(_field_format(field))


def _field_format(field: RowField) -> Callable[[Field], bytes]:
    convert, format_value = field.convert, field_formatter(field.column.column_type)
    return lambda value: format_value(convert(value))
