"""The list of differences, first part: types, tables, queries and transactions."""

# fmt: off
from __future__ import annotations

from sparkify_dwh.standin.differences.entry import Difference

# Types and names
TYPES = {
    "trailing_blanks": Difference(
        "Comparisons of VARCHARs include trailing blanks; on Redshift 'a ' = 'a' is true.", "r_Character_types"),
    "excess_blanks": Difference(
        "A VARCHAR with non-ASCII characters that only blanks make too long is refused; Redshift removes the blanks.",
        "r_Character_types"),
    "lengths_in_expressions": Difference(
        "The length of a VARCHAR counts bytes in columns, as on Redshift, but characters in casts and views, where VARCHAR "
        "and TEXT without a length also have no limit of 256.", "r_Character_types"),
    "numeric_in_expressions": Difference(
        "A cast to NUMERIC without arguments keeps all decimals; on Redshift it is NUMERIC(18,0). Results have PostgreSQL's "
        "precision and scale.", "r_numeric_computations201"),
    "numeric_rounding": Difference(
        "A cast of a NUMERIC to INTEGER or to fewer decimals rounds; Redshift truncates unless enable_numeric_rounding is "
        "on.", "r_enable_numeric_rounding"),
    "quoted_case": Difference(
        "A quoted name keeps its case, except in CREATE TABLE, ALTER TABLE and COPY; Redshift folds it to lower case.",
        "r_names"),
    "temporary_names": Difference(
        "A # before a letter always begins the name of a temporary table; on Redshift it can also be the bitwise operator.",
        "r_CREATE_TABLE_NEW"),
    "name_lengths": Difference("Names are truncated to 63 bytes; Redshift allows 127.", "r_names"),
    "super": Difference(
        "SUPER is missing, and with it PartiQL, JSON_PARSE, UNNEST and noshred; SUPER columns are refused.",
        "r_SUPER_type"),
    "other_types": Difference(
        "VARBYTE, HLLSKETCH, GEOMETRY, GEOGRAPHY and INTERVAL columns are refused; Redshift has them.",
        "c_Supported_data_types"),
    "intervals": Difference(
        "Intervals work inside a statement and as text in PostgreSQL's format. As a binary parameter or result, which is "
        "what redshift_connector uses, an interval is refused: use DATEDIFF and DATEADD.", "r_interval_literals"),
    "implicit_conversions": Difference(
        "A statement is refused where PostgreSQL needs a cast that Redshift makes implicitly: LEN(5), a text compared with "
        "a number, numbers for BOOLEAN columns, WHERE 1, GETDATE() - 7.", "r_Type_conversion"),
    "unsupported_types": Difference(
        "Columns of types that Redshift does not have are refused with its message; casts to some of those types, such as "
        "int4range, are accepted, and Redshift refuses them.", "c_unsupported-postgresql-datatypes"),
    "collation": Difference(
        "Texts sort by their bytes, as on Redshift. COLLATE of a column and the function COLLATE are refused; PostgreSQL's "
        "COLLATE after an expression is accepted.", "r_CREATE_TABLE_NEW"),
}

# Tables and views
TABLES = {
    "keys_and_the_planner": Difference(
        "Declared keys are not enforced, as on Redshift, but the planner does not rely on them either: a query that returns "
        "wrong results on Redshift because of duplicates returns correct results here.", "t_Defining_constraints"),
    "identity_gaps": Difference(
        "IDENTITY numbers follow the order of insertion, with gaps only between sessions; on Redshift they are unique, in "
        "no particular order, and have gaps.", "r_CREATE_TABLE_NEW"),
    "alter_table": Difference(
        "ALTER TABLE has one action per statement; APPEND, adding and dropping constraints, and combined ALTER COLUMN "
        "ENCODE are refused. They work on Redshift.", "r_ALTER_TABLE"),
    "keys_beside_like": Difference(
        "CREATE TABLE (LIKE ...) refuses keys on the inherited columns; Redshift accepts them.", "r_CREATE_TABLE_NEW"),
    "schemas": Difference(
        "CREATE SCHEMA with a quota, or with tables and views in the same statement, is refused; Redshift supports both.",
        "r_CREATE_SCHEMA"),
    "outside_transactions": Difference(
        "Of the statements that Redshift refuses inside a transaction, ALTER COLUMN TYPE, VACUUM, CREATE DATABASE and DROP "
        "DATABASE are refused there; the others are not supported at all.", "r_ALTER_TABLE_APPEND"),
    "table_limits": Difference(
        "The limits on the numbers of tables and of sort key columns are not checked.", "r_CREATE_TABLE_NEW"),
    "derived_tables": Difference(
        "CREATE TABLE AS uses AUTO for keys that the statement does not declare, and texts without a length in the query "
        "have no limit; Redshift derives keys from the query's plan, and its texts have lengths.", "r_CTAS_usage_notes"),
    "reflected_defaults": Difference(
        "Defaults are shown in PostgreSQL 18's notation, except SYSDATE and functions by name; Redshift uses PostgreSQL "
        "8.0's.", "r_CREATE_TABLE_NEW"),
    "late_binding_views": Difference(
        "Views are bound to their tables; WITH NO SCHEMA BINDING is refused.", "r_CREATE_VIEW"),
    "materialized_views": Difference(
        "Materialized views are PostgreSQL's: BACKUP, dist and sort keys and AUTO REFRESH are refused, and there is no "
        "incremental refresh and no query rewriting.", "materialized-view-overview"),
    "external_data": Difference(
        "Spectrum, external schemas, datashares, federated queries, streaming and zero-ETL are missing; their statements "
        "are refused, and their system views are empty or missing.", "c-spectrum-overview"),
    "other_databases": Difference(
        "Names of three parts can only name the current database; on Redshift they can name others.",
        "cross-database-overview"),
}

