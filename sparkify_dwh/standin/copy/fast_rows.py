"""Conversion of many plain JSON objects to rows at once, many times as fast as `RowReader`.

msgspec decodes a block of documents into structures with one typed field per column, and `fast_columns` formats the
values of each column together. A block that msgspec refuses under these types, or with a value that its column may
reject, is refused as a whole; any other gives the same rows as `DocumentReader` and `RowReader`:

- The block is objects, with white space or nothing between them. msgspec is as strict as Python's decoder, except for
  bytes that are not UTF-8 in what is not loaded, and those do not matter to RowReader either. A block with many brackets
  is refused, because how deep is too deep may differ.
- CHAR and VARCHAR: a string. One without NUL or surrogates that takes no more bytes than the column has is the value,
  unless an option changes text, or it is not ASCII where that matters (in a CHAR, and with ACCEPTINVCHARS); on all others
  the column's converter decides, as it does on empty strings.
- Integers and epochs: an integer within the range. A short string goes through the converter.
- DOUBLE PRECISION: a number, which msgspec rounds as Python does, except that it takes ``-0`` for 0: a block with a zero
  and a ``-0`` is refused. A short string goes through the converter.
- All other types, and columns that often have a value of another kind than their type's: the source of the value, through
  Python's decoder and the converter.
- NOT NULL: the field has no default, and the converter refuses NULL.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec.structs import astuple

from sparkify_dwh.redshift.copy_rules.columns import ColumnType, TargetColumn
from sparkify_dwh.redshift.copy_rules.convert import INTEGERS
from sparkify_dwh.redshift.copy_rules.options import CopyOptions
from sparkify_dwh.redshift.copy_rules.rejects import Reject
from sparkify_dwh.redshift.copy_rules.row_reader import RowReader
from sparkify_dwh.redshift.copy_rules.times import epoch_range
from sparkify_dwh.standin.copy.binary_rows import BinaryRows
from sparkify_dwh.standin.copy.fast_columns import MAX_REMEMBERED_LENGTH, Kind, Source, column_format, kind_of

# More nested brackets than this in a block might exceed the depth that Python's decoder or msgspec supports.
_MAX_BRACKETS = 400

# msgspec cannot name a field otherwise.
_PLAIN_KEY = re.compile('[^"\\\\\0-\x1f\ud800-\udfff]+')

_ShortText = Annotated[str, msgspec.Meta(max_length=MAX_REMEMBERED_LENGTH)]
_NULL = msgspec.Raw(b"null")
# A column that caused this many refusals is read otherwise; and the number of documents examined for that.
MAX_REFUSALS = 16
_MAX_LESSONS = 1_024

Decode = Callable[[bytes], list[Any]]
_UNDECODABLE = (msgspec.MsgspecError, ValueError, RecursionError)


class Rows(NamedTuple):
    """Rows in PostgreSQL's binary format, and their number."""

    data: bytes
    number: int


