"""Redshift's expressions rewritten for PostgreSQL: functions with bare date parts or a grammar of their own.

Text in, text out, token by token. Strings, quoted identifiers and comments stay unchanged, and so does a text without a
word of ``TRIGGERS``. Functions that PostgreSQL can parse are defined in the SQL files and need no rule here.

Limits: LISTAGG does not support DISTINCT together with OVER, MEDIAN does not support OVER, and MEDIAN of exact numbers is
a double. A parameter is taken as a date part where one is expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sparkify_dwh.redshift.parsing.tokens import Token, tokenize, words_in
from sparkify_dwh.standin.language.reader import literal, quoted
from sparkify_dwh.standin.language.text import Edit, apply_edits, arguments, closing_bracket
from sparkify_dwh.standin.postgres.parameters import CATALOG

# Functions that are called without brackets.
WORDS = {"sysdate": f"{CATALOG}.sysdate()"}

_TEMPORARY_NAME = re.compile(r"#[^\W\d]")


def postgres_expressions(sql: str) -> str:
    """Return ``sql`` with the expressions that only Redshift has rewritten for PostgreSQL.

    Raise RedshiftError 42601 for an unterminated string, identifier or comment in a text with a trigger word.
    """
    words = words_in(sql)
    triggered = not words.isdisjoint(TRIGGERS) or ("#" in words and _TEMPORARY_NAME.search(sql) is not None)
    return apply_edits(sql, _edits(sql)) if triggered else sql


def _edits(sql: str) -> list[Edit]:
    edits, covered = list[Edit](), 0
    tokens = tokenize(sql)
    for index, token in enumerate(tokens):
        if token.kind != "word" or token.start < covered:
            continue
        new = _edits_at(sql, tokens, index)
        if new:
            edits += new
            covered = new[0].end
    return edits


def _edits_at(sql: str, tokens: list[Token], index: int) -> list[Edit]:
    """Return the edits of the word at ``index``, or of the call that it begins."""
    token = tokens[index]
    if token.value.startswith("#"):  # the name of a temporary table. Redshift guide, r_CREATE_TABLE_NEW
        return [Edit(token.start, token.end, quoted(token.value))]
    is_call = index + 1 < len(tokens) and tokens[index + 1].is_symbol("(")
    known = token.value in (CALLS if is_call else WORDS)
    start = _start_of_name(tokens, index) if known else None
    if start is None:
        return []
    if not is_call:
        return [Edit(start, token.end, WORDS[token.value])]
    return CALLS[token.value](sql, tokens, index, start)


def _start_of_name(tokens: Sequence[Token], index: int) -> int | None:
    """Return the start of the name at ``index``, with its schema pg_catalog; None for a column, or in another schema."""
    if index < 2 or not tokens[index - 1].is_symbol("."):
        return tokens[index].start
    schema = tokens[index - 2]
    return schema.start if schema.value == "pg_catalog" else None


# ------------------------------------------------------------------ rules for calls


Rule = Callable[[str, list[Token], int, int], list[Edit]]


def _renamed(name: str) -> Rule:
    def rule(_sql: str, tokens: list[Token], index: int, start: int) -> list[Edit]:
        return [Edit(start, tokens[index].end, name)]

    return rule


def _with_date_part(name: str) -> Rule:
    """Return the rule for a function whose first argument is a date part, as a word or string. Guide, r_DATEADD_function"""

    def rule(_sql: str, tokens: list[Token], index: int, start: int) -> list[Edit]:
        part, comma = _at(tokens, index + 2), _at(tokens, index + 3)
        edits = [Edit(start, tokens[index].end, f"{CATALOG}.{name}")]
        if part is not None and part.kind == "word" and comma is not None and comma.is_symbol(","):
            edits.append(Edit(part.start, part.end, literal(part.value)))
        return edits

    return rule


def _extract(_sql: str, tokens: list[Token], index: int, start: int) -> list[Edit]:
    """Rewrite EXTRACT(part FROM x), whose column Redshift names date_part. Redshift guide, r_EXTRACT_function"""
    part, from_ = _at(tokens, index + 2), _at(tokens, index + 3)
    if part is None or from_ is None or not from_.is_word("from"):
        return []
    text = part.text if part.kind == "string" else literal(part.value)
    return [
        Edit(start, tokens[index].end, f"{CATALOG}.date_part"),
        Edit(part.start, part.end, text),
        Edit(from_.start, from_.end, ", "),
    ]


def _listagg(sql: str, tokens: list[Token], index: int, start: int) -> list[Edit]:
    """Rewrite LISTAGG(..) WITHIN GROUP (ORDER BY ..) [OVER (..)]: the order moves into the call, or into the window.

    Redshift guide, r_LISTAGG and r_WF_LISTAGG
    """
    edits = [Edit(start, tokens[index].end, f"{CATALOG}.listagg")]
    end = closing_bracket(tokens, index + 1)
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


def _median(_sql: str, tokens: list[Token], index: int, start: int) -> list[Edit]:
    """Rewrite MEDIAN(x), whose column is named median. Redshift guide, r_MEDIAN"""
    edits = [Edit(start, tokens[index + 1].end, "percentile_cont(0.5) WITHIN GROUP (ORDER BY ")]
    end = closing_bracket(tokens, index + 1)
    if end is not None and is_unnamed_item(tokens, index, end):
        edits.append(Edit(tokens[end].end, tokens[end].end, " AS median"))
    return edits


def _decode(sql: str, tokens: list[Token], index: int, start: int) -> list[Edit]:
    """Rewrite DECODE(x, search, result, .. [, default]), in which NULL equals NULL. Redshift guide, r_DECODE_expression"""
    end = closing_bracket(tokens, index + 1)
    if end is None:
        return []
    value, *rest = (postgres_expressions(text) for text in arguments(sql, tokens, index + 1, end))
    if len(rest) < 2:
        return []
    pairs = zip(rest[::2], rest[1::2], strict=False)
    whens = " ".join(f"WHEN ({value}) IS NOT DISTINCT FROM ({search}) THEN {result}" for search, result in pairs)
    default = f" ELSE {rest[-1]}" if len(rest) % 2 else ""
    return [Edit(start, tokens[end].end, f"CASE {whens}{default} END")]


def _nvl2(sql: str, tokens: list[Token], index: int, start: int) -> list[Edit]:
    """Rewrite NVL2(x, when not null, when null). Redshift guide, r_NVL2"""
    end = closing_bracket(tokens, index + 1)
    texts = [] if end is None else arguments(sql, tokens, index + 1, end)
    if end is None or len(texts) != 3:
        return []
    value, present, absent = map(postgres_expressions, texts)
    return [Edit(start, tokens[end].end, f"CASE WHEN ({value}) IS NOT NULL THEN {present} ELSE {absent} END")]


# Functions that PostgreSQL has too, with other arguments or results.
_REPLACED = (
    "concat", "version", "current_setting", "set_config", "regexp_replace", "regexp_substr", "regexp_instr", "regexp_count",
    "json_extract_path_text", "json_array_length",
)  # fmt: skip
CALLS: dict[str, Rule] = {name: _renamed(f"{CATALOG}.{name}") for name in _REPLACED} | {
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
}
TRIGGERS = frozenset(CALLS) | frozenset(WORDS)


# ------------------------------------------------------------------ tokens


def _at(tokens: list[Token], index: int) -> Token | None:
    return tokens[index] if index < len(tokens) else None


def _words_at(tokens: list[Token], index: int, *words: str) -> bool:
    """Return whether these words and an opening bracket are at ``index``."""
    following = tokens[index : index + len(words) + 1]
    return [token.value for token in following] == [*words, "("]


# ------------------------------------------------------------------ items of a select list


# What precedes and follows an item, and the words that begin a clause.
BEFORE = frozenset({",", "select", "distinct", "all"})
AFTER = frozenset({
    ",", ")", ";", "from", "into", "where", "group", "having", "order", "limit", "offset", "union", "except",
    "intersect",
})  # fmt: skip
CLAUSES = frozenset({"select", "from", "on", "where", "by", "having", "limit", "offset", "values", "set"})


def is_unnamed_item(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Return whether the tokens from ``first`` to ``last`` are a whole item of a select list, without a name."""
    if first == 0 or tokens[first - 1].value not in BEFORE:
        return False
    if last + 1 < len(tokens) and tokens[last + 1].value not in AFTER:
        return False
    return _clause(tokens[:first]) == "select"


def _clause(before: Sequence[Token]) -> str:
    """Return the word that begins the clause in which ``before`` ends; '' in other brackets."""
    depth = 0
    for token in reversed(before):
        depth -= token.nesting
        if depth < 0:
            break
        if depth == 0 and token.is_word(*CLAUSES):
            return token.value
    return ""