# Queries and functions
QUERIES = {
    "leader_node_functions": Difference(
        "Every function works on every table; Redshift refuses leader-node functions (current_schema ...) on user tables, "
        "and compute-node functions (LISTAGG ...) without one.", "c_sql-functions-leader-node"),
    "postgresql_functions": Difference(
        "PostgreSQL's functions, clauses and forms of statements are accepted unless a rule names them, even if Redshift "
        "does not have them; queries of the catalogue may use any.", "c_unsupported-postgresql-functions"),
    "redshift_functions": Difference(
        "Redshift functions that neither PostgreSQL nor the stand-in defines are refused as unknown (RATIO_TO_REPORT, SHA, "
        "SHA1, FUNC_SHA1, PG_LAST_QUERY_ID ...); so are MEDIAN, PERCENTILE_CONT and LISTAGG with DISTINCT as window "
        "functions.", "c_SQL_functions"),
    "json_functions": Difference(
        "Where the guide does not say what the JSON functions do (null, duplicate keys, the index of an array in a path), "
        "they behave as in PostgreSQL, and they have no size limit.", "json-functions"),
    "redshift_syntax": Difference(
        "Redshift syntax that PostgreSQL does not have and no rule translates is refused as a syntax error (TOP, MINUS, "
        "QUALIFY, PIVOT, CONNECT BY, EXCLUDE, APPROXIMATE, IGNORE NULLS, (+), CONVERT(type, x), TRY_CAST ...).",
        "c_SQL_commands"),
    "lateral_aliases": Difference(
        "An alias of the select list is an unknown column in the same list and in WHERE; on Redshift it can be used there.",
        "r_SELECT_list"),
    "correlated_subqueries": Difference(
        "Every correlated subquery works; Redshift refuses some patterns.", "r_correlated_subqueries"),
    "update_joins": Difference(
        "UPDATE ... FROM accepts any join; Redshift needs the target in an equijoin, and refuses an outer join.",
        "r_UPDATE"),
    "nondeterministic_update": Difference(
        "When several rows match, UPDATE uses one of them, as on Redshift. The parameter error_on_nondeterministic_update, "
        "which makes that an error, cannot be turned on.", "r_error_on_nondeterministic_update"),
    "merge_source": Difference(
        "The source of a MERGE may be a view, and its condition any equalities; on Redshift the source is a table, and the "
        "equalities compare its columns with the target's.", "r_MERGE"),
    "merge_remove_duplicates": Difference(
        "MERGE ... REMOVE DUPLICATES is refused; Redshift has it.", "r_MERGE"),
    "regular_expressions": Difference(
        "Patterns are PostgreSQL's, and Redshift's POSIX operators support fewer. The parameter p (Perl patterns) is "
        "refused. In a replacement \\1 is a group and $1 is text, which the guide does not specify.",
        "pattern-matching-conditions-posix"),
    "arithmetic": Difference(
        "Functions and operators that both have are assumed to be equal, but results may differ: AVG of the integers 1 and "
        "2 is 1.5 here and the BIGINT 1 on Redshift, AVG of a NUMERIC has more decimals than its argument, and the NUMERIC "
        "1.5 cast to INTEGER is 2 here and 1 there.", "r_AVG"),
    "order_without_order_by": Difference(
        "Without ORDER BY, rows usually have the order of insertion; on Redshift they have any order.",
        "r_ORDER_BY_clause"),
    "stored_code": Difference(
        "Procedures and functions are PostgreSQL's: Python and Lambda are refused, and the bodies of the others are not "
        "checked by any rule.", "stored-procedure-overview"),
    "error_texts": Difference(
        "Errors without a rule have PostgreSQL 18's messages, and refusals whose message on Redshift is not known have the "
        "stand-in's; programs should use the SQLSTATE, and even that may differ.",
        "c_unsupported-postgresql-features"),
}

# Transactions
TRANSACTIONS = {
    "isolation": Difference(
        "Sessions read a snapshot and conflict by row (REPEATABLE READ). On Redshift they conflict by table: writers of one "
        "table queue, and errors such as 1023 (serializable isolation violation) and 1018 occur, which never do here.",
        "c_serial_isolation"),
    "catalogue_reads": Difference(
        "Reads of the catalogue follow PostgreSQL's rules; on Redshift they are read committed.", "c_serial_isolation"),
    "locks": Difference(
        "DDL uses PostgreSQL's locks. LOCK is ACCESS EXCLUSIVE, as on Redshift, but it also accepts views, which Redshift "
        "does not lock, and outside of a transaction it is an error, where Redshift accepts it without effect.", "r_LOCK"),
}