class FastRows:
    """Converts blocks of documents to rows; see the module."""

    @classmethod
    def of(cls, reader: RowReader, rows: BinaryRows) -> FastRows | None:
        """Return the fast way from ``reader`` to ``rows``; None unless its paths are distinct keys of the root."""
        columns, paths = [field.column for field in reader.fields], [field.path for field in reader.fields]
        keys = {path.steps[0] for path in paths if len(path.steps) == 1}
        plain = all(isinstance(key, str) and _PLAIN_KEY.fullmatch(key) for key in keys)
        if reader.ignore_case or not plain or len(keys) != len(paths):
            return None
        return cls(columns, [str(path.steps[0]) for path in paths], reader.options, rows)

    def __init__(self, columns: list[TargetColumn], keys: list[str], options: CopyOptions, rows: BinaryRows) -> None:
        self._row_start = rows.row_start
        self._row_ends = [repeat(rows.row_end)] if rows.row_end else []
        self._columns, self._keys, self._options = columns, keys, options
        self._kinds = [kind_of(column.column_type, options) for column in columns]
        self._refusals: Counter[int] = Counter()  # by column
        self._lessons = 0
        self._prepare()

    def rows(self, block: bytes) -> Rows | None:
        """Return the rows of all documents in ``block``; None when it must be read otherwise."""
        documents = self._decoded(block)
        return None if documents is None else self._formatted(documents, Source(block))

    def _decoded(self, block: bytes) -> list[Any] | None:
        if self._decode_flat is not None:
            with suppress(*_UNDECODABLE):
                return self._decode_flat(block)
        with suppress(*_UNDECODABLE):
            documents = self._decode(block)
            if block.count(b"{") + block.count(b"[") - len(documents) <= _MAX_BRACKETS:
                return documents
        return None

    def _formatted(self, documents: Sequence[Any], source: Source) -> Rows | None:
        try:
            columns = zip(*map(astuple, documents), strict=True)
            fields = [format_(values, source) for format_, values in zip(self._formats, columns, strict=False)]
            rows = zip(repeat(self._row_start, len(documents)), *fields, *self._row_ends, strict=False)
            return Rows(b"".join(chain.from_iterable(rows)), len(documents))
        except (ValueError, RecursionError, Reject):
            return None

    def learn(self, document: bytes) -> None:
        """Count the columns for which a document was refused, and read those that often cause it by their JSON source."""
        if self._lessons >= _MAX_LESSONS or not _takes(self._decoder([]), document):
            return
        self._lessons += 1
        refused = [
            index for index, kind in enumerate(self._kinds) if kind != "other" and self._refuses(index, document)
        ]
        self._refusals.update(refused)
        often = [index for index in refused if self._refusals[index] >= MAX_REFUSALS]
        for index in often:
            self._kinds[index] = "other"
        if often:
            self._prepare()

    def _refuses(self, index: int, document: bytes) -> bool:
        """Return whether the value of a column must be read otherwise, even if the column accepts it."""
        try:
            values = [value for row in self._decoder([index])(document) for value in astuple(row)]
            list(self._formats[index](values, Source(document)))
        except Reject:
            return False
        except _UNDECODABLE:
            return True
        return False

    def _prepare(self) -> None:
        """Create the decoders and formatters for the current kinds of the columns."""
        indexes = range(len(self._columns))
        self._decode = self._decoder(indexes)
        # Documents with loaded keys only, none of them an object or array, are not nested.
        self._decode_flat = None if "other" in self._kinds else self._decoder(indexes, forbid_unknown_fields=True)
        self._formats = [
            column_format(column, self._options, kind) for column, kind in zip(self._columns, self._kinds, strict=True)
        ]

    def _decoder(self, indexes: Iterable[int], *, forbid_unknown_fields: bool = False) -> Decode:
        """Return the decoder of blocks into structures with a field for each of these columns, in their order."""
        structure = msgspec.defstruct(
            "Document",
            [_member(f"c{index}", self._columns[index], self._kinds[index], self._options) for index in indexes],
            rename={f"c{index}": self._keys[index] for index in indexes},
            kw_only=True,
            gc=False,
            forbid_unknown_fields=forbid_unknown_fields,
        )
        return msgspec.json.Decoder(structure).decode_lines


def _takes(decode: Decode, document: bytes) -> bool:
    try:
        decode(document)
    except _UNDECODABLE:
        return False
    return True


def _member(name: str, column: TargetColumn, kind: Kind, options: CopyOptions) -> tuple[Any, ...]:
    """Return the field of a column, which is optional if it may be NULL."""
    if kind == "other":
        return name, msgspec.Raw, _NULL
    type_ = _json_type(column.column_type, kind, options)
    return (name, type_) if column.not_null else (name, type_ | None, None)


def _json_type(column_type: ColumnType, kind: Kind, options: CopyOptions) -> Any:
    if kind == "text":
        return str
    if kind == "double":
        return float | _ShortText
    least, most = epoch_range(str(options.time_format)) if kind == "epoch" else INTEGERS[column_type.name][1:]
    return Annotated[int, msgspec.Meta(ge=least, le=most)] | _ShortText
