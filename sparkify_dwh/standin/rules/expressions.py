"""Redshift's expressions in PostgreSQL's words: functions that take bare date parts, and those with a grammar of their own.

Pure: text in, text out, token by token. Strings, identifiers in quotes and comments stay as they are, and a text with no
word of ``TRIGGERS`` in it comes back as it is. What PostgreSQL's grammar can read is a function in ``functions.sql`` or
``dates.sql`` and needs no rule here.

Limits: LISTAGG takes no DISTINCT together with OVER, MEDIAN no OVER, and MEDIAN of exact numbers is a double; an
argument that is a parameter is taken for a date part where one is expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sparkify_dwh.standin.language.reader import literal, quoted
from sparkify_dwh.standin.language.tokens import Token, tokenize, words_in
from sparkify_dwh.standin.rules.select_items import is_unnamed_item

CATALOG = "redshift_catalog"


class Edit(NamedTuple):
    """``text`` takes the place of ``sql[start:end]``."""

    start: int
    end: int
    text: str


# Words that stand alone.
WORDS = {"sysdate": f"{CATALOG}.sysdate()"}

_TEMPORARY_NAME = re.compile(r"#[^\W\d]")


def postgres_expressions(sql: str) -> str:
    """``sql`` with every expression that only Redshift reads written as PostgreSQL reads it.

    Raises RedshiftError 42601 for a string, identifier or comment without an end, when a trigger word stands in ``sql``.
    """
    words = words_in(sql)
    triggered = not words.isdisjoint(TRIGGERS) or ("#" in words and _TEMPORARY_NAME.search(sql) is not None)
    return edited(sql, _edits(sql)) if triggered else sql


def _edits(sql: str) -> list[Edit]:
    edits, covered = list[Edit](), 0
    tokens = tokenize(sql)
    for place, token in enumerate(tokens):
        if token.kind != "word" or token.start < covered:
            continue
        new = _edits_at(sql, tokens, place)
        if new:
            edits += new
            covered = new[0].end
    return edits


def _edits_at(sql: str, tokens: list[Token], place: int) -> list[Edit]:
    """What becomes of the word at ``place``, and of the call that it begins."""
    token = tokens[place]
    if token.value.startswith("#"):  # the name of a temporary table. Redshift guide, r_CREATE_TABLE_NEW
        return [Edit(token.start, token.end, quoted(token.value))]
    is_call = place + 1 < len(tokens) and tokens[place + 1].is_symbol("(")
    known = token.value in (CALLS if is_call else WORDS)
    start = _start_of_name(tokens, place) if known else None
    if start is None:
        return []
    if not is_call:
        return [Edit(start, token.end, WORDS[token.value])]
    return CALLS[token.value](sql, tokens, place, start)


def _start_of_name(tokens: Sequence[Token], place: int) -> int | None:
    """Where the name at ``place`` begins, with the schema pg_catalog; None for a column, or for another schema's name."""
    if place < 2 or not tokens[place - 1].is_symbol("."):
        return tokens[place].start
    schema = tokens[place - 2]
    return schema.start if schema.value == "pg_catalog" else None


def edited(sql: str, edits: list[Edit]) -> str:
    """``sql`` with ``edits`` in it; one that lies in what another has written anew is left out."""
    pieces, position = list[str](), 0
    for edit in sorted(edits):
        if edit.start < position:
            continue
        pieces += [sql[position : edit.start], edit.text]
        position = edit.end
    return "".join(pieces) + sql[position:]


# ------------------------------------------------------------------ the calls


Rule = Callable[[str, list[Token], int, int], list[Edit]]


def _renamed(name: str) -> Rule:
    def rule(_sql: str, tokens: list[Token], place: int, start: int) -> list[Edit]:
        return [Edit(start, tokens[place].end, name)]

    return rule


def _with_date_part(name: str) -> Rule:
    """A function whose first argument is a date part, as a bare word or a string. Redshift guide, r_DATEADD_function"""

    def rule(_sql: str, tokens: list[Token], place: int, start: int) -> list[Edit]:
        part, comma = _at(tokens, place + 2), _at(tokens, place + 3)
        edits = [Edit(start, tokens[place].end, f"{CATALOG}.{name}")]
        if part is not None and part.kind == "word" and comma is not None and comma.is_symbol(","):
            edits.append(Edit(part.start, part.end, literal(part.value)))
        return edits

    return rule


def _extract(_sql: str, tokens: list[Token], place: int, start: int) -> list[Edit]:
    """EXTRACT(part FROM x), whose column Redshift names date_part. Redshift guide, r_EXTRACT_function"""
    part, from_ = _at(tokens, place + 2), _at(tokens, place + 3)
    if part is None or from_ is None or not from_.is_word("from"):
        return []
    text = part.text if part.kind == "string" else literal(part.value)
    return [
        Edit(start, tokens[place].end, f"{CATALOG}.date_part"),
        Edit(part.start, part.end, text),
        Edit(from_.start, from_.end, ", "),
    ]


