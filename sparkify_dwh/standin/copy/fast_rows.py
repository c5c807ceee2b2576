"""Rows of many plain JSON objects at once, many times as fast as by `RowReader`.

msgspec decodes a block of documents into structures with one typed field per column, and `fast_columns` formats the
values of each column together. A block that msgspec refuses under these types, or that has a value that its column may not
take, is refused as a whole; any other gives the same rows as `DocumentReader` and `RowReader` do:

- The block is objects, with white space or nothing between them. msgspec is as strict as Python's decoder, except for
  bytes that are not UTF-8 in what is not loaded, and those do not matter to RowReader either. A block with many brackets
  is refused, because how deep is too deep may differ.
- CHAR and VARCHAR: a string. One without NUL or surrogates that takes no more bytes than the column has is the value,
  unless an option changes text, or it is not ASCII where that matters (in a CHAR, and with ACCEPTINVCHARS); on all others
  the column's converter decides, as it does on empty strings.
- Integers and epochs: an integer within the range. A short string goes through the converter.
- DOUBLE PRECISION: a number, which msgspec rounds as Python does, except that it takes ``-0`` for 0: a block with a zero
  and a ``-0`` is refused. A short string goes through the converter.
- All other types: the source of the value, through Python's decoder and the converter.
- NOT NULL: the field has no default, and the converter refuses NULL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, repeat
from typing import Annotated, Any

import msgspec
from msgspec.structs import astuple

from sparkify_dwh.standin.copy.binary_rows import BinaryRows
from sparkify_dwh.standin.copy.columns import ColumnType
from sparkify_dwh.standin.copy.convert import INTEGERS
from sparkify_dwh.standin.copy.fast_columns import MOST_REMEMBERED, Blocks, Kind, column_format, kind_of
from sparkify_dwh.standin.copy.options import CopyOptions
from sparkify_dwh.standin.copy.results import Reject
from sparkify_dwh.standin.copy.row_reader import RowField, RowReader
from sparkify_dwh.standin.copy.times import epoch_range

# Documents with no more brackets than that beside their own cannot be nested deeper: Python's decoder and msgspec both
# go deeper, unless the stack is half full already.
_MOST_BRACKETS = 400

# msgspec cannot name a field otherwise.
_PLAIN_KEY = re.compile('[^"\\\\\0-\x1f\ud800-\udfff]+')

_ShortText = Annotated[str, msgspec.Meta(max_length=MOST_REMEMBERED)]
_NULL = msgspec.Raw(b"null")


class FastRows:
    """Makes rows of blocks of documents; see the module."""

    @classmethod
    def of(cls, reader: RowReader, rows: BinaryRows) -> FastRows | None:
        """The fast way from ``reader`` to ``rows``; None unless its paths are different keys of the root."""
        keys = {field.path.steps[0] for field in reader.fields if len(field.path.steps) == 1}
        plain = all(isinstance(key, str) and _PLAIN_KEY.fullmatch(key) for key in keys)
        if reader.ignore_case or not plain or len(keys) != len(reader.fields):
            return None
        return cls(reader.fields, reader.options, rows)

    def __init__(self, fields: list[RowField], options: CopyOptions, rows: BinaryRows) -> None:
        self._decode = msgspec.json.Decoder(_structure(fields, options)).decode_lines
        self._formats = [column_format(field, options) for field in fields]
        self._row_start, self._row_end = rows.row_start, rows.row_end

    def decoded(self, block: bytes) -> list[Any] | None:
        """The documents in ``block``, for `formatted`; None when it must be read otherwise."""
        try:
            documents = self._decode(block)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        brackets = occurrences(block, b"{") + occurrences(block, b"[")
        return documents if brackets - len(documents) <= _MOST_BRACKETS else None

    def formatted(self, documents: Sequence[Any], blocks: Sequence[bytes]) -> bytes | None:
        """The rows of documents that have been decoded from ``blocks``, in PostgreSQL's binary format.

        None when at least one of them must be read otherwise, or is no row.
        """
        known = Blocks(blocks)
        try:
            columns = zip(*map(astuple, documents), strict=True)
            fields = [format_(values, known) for format_, values in zip(self._formats, columns, strict=False)]
        except (ValueError, RecursionError, Reject):
            return None
        rows = zip(repeat(self._row_start, len(documents)), *fields, repeat(self._row_end), strict=False)
        return b"".join(chain.from_iterable(rows))


def occurrences(block: bytes, byte: bytes) -> int:
    """How often ``byte`` is in ``block``; where it is rare, in half the time that ``bytes.count`` takes."""
    return len(block.split(byte)) - 1


def _structure(fields: list[RowField], options: CopyOptions) -> type[msgspec.Struct]:
    """The structure that a document is decoded into: fields c0, c1, ... in the order of the columns."""
    members: list[Any] = []
    for index, field in enumerate(fields):
        kind = kind_of(field.column.column_type, options)
        if kind == "other":
            members.append((f"c{index}", msgspec.Raw, _NULL))
        elif field.column.not_null:
            members.append((f"c{index}", _json_type(field.column.column_type, kind, options)))
        else:
            members.append((f"c{index}", _json_type(field.column.column_type, kind, options) | None, None))
    keys = {f"c{index}": str(field.path.steps[0]) for index, field in enumerate(fields)}
    return msgspec.defstruct("Document", members, rename=keys, kw_only=True, gc=False)


def _json_type(column_type: ColumnType, kind: Kind, options: CopyOptions) -> Any:
    if kind == "text":
        return str
    if kind == "double":
        return float | _ShortText
    least, most = epoch_range(str(options.time_format)) if kind == "epoch" else INTEGERS[column_type.name][1:]
    return Annotated[int, msgspec.Meta(ge=least, le=most)] | _ShortText
