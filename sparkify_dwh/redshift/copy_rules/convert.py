"""Conversion of a field of a JSON document to the value of a column, by Redshift's rules for COPY.

COPY converts text: numbers as they are written, booleans as ``true`` and ``false``, objects and arrays as their source.
Sources: Redshift guide, copy-parameters-data-conversion, copy-usage_notes-copy-from-json and r_Load_Error_Reference.

Where the guide is silent:

- A number keeps its digits up to NUMERIC; Redshift may lose some, as its JSON numbers pass through floating point.
- The JSON number ``1540919166796.0`` is an integer, and so is ``1.5e3``: public loads of Sparkify's logs copy such a
  registration into BIGINT. The strings ``"1540919166796.0"`` and ``" 12"`` and the number ``1.5`` are rejected (1207, as
  in CSV): nothing is truncated or trimmed.
- EMPTYASNULL and BLANKSASNULL apply to a value before TRIMBLANKS does.
- NULL for a NOT NULL column with a DEFAULT is rejected; Redshift may use the default.
- NaN and Infinity are rejected.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

from sparkify_dwh.redshift.copy_rules.columns import ColumnType, TargetColumn
from sparkify_dwh.redshift.copy_rules.convert_text import BLANKS, text_converter
from sparkify_dwh.redshift.copy_rules.json_documents import Number
from sparkify_dwh.redshift.copy_rules.options import CopyOptions
from sparkify_dwh.redshift.copy_rules.rejects import Reject
from sparkify_dwh.redshift.copy_rules.times import date_converter, timestamp_converter

Field = None | bool | str
Value = None | bool | int | float | Decimal | str | date | datetime
Converter = Callable[[Field], Value]

# By type: its name in Redshift's errors, and its range.
INTEGERS = {
    "int2": ("Short", -(2**15), 2**15 - 1),
    "int4": ("Integer", -(2**31), 2**31 - 1),
    "int8": ("Long", -(2**63), 2**63 - 1),
}
_MAX_DIGITS = 20  # more than any of them has
_TRUE = frozenset({"t", "true", "y", "yes", "1"})
_FALSE = frozenset({"f", "false", "n", "no", "0"})

_INTEGER = re.compile(r"([+-]?)0*([0-9]+)")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# The valid beginning of a number, after which the first wrong character follows.
_INTEGER_PREFIX = re.compile(r"[+-]?[0-9]*")
_DECIMAL_PREFIX = re.compile(r"[+-]?[0-9]*(?:\.[0-9]*)?(?:(?<=[0-9.])[eE](?=[+-]?[0-9])[+-]?[0-9]*)?")


def converter(column: TargetColumn, options: CopyOptions) -> Converter:
    """Return the function that converts fields for this column; it raises Reject for fields that the column rejects.

    Values are int, float, Decimal, bool, str, date, and datetime (in UTC, without a zone, for TIMESTAMP and
    TIMESTAMPTZ). An empty or blank field is NULL for every type except CHAR and VARCHAR.
    """
    column_type = column.column_type
    convert = text_converter(column_type, options) if column_type.is_text else _scalar_converter(column_type, options)
    not_null = column.not_null

    def convert_field(field: Field) -> Value:
        text = field if field is None or isinstance(field, str) else "true" if field else "false"
        value = None if text is None else convert(text)
        if value is None and not_null:
            raise Reject(1213, "Missing data for not-null field")
        return value

    return convert_field


def _scalar_converter(column_type: ColumnType, options: CopyOptions) -> Callable[[str], Value]:
    convert = _unless_any_date(_typed_converter(column_type, options), column_type, options)
    return lambda text: convert(text) if text.strip(BLANKS) else None


def _typed_converter(column_type: ColumnType, options: CopyOptions) -> Callable[[str], Value]:
    name = column_type.name
    if name in INTEGERS:
        return _integer_converter(name)
    if name == "numeric":
        return _numeric_converter(column_type, ROUND_HALF_UP if options.round_decimals else ROUND_DOWN)
    if name == "date":
        return date_converter(options.date_format)
    if name in ("timestamp", "timestamptz"):
        return timestamp_converter(options.time_format, with_zone=name == "timestamptz")
    return {"float8": _double, "float4": _real, "bool": _boolean}[name]


def _unless_any_date(
    convert: Callable[[str], Value], column_type: ColumnType, options: CopyOptions
) -> Callable[[str], Value]:
    """Return a converter that, with ACCEPTANYDATE, makes an invalid date or time NULL."""
    if not options.accept_any_date or column_type.name not in ("date", "timestamp", "timestamptz"):
        return convert

    def convert_or_null(text: str) -> Value:
        try:
            return convert(text)
        except Reject:
            return None

    return convert_or_null


def _integer_converter(name: str) -> Callable[[str], int]:
    shown, least, most = INTEGERS[name]

    def convert(text: str) -> int:
        match = _INTEGER.fullmatch(_without_fraction(text) if isinstance(text, Number) else text)
        if match is None:
            raise _invalid_digit(text, _INTEGER_PREFIX, shown)
        sign, digits = match.groups()
        # Python refuses to read integers of thousands of digits.
        number = int(sign + digits[:_MAX_DIGITS])
        if not least <= number <= most:
            # The wording: https://github.com/snowplow/snowplow/issues/664
            raise Reject(1204, f"Overflow ({shown} valid range {least} to {most})")
        return number

    return convert


def _without_fraction(number: Number) -> str:
    """Return a number without a fraction of zero and without exponent; any other number unchanged."""
    if number.lstrip("-").isdigit():
        return number
    try:
        value = Decimal(number)
        if value.adjusted() >= _MAX_DIGITS:
            return "9" * _MAX_DIGITS  # out of range; the exponent may be huge
        return str(int(value)) if value == value.to_integral_value() else number
    except InvalidOperation:  # an exponent of twenty digits
        return number


def _numeric_converter(column_type: ColumnType, rounding: str) -> Callable[[str], Decimal]:
    precision, scale = column_type.length, column_type.scale
    unit = Decimal(1).scaleb(-scale)
    context = Context(prec=precision + 2, rounding=rounding)

    # Code and wording: https://github.com/practo/tipoca-stream/pull/279
    overflow = f"Overflow for NUMERIC({precision},{scale})"

    def checked(number: Decimal) -> Decimal:
        if number and number.adjusted() >= precision - scale:
            raise Reject(1207, overflow)
        return number

    def convert(text: str) -> Decimal:
        if not _DECIMAL.fullmatch(text):
            raise _invalid_digit(text, _DECIMAL_PREFIX, "Decimal")
        try:
            rounded = checked(checked(Decimal(text)).quantize(unit, context=context))
        except InvalidOperation:  # an exponent of twenty digits
            raise Reject(1207, overflow) from None
        return rounded or abs(rounded)  # NUMERIC has no negative zero

    return convert


def _double(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise _invalid_digit(text, _DECIMAL_PREFIX, "Double", 1208)
    number = float(text)
    if abs(number) == float("inf"):
        raise Reject(1204, "Overflow for DOUBLE PRECISION")
    return number


def _real(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise _invalid_digit(text, _DECIMAL_PREFIX, "Float", 1208)
    number = float(struct.unpack("f", struct.pack("f", float(text)))[0])
    if abs(number) == float("inf"):
        raise Reject(1204, "Overflow for REAL")
    return number


def _boolean(text: str) -> bool:
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Reject(1210, "Invalid boolean format or value")


def _invalid_digit(text: str, beginning: re.Pattern[str], shown: str, code: int = 1207) -> Reject:
    """Return the error for the first wrong character of ``text``."""
    match = beginning.match(text)
    position = min(match.end() if match else 0, len(text) - 1)
    return Reject(code, f"Invalid digit, Value '{text[position]}', Pos {position}, Type: {shown}", position)
