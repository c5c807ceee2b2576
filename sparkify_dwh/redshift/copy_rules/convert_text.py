"""Conversion of text to the value of a CHAR or VARCHAR column.

Lengths count bytes of UTF-8. Sources: Redshift guide, copy-parameters-data-conversion, multi-byte-character-load-errors
and r_Character_types.

Where the guide is silent: NUL (``\\u0000`` in JSON) is rejected like a character that is not UTF-8, and ACCEPTINVCHARS
replaces it, because PostgreSQL cannot store it; Redshift was seen to cut the text
(`sparkify_dwh.planning.nul_texts`). A lone surrogate (``\\ud800``) counts as the three bytes it would
take; next to bytes that are not UTF-8, one from U+DC80 to U+DCFF counts as one of those bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sparkify_dwh.redshift.copy_rules.columns import ColumnType
from sparkify_dwh.redshift.copy_rules.options import CopyOptions
from sparkify_dwh.redshift.copy_rules.rejects import Reject

_INVALID = re.compile("[\0\ud800-\udfff]")
# ACCEPTINVCHARS also replaces noncharacters: U+FDD0 to U+FDEF, and the last two code points of every plane.
_INVALID_OR_NO_CHARACTER = re.compile(
    "[\0\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
# Bytes that were not UTF-8 and the text after them, up to the length of one character.
_ESCAPED_BYTES = re.compile("[^\ud800-\udc7f\udd00-\udfff]{1,4}")
# Python's reasons, and the numbers in the guide's table of UTF-8 errors.
_ERROR_NUMBERS = {"unexpected end of data": 2, "invalid start byte": 3, "invalid continuation byte": 4}
_SURROGATE_ERROR = 5

# White space that makes a field blank, and that TRIMBLANKS trims.
BLANKS = " \t\n\v\f\r"


def text_converter(column_type: ColumnType, options: CopyOptions) -> Callable[[str], str | None]:
    """Return the function that converts text for a CHAR or VARCHAR column; None is NULL. It raises Reject."""
    is_varchar, length = column_type.name == "varchar", column_type.length
    replacement = options.accept_invalid_chars if is_varchar else None
    trims = options.trim_blanks and is_varchar

    def convert(text: str) -> str | None:
        if not text:
            return None if options.empty_as_null else text
        if options.blanks_as_null and not text.strip(BLANKS):
            return None
        if replacement is not None:
            text = _INVALID_OR_NO_CHARACTER.sub(lambda found: replacement * _bytes_of(found.group()), text)
        elif invalid := _INVALID.search(text):
            raise _invalid_utf8(text, invalid.start())
        if not is_varchar and not text.isascii():
            raise _multibyte(text)
        if trims:
            text = text.rstrip(BLANKS)
        if len(text) * 4 <= length or len(text.encode()) <= length:
            return text
        return _shortened(text, length, truncate=options.truncate_columns)

    return convert


def _shortened(text: str, length: int, *, truncate: bool) -> str:
    """Return as much of ``text`` as ``length`` bytes hold. Without TRUNCATECOLUMNS, only blanks may be lost."""
    kept = text.encode()[:length].decode("utf-8", "ignore")
    if truncate or not text[len(kept) :].strip(" "):
        return kept
    raise Reject(1204, "String length exceeds DDL length")


def _bytes_of(character: str) -> int:
    """Return the size of an invalid character in the file; a surrogate of Python's ``surrogateescape`` is one byte."""
    return 1 if "\udc80" <= character <= "\udcff" else len(character.encode("utf-8", "surrogatepass"))


def _invalid_utf8(text: str, at: int) -> Reject:
    sequence, number = _bad_sequence(text[at:])
    return Reject(
        1220,
        "String contains invalid or unsupported UTF8 codepoints. "
        f"Bad UTF8 hex sequence: {sequence.hex(' ')} (error {number})",
        len(text[:at].encode()),
    )


def _bad_sequence(text: str) -> tuple[bytes, int]:
    """Return the bytes of the invalid character at the start of ``text``, and its error number in the guide's table."""
    if not "\udc80" <= text[0] <= "\udcff":
        return text[0].encode("utf-8", "surrogatepass"), 3 if text[0] == "\0" else _SURROGATE_ERROR
    found = _ESCAPED_BYTES.match(text)
    data = found.group().encode("utf-8", "surrogateescape") if found else b""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return data[: error.end], _ERROR_NUMBERS.get(error.reason, _ERROR_NUMBERS["invalid start byte"])
    raise AssertionError("a surrogate for a byte does not decode")


def _multibyte(text: str) -> Reject:
    at = next(index for index, character in enumerate(text) if character > "\x7f")
    return Reject(
        1220,
        f"Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: {text[at].encode().hex(' ')}",
        at,
    )
