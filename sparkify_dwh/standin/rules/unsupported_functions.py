"""Functions, types and arrays of PostgreSQL that Redshift does not have.

Limit: other functions of PostgreSQL pass, whether Redshift has them or not; so does ``pg_sleep``, as on the leader node.
"""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.statement_tokens import StatementTokens

SYNTAX_ERROR = "42601"
NOT_SUPPORTED = "0A000"
NO_SUCH_FUNCTION = "42883"
NO_SUCH_TYPE = "42704"

# https://github.com/databricks/spark-redshift/pull/178
LEADER_NODE_ONLY = "Specified types or functions (one per INFO message) not supported on Redshift tables."

# Redshift guide, c_unsupported-postgresql-functions
UNSUPPORTED = frozenset({
    "array_agg", "array_to_string", "bit_length", "clock_timestamp", "convert_from", "convert_to", "corr",
    "covar_pop", "covar_samp", "currval", "div", "encode", "every", "format", "justify_days", "justify_hours",
    "justify_interval", "lastval", "nextval", "overlay", "quote_nullable", "regexp_matches",
    "regexp_split_to_array", "regexp_split_to_table", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept",
    "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "setseed", "setval", "string_agg",
    "transaction_timestamp", "width_bucket", "xmlagg",
})  # fmt: skip
# Functions that PostgreSQL got after 8.0 and that Redshift does not list. Redshift guide, c_SQL_functions
NEWER = frozenset({
    "array_append", "array_cat", "array_length", "array_position", "array_remove", "cardinality", "concat_ws",
    "gen_random_uuid", "json_agg", "json_array_elements", "json_build_array", "json_build_object", "json_each",
    "json_object", "json_object_agg", "json_object_keys", "json_populate_record", "jsonb_agg",
    "jsonb_array_elements", "jsonb_array_length", "jsonb_build_array", "jsonb_build_object", "jsonb_each",
    "jsonb_extract_path_text", "jsonb_object_agg", "jsonb_path_query", "jsonb_pretty", "jsonb_set", "jsonb_typeof",
    "make_date", "make_interval", "make_time", "make_timestamp", "make_timestamptz", "num_nonnulls", "num_nulls",
    "parse_ident", "random_normal", "regexp_match", "regexp_like", "row_to_json", "starts_with", "string_to_array",
    "string_to_table", "to_json", "to_jsonb", "uuidv4", "uuidv7",
})  # fmt: skip
MISSING_FUNCTIONS = UNSUPPORTED | NEWER
LEADER_FUNCTIONS = frozenset({"generate_series", "generate_subscripts", "unnest"})

# Redshift guide, c_unsupported-postgresql-datatypes
MISSING_TYPES = frozenset({
    "bigserial", "box", "bytea", "cidr", "circle", "inet", "json", "jsonb", "line", "lseg", "macaddr", "money",
    "path", "point", "polygon", "serial", "tsquery", "tsvector", "uuid", "xml",
})  # fmt: skip

# After these words, a name and a bracket are not a call.
NAMES_FOLLOW = ("as", "exists", "function", "into", "procedure", "recursive", "references", "table", "view", "with")


def refuse_missing_functions(tokens: StatementTokens) -> None:
    """Raise for a call of a function that Redshift, or its compute nodes, do not have."""
    for index in tokens.words(MISSING_FUNCTIONS | LEADER_FUNCTIONS):
        if not tokens.is_call(index) or tokens.follows_word(index, *NAMES_FOLLOW):
            continue
        name = tokens[index].value
        if name in LEADER_FUNCTIONS:
            raise RedshiftError(NOT_SUPPORTED, LEADER_NODE_ONLY, f'Function "{name}" not supported.')
        # https://github.com/sequelize/sequelize/issues/15193, which has the types of the arguments in the brackets
        raise RedshiftError(NO_SUCH_FUNCTION, f"function {name}(...) does not exist")


def refuse_missing_types(tokens: StatementTokens) -> None:
    """Raise for a cast to a type that Redshift does not have."""
    for index in tokens.words(MISSING_TYPES):
        typed_literal = tokens.kind(index + 1) == "string"
        in_cast = tokens.follows_word(index, "as") and tokens.opener(index) in ("cast", "try_cast")
        if tokens.symbol(index - 1) == "::" or in_cast or typed_literal:
            raise RedshiftError(NO_SUCH_TYPE, f'type "{tokens[index].value}" does not exist')


def refuse_arrays(tokens: StatementTokens) -> None:
    """Raise for array constructors, subscripts and types, which all have a square bracket; not for a column's type."""
    declares_columns = tokens.is_word(0, "create", "alter") and not any(tokens.words({"select"}))
    for index in range(len(tokens)):
        if declares_columns and tokens.symbol(index) == "[" and not tokens.follows_word(index, "array"):
            continue
        if tokens.symbol(index) == "[" or (tokens.opener(index) == "array" and tokens.is_word(index, "select")):
            raise syntax_error(tokens, index)


def syntax_error(tokens: StatementTokens, index: int) -> RedshiftError:
    """Return the syntax error at a token."""
    return RedshiftError(SYNTAX_ERROR, f'syntax error at or near "{tokens[index].text}"')
