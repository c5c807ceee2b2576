"""The options of UNLOAD: how each is parsed, and which exclude each other. Redshift guide, r_UNLOAD

Options of Redshift that the stand-in does not implement are listed too, so that the error can name them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.redshift.parsing.clauses import read_flag, read_string
from sparkify_dwh.redshift.parsing.token_cursor import TokenCursor

MEGABYTE = 1024 * 1024
_UNITS = {"mb": MEGABYTE, "gb": 1024 * MEGABYTE}
MIN_FILE_BYTES = 5 * MEGABYTE
MAX_FILE_BYTES = int(6.2 * 1024) * MEGABYTE
PARQUET_STEP_BYTES = 32 * MEGABYTE  # MAXFILESIZE of Parquet is rounded down to a multiple of this
ROW_GROUP_BYTES = (32 * MEGABYTE, 128 * MEGABYTE)


@dataclass(frozen=True)
class UnloadOptions:
    """The options of an UNLOAD, each with Redshift's default.

    ``format`` is parquet, csv or json. ``partition_by`` names columns of the query; ``include`` keeps them in the files.
    ``manifest`` is None, ``"plain"`` or ``"verbose"``. ``max_file_bytes`` and ``row_group_bytes`` are in bytes.
    """

    format: str
    partition_by: tuple[str, ...] = ()
    include: bool = False
    manifest: str | None = None
    header: bool = False
    delimiter: str = ","
    gzip: bool = False
    allow_overwrite: bool = False
    clean_path: bool = False
    parallel: bool = True
    max_file_bytes: int = MAX_FILE_BYTES
    row_group_bytes: int = ROW_GROUP_BYTES[0]
    region: str | None = None


_TEXT_FORM = frozenset({"ADDQUOTES", "DELIMITER", "ESCAPE", "FIXEDWIDTH", "HEADER", "NULL"})
# The options that Redshift refuses with each format.
EXCLUDED = {
    "parquet": _TEXT_FORM | {"GZIP", "BZIP2", "ZSTD"},
    "json": _TEXT_FORM | {"ROWGROUPSIZE"},
    "csv": frozenset({"ADDQUOTES", "ESCAPE", "FIXEDWIDTH", "ROWGROUPSIZE"}),
}
# Options of Redshift that the stand-in does not implement.
UNSUPPORTED = frozenset({
    "addquotes", "bzip2", "encrypted", "escape", "extension", "fixedwidth", "kms_key_id", "master_symmetric_key", "null",
    "zstd",
})  # fmt: skip


def check_together(options: UnloadOptions, given: set[str]) -> None:
    """Raise for options that Redshift does not accept together; ``given`` are their names in capitals."""
    for name in sorted(given & EXCLUDED[options.format]):
        raise excluded_option(name, options.format)
    if options.allow_overwrite and options.clean_path:
        raise RedshiftError("42601", "UNLOAD accepts ALLOWOVERWRITE or CLEANPATH but not both: leave one out")


def excluded_option(name: str, data_format: str) -> RedshiftError:
    """Return the error for an option that Redshift refuses with a format."""
    return RedshiftError("0A000", f"{name} is not supported for UNLOAD to {data_format.upper()}")


def _manifest(tokens: TokenCursor) -> str:
    return tokens.accept_word("verbose") or "plain"


def _parallel(tokens: TokenCursor) -> bool:
    return (tokens.accept_word("on", "true", "off", "false") or "on") in ("on", "true")


def _delimiter(tokens: TokenCursor) -> str:
    """Read one character that cannot be part of a number, a word or a quoted field."""
    character = read_string(tokens)
    if len(character) != 1 or not character.isascii() or character.isalnum() or character in '"\r\n\0':
        raise RedshiftError(
            "22023", "DELIMITER must be one ASCII character other than a letter, digit, quote or line end"
        )
    return character


def _size(tokens: TokenCursor, option: str, min_bytes: int, max_bytes: int) -> int:
    """Read a size in MB (the default) or GB. Raise 22023, which names the option, when it is out of range."""
    tokens.accept_word("as")
    token = tokens.peek()
    if token is None or token.kind != "number":
        raise tokens.syntax_error()
    number = float(tokens.take().text)
    unit = tokens.accept_word("mb", "gb") or "mb"
    if not min_bytes <= number * _UNITS[unit] <= max_bytes:
        limits = f"{min_bytes // MEGABYTE} MB and {max_bytes // MEGABYTE} MB"
        raise RedshiftError("22023", f"{option} must be between {limits}, not {token.text} {unit.upper()}")
    return int(number * _UNITS[unit])


def _max_file_bytes(tokens: TokenCursor) -> int:
    # 6.2 GB is not a whole number of megabytes.
    return min(_size(tokens, "MAXFILESIZE", MIN_FILE_BYTES, MAX_FILE_BYTES + MEGABYTE), MAX_FILE_BYTES)


def _row_group_bytes(tokens: TokenCursor) -> int:
    return _size(tokens, "ROWGROUPSIZE", *ROW_GROUP_BYTES)


# By the option's first word: the field that it sets, and the parser of its argument.
OPTIONS: dict[str, tuple[str, Callable[[TokenCursor], object]]] = {
    "allowoverwrite": ("allow_overwrite", read_flag),
    "cleanpath": ("clean_path", read_flag),
    "delimiter": ("delimiter", _delimiter),
    "gzip": ("gzip", read_flag),
    "header": ("header", read_flag),
    "manifest": ("manifest", _manifest),
    "maxfilesize": ("max_file_bytes", _max_file_bytes),
    "parallel": ("parallel", _parallel),
    "region": ("region", read_string),
    "rowgroupsize": ("row_group_bytes", _row_group_bytes),
}
