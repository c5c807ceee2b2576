"""The options of a COPY, and the parsers of their arguments.

Options that Redshift has and the stand-in does not are listed too, so that the error names them.
Redshift guide, r_COPY and its pages copy-parameters-*
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sparkify_dwh.redshift.copy_rules.times import check_format
from sparkify_dwh.redshift.errors import NotSupportedError, RedshiftError
from sparkify_dwh.redshift.parsing.clauses import read_flag, read_string
from sparkify_dwh.redshift.parsing.token_cursor import TokenCursor


@dataclass(frozen=True)
class CopyOptions:
    """The options of a COPY, each with Redshift's default.

    ``compression`` is gzip, bzip2, zstd or None. ``time_format`` is None for the default of the column's type, else
    ``auto``, ``epochsecs``, ``epochmillisecs`` or a format. ``accept_invalid_chars`` is the replacement character.
    ``comp_update``, ``stat_update`` and ``comp_rows`` are checked and change nothing: the stand-in compresses nothing,
    and PostgreSQL gathers statistics by itself. ``region`` is that of the files.
    """

    compression: str | None = None
    manifest: bool = False
    region: str | None = None
    max_error: int = 0
    no_load: bool = False
    explicit_ids: bool = False
    date_format: str = "YYYY-MM-DD"
    time_format: str | None = None
    accept_any_date: bool = False
    accept_invalid_chars: str | None = None
    empty_as_null: bool = False
    blanks_as_null: bool = False
    trim_blanks: bool = False
    truncate_columns: bool = False
    round_decimals: bool = False
    comp_update: str | None = None
    stat_update: str | None = None
    comp_rows: int | None = None


# Redshift refuses these with JSON. Redshift guide, copy-parameters-data-format, "JSON data file"
NOT_WITH_JSON = frozenset({
    "delimiter", "escape", "fillrecord", "fixedwidth", "ignoreblanklines", "null", "quote", "readratio", "removequotes",
})  # fmt: skip
# Options of Redshift that are not supported.
UNSUPPORTED = frozenset({
    "avro", "csv", "encrypted", "ignoreallerrors", "ignoreheader", "job", "lzop", "master_symmetric_key", "orc",
    "rcfile", "sequencefile", "shapefile", "simplify", "ssh",
})  # fmt: skip
# The options that Redshift accepts with Parquet, without ACCEPTINVCHARS and FILLRECORD, which are not supported.
# REGION is not among them (https://github.com/apache/iggy/pull/3654).
# Redshift guide, copy-usage_notes-copy-from-columnar
WITH_PARQUET = frozenset({
    "format", "manifest", "explicit_ids", "statupdate", "iam_role", "credentials", "access_key_id", "secret_access_key",
    "session_token",
})  # fmt: skip

_ON_OFF = {"on": "on", "true": "on", "off": "off", "false": "off"}


def option_name(word: str) -> str:
    """Return the option's name in errors; GZIP, BZIP2 and ZSTD are one option."""
    return {"gzip": "compression", "bzip2": "compression", "zstd": "compression", "null": "NULL AS"}.get(
        word, word.upper()
    )


def refused_option(word: str, data_format: str | None) -> RedshiftError | None:
    """Return the error for an option that Redshift has and that is not supported here; None for any other word.

    ``data_format`` is json, parquet, or None when the statement has not named it before the option.
    """
    if word in NOT_WITH_JSON and data_format == "json":
        return RedshiftError("0A000", f"COPY option {option_name(word)} is not supported with JSON")
    if word in NOT_WITH_JSON - {"fillrecord"} and data_format == "parquet":
        return _not_with_parquet(option_name(word))
    if word in NOT_WITH_JSON | UNSUPPORTED:
        return NotSupportedError(f"COPY option {option_name(word)}")
    return None


def check_parquet_options(names: set[str]) -> None:
    """Raise RedshiftError for an option that COPY of Parquet does not accept; ``names`` are those of `option_name`."""
    for name in sorted(name for name in names if name.lower() not in WITH_PARQUET):
        raise _not_with_parquet(name)


def _not_with_parquet(name: str) -> RedshiftError:
    # The text: https://github.com/apache/iggy/pull/3654
    return RedshiftError("0A000", f"{name} argument is not supported for PARQUET based COPY")


def _named(value: str) -> Callable[[TokenCursor], str]:
    return lambda _: value


def _date_format(tokens: TokenCursor) -> str:
    return check_format("DATEFORMAT", read_string(tokens), "auto")


def _time_format(tokens: TokenCursor) -> str:
    return check_format("TIMEFORMAT", read_string(tokens), "auto", "epochsecs", "epochmillisecs")


def _replacement_character(tokens: TokenCursor) -> str:
    tokens.accept_word("as")
    given = tokens.accept_string()
    character = "?" if given is None else given
    if len(character) != 1 or not "\0" < character <= "\x7f":
        raise RedshiftError("22023", "ACCEPTINVCHARS takes one ASCII character other than NUL")
    return character


def _max_error(tokens: TokenCursor) -> int:
    tokens.accept_word("as")
    return tokens.integer("MAXERROR", 0, 100_000)


def _comp_rows(tokens: TokenCursor) -> int:
    return tokens.integer("COMPROWS", 1_000, 2**31 - 1)


def _stat_update(tokens: TokenCursor) -> str:
    return _ON_OFF[tokens.accept_word(*_ON_OFF) or "on"]


def _comp_update(tokens: TokenCursor) -> str:
    return tokens.accept_word("preset") or _stat_update(tokens)


# By the option's first word: the field that it sets, and the parser of its argument.
OPTIONS: dict[str, tuple[str, Callable[[TokenCursor], object]]] = {
    "acceptanydate": ("accept_any_date", read_flag),
    "acceptinvchars": ("accept_invalid_chars", _replacement_character),
    "blanksasnull": ("blanks_as_null", read_flag),
    "bzip2": ("compression", _named("bzip2")),
    "comprows": ("comp_rows", _comp_rows),
    "compupdate": ("comp_update", _comp_update),
    "dateformat": ("date_format", _date_format),
    "emptyasnull": ("empty_as_null", read_flag),
    "explicit_ids": ("explicit_ids", read_flag),
    "gzip": ("compression", _named("gzip")),
    "manifest": ("manifest", read_flag),
    "maxerror": ("max_error", _max_error),
    "noload": ("no_load", read_flag),
    "region": ("region", read_string),
    "roundec": ("round_decimals", read_flag),
    "statupdate": ("stat_update", _stat_update),
    "timeformat": ("time_format", _time_format),
    "trimblanks": ("trim_blanks", read_flag),
    "truncatecolumns": ("truncate_columns", read_flag),
    "zstd": ("compression", _named("zstd")),
}


def check_encoding(tokens: TokenCursor) -> None:
    """Read the argument of ENCODING. Raise unless it is UTF8, the default."""
    tokens.accept_word("as")
    token = tokens.take()
    if token.value.lower() not in ("utf8", "utf-8"):
        raise NotSupportedError(f"COPY option ENCODING {token.value.upper()}")