def _listagg(sql: str, tokens: list[Token], place: int, start: int) -> list[Edit]:
    """LISTAGG(..) WITHIN GROUP (ORDER BY ..) [OVER (..)]: the order goes into the call, or into the window.

    Redshift guide, r_LISTAGG and r_WF_LISTAGG
    """
    edits = [Edit(start, tokens[place].end, f"{CATALOG}.listagg")]
    end = closing_bracket(tokens, place + 1)
    if end is None or not _words_at(tokens, end + 1, "within", "group"):
        return edits
    last = closing_bracket(tokens, end + 3)
    if last is None:
        return edits
    order = postgres_expressions(sql[tokens[end + 3].end : tokens[last].start])
    edits.append(Edit(tokens[end + 1].start, tokens[last].end, ""))
    window_end = closing_bracket(tokens, last + 2) if _words_at(tokens, last + 1, "over") else None
    if window_end is None:
        return [*edits, Edit(tokens[end].start, tokens[end].start, f" {order}")]
    frame = f" {order} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
    return [*edits, Edit(tokens[window_end].start, tokens[window_end].start, frame)]


def _median(_sql: str, tokens: list[Token], place: int, start: int) -> list[Edit]:
    """MEDIAN(x), whose column is named median. Redshift guide, r_MEDIAN"""
    edits = [Edit(start, tokens[place + 1].end, "percentile_cont(0.5) WITHIN GROUP (ORDER BY ")]
    end = closing_bracket(tokens, place + 1)
    if end is not None and is_unnamed_item(tokens, place, end):
        edits.append(Edit(tokens[end].end, tokens[end].end, " AS median"))
    return edits


def _decode(sql: str, tokens: list[Token], place: int, start: int) -> list[Edit]:
    """DECODE(x, search, result, .. [, otherwise]), to which NULL equals NULL. Redshift guide, r_DECODE_expression"""
    end = closing_bracket(tokens, place + 1)
    if end is None:
        return []
    value, *rest = (postgres_expressions(text) for text in _arguments(sql, tokens, place + 1, end))
    if len(rest) < 2:
        return []
    pairs = zip(rest[::2], rest[1::2], strict=False)
    whens = " ".join(f"WHEN ({value}) IS NOT DISTINCT FROM ({search}) THEN {result}" for search, result in pairs)
    otherwise = f" ELSE {rest[-1]}" if len(rest) % 2 else ""
    return [Edit(start, tokens[end].end, f"CASE {whens}{otherwise} END")]


def _nvl2(sql: str, tokens: list[Token], place: int, start: int) -> list[Edit]:
    """NVL2(x, when not null, when null). Redshift guide, r_NVL2"""
    end = closing_bracket(tokens, place + 1)
    arguments = [] if end is None else _arguments(sql, tokens, place + 1, end)
    if end is None or len(arguments) != 3:
        return []
    value, present, absent = map(postgres_expressions, arguments)
    return [Edit(start, tokens[end].end, f"CASE WHEN ({value}) IS NOT NULL THEN {present} ELSE {absent} END")]


CALLS: dict[str, Rule] = {
    "extract": _extract,
    "date_part": _with_date_part("pgdate_part"),
    "pgdate_part": _with_date_part("pgdate_part"),
    "dateadd": _with_date_part("date_add"),
    "date_add": _with_date_part("date_add"),
    "datediff": _with_date_part("date_diff"),
    "date_diff": _with_date_part("date_diff"),
    "listagg": _listagg,
    "median": _median,
    "nvl": _renamed("COALESCE"),
    "nvl2": _nvl2,
    "decode": _decode,
    "concat": _renamed(f"{CATALOG}.concat"),
    "version": _renamed(f"{CATALOG}.version"),
    "current_setting": _renamed(f"{CATALOG}.current_setting"),
    "set_config": _renamed(f"{CATALOG}.set_config"),
    "regexp_replace": _renamed(f"{CATALOG}.regexp_replace"),
    "regexp_substr": _renamed(f"{CATALOG}.regexp_substr"),
    "regexp_instr": _renamed(f"{CATALOG}.regexp_instr"),
    "regexp_count": _renamed(f"{CATALOG}.regexp_count"),
    "json_extract_path_text": _renamed(f"{CATALOG}.json_extract_path_text"),
    "json_array_length": _renamed(f"{CATALOG}.json_array_length"),
}
TRIGGERS = frozenset(CALLS) | frozenset(WORDS)


# ------------------------------------------------------------------ among the tokens


def _at(tokens: list[Token], place: int) -> Token | None:
    return tokens[place] if place < len(tokens) else None


def _words_at(tokens: list[Token], place: int, *words: str) -> bool:
    """Whether these words come next, and then an opening bracket."""
    coming = tokens[place : place + len(words) + 1]
    return [token.value for token in coming] == [*words, "("]


def closing_bracket(tokens: list[Token], opening: int) -> int | None:
    """The place of the bracket that closes the one at ``opening``; None when there is none."""
    depth = 0
    for place in range(opening, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[place].text, 0)
        if depth == 0:
            return place
    return None


def _arguments(sql: str, tokens: list[Token], opening: int, closing: int) -> list[str]:
    """The texts between the outer commas of a call."""
    texts, depth, start = list[str](), 0, tokens[opening].end
    for token in tokens[opening + 1 : closing]:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.is_symbol(","):
            texts.append(sql[start : token.start].strip())
            start = token.end
    return [*texts, sql[start : tokens[closing].start].strip()]
