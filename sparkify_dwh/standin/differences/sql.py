"""The ledger of differences, first part: types, tables, queries and transactions."""

# fmt: off
from __future__ import annotations

from sparkify_dwh.standin.differences.entry import Difference

# Types and names
TYPES = {
    "trailing_blanks": Difference(
        "Trailing blanks count when VARCHARs are compared; on Redshift 'a ' = 'a' is true.", "r_Character_types"),
    "excess_blanks": Difference(
        "A VARCHAR beyond ASCII that is too long by nothing but blanks is refused; Redshift cuts the blanks off.",
        "r_Character_types"),
    "lengths_in_expressions": Difference(
        "In columns the length of a VARCHAR counts bytes, as on Redshift; in casts and views it counts characters, and a "
        "bare VARCHAR or TEXT has no limit of 256 there.", "r_Character_types"),
    "numeric_in_expressions": Difference(
        "In casts a bare NUMERIC keeps its decimals, where Redshift makes it NUMERIC(18,0); precision and scale of "
        "results are PostgreSQL's.", "r_numeric_computations201"),
    "numeric_rounding": Difference(
        "A NUMERIC that is cast to INTEGER or to fewer decimals is rounded; Redshift cuts it off unless "
        "enable_numeric_rounding is on.", "r_enable_numeric_rounding"),
    "quoted_case": Difference(
        "Outside of CREATE TABLE, ALTER TABLE and COPY a name in quotes keeps its case; Redshift folds it to lower "
        "case.", "r_names"),
    "temporary_names": Difference(
        "A # before a letter begins the name of a temporary table; Redshift also reads the bitwise operator there.",
        "r_CREATE_TABLE_NEW"),
    "name_lengths": Difference("Names are cut at 63 bytes; Redshift's may have 127.", "r_names"),
    "super": Difference(
        "There is no SUPER, and with it no PartiQL, JSON_PARSE, UNNEST or noshred; columns of it are refused.",
        "r_SUPER_type"),
    "other_types": Difference(
        "VARBYTE, HLLSKETCH, GEOMETRY, GEOGRAPHY and INTERVAL columns are refused; Redshift has them.",
        "c_Supported_data_types"),
    "intervals": Difference(
        "An interval that goes to or comes from a client in binary, as redshift_connector has it, is refused: use DATEDIFF "
        "and DATEADD. As text it is PostgreSQL's. Within statements intervals work.", "r_interval_literals"),
    "implicit_conversions": Difference(
        "A value of another type is not converted where PostgreSQL wants a cast, and the statement is refused: LEN(5), a "
        "text compared with a number, numbers for BOOLEAN columns, WHERE 1, GETDATE() - 7. On Redshift they work.",
        "r_Type_conversion"),
    "unsupported_types": Difference(
        "Columns of types that Redshift lacks are refused in its words; in casts some of those types pass (int4range ...)"
        ", which Redshift refuses.", "c_unsupported-postgresql-datatypes"),
    "collation": Difference(
        "Texts are sorted by their bytes, as on Redshift, but COLLATE of a column and the function COLLATE are refused; "
        "the COLLATE behind an expression that PostgreSQL has passes.", "r_CREATE_TABLE_NEW"),
}

# Tables and views
TABLES = {
    "keys_and_the_planner": Difference(
        "Declared keys are not enforced, as on Redshift, but not trusted either: a query that duplicates lead astray "
        "there is right here.", "t_Defining_constraints"),
    "identity_gaps": Difference(
        "IDENTITY numbers rows in the order they come, with gaps between sessions alone; on Redshift the numbers are "
        "unique, in no order, and have gaps.", "r_CREATE_TABLE_NEW"),
    "alter_table": Difference(
        "ALTER TABLE takes one action a statement; APPEND, the adding and dropping of constraints and combined ALTER "
        "COLUMN ENCODE are refused, and work on Redshift.", "r_ALTER_TABLE"),
    "keys_beside_like": Difference(
        "CREATE TABLE (LIKE ...) takes no keys of the columns that it inherits; Redshift does.", "r_CREATE_TABLE_NEW"),
    "schemas": Difference(
        "CREATE SCHEMA with a quota, or with tables and views in the same statement, is refused; Redshift has both.",
        "r_CREATE_SCHEMA"),
    "outside_transactions": Difference(
        "Of what Redshift refuses inside a transaction, only ALTER COLUMN TYPE, VACUUM, CREATE DATABASE and DROP "
        "DATABASE are refused; the rest is not carried out at all.", "r_ALTER_TABLE_APPEND"),
    "table_limits": Difference(
        "The limits on the numbers of tables and of sort key columns are not checked.", "r_CREATE_TABLE_NEW"),
    "derived_tables": Difference(
        "CREATE TABLE AS takes AUTO for what it does not say, and no limit for texts whose length the query does not "
        "give; Redshift derives keys from the query's plan, and its texts have lengths.", "r_CTAS_usage_notes"),
    "reflected_defaults": Difference(
        "A default is shown as PostgreSQL 18 words it, but for SYSDATE and functions by their names; Redshift words it "
        "as PostgreSQL 8.0 does.", "r_CREATE_TABLE_NEW"),
    "late_binding_views": Difference(
        "Views are bound to their tables; WITH NO SCHEMA BINDING is refused.", "r_CREATE_VIEW"),
    "materialized_views": Difference(
        "A materialized view is PostgreSQL's: BACKUP, dist and sort keys and AUTO REFRESH are refused, and there is no "
        "incremental refresh and no rewriting of queries.", "materialized-view-overview"),
    "external_data": Difference(
        "There is no Spectrum, external schema, datashare, federated query, streaming or zero-ETL; their statements are "
        "refused, and their views are empty or missing.", "c-spectrum-overview"),
    "other_databases": Difference(
        "Names of three parts reach the current database alone; on Redshift, others too.", "cross-database-overview"),
}

# Queries and functions
QUERIES = {
    "leader_node_functions": Difference(
        "Every function runs over every table; Redshift refuses those of the leader node (current_schema ...) over "
        "user tables, and those of the compute nodes (LISTAGG ...) without one.", "c_sql-functions-leader-node"),
    "postgresql_functions": Difference(
        "A function, clause or form of a statement of PostgreSQL that no rule names passes, whether Redshift has it or "
        "not; statements that read the catalogue may use any.", "c_unsupported-postgresql-functions"),
    "redshift_functions": Difference(
        "A function of Redshift that PostgreSQL lacks and the stand-in does not define is refused as unknown "
        "(RATIO_TO_REPORT, SHA, SHA1, FUNC_SHA1, PG_LAST_QUERY_ID ...); so are MEDIAN, PERCENTILE_CONT and LISTAGG with "
        "DISTINCT as window functions.", "c_SQL_functions"),
    "json_functions": Difference(
        "Where the guide is silent on the functions of JSON (null, keys that come twice, the index of an array in a path) "
        "they do as PostgreSQL does, and they have no limit of size.", "json-functions"),
    "redshift_syntax": Difference(
        "Syntax of Redshift that PostgreSQL lacks and no rule reads is refused as a syntax error (TOP, MINUS, "
        "QUALIFY, PIVOT, CONNECT BY, EXCLUDE, APPROXIMATE, IGNORE NULLS, (+), CONVERT(type, x), TRY_CAST ...).",
        "c_SQL_commands"),
    "lateral_aliases": Difference(
        "An alias of the select list cannot be used in the same list or in WHERE, and is refused as an unknown column; on "
        "Redshift it can.", "r_SELECT_list"),
    "correlated_subqueries": Difference(
        "Every correlated subquery works; Redshift refuses some patterns.", "r_correlated_subqueries"),
    "update_joins": Difference(
        "UPDATE ... FROM takes any join; Redshift wants the target in an equijoin, and no outer one.", "r_UPDATE"),
    "nondeterministic_update": Difference(
        "When several rows match, UPDATE takes one of them, as on Redshift; there error_on_nondeterministic_update makes "
        "it an error, and here it cannot be turned on.", "r_error_on_nondeterministic_update"),
    "merge_source": Difference(
        "The source of a MERGE may be a view, and its condition any equalities; on Redshift it is a table, and they are "
        "of its columns and the target's.", "r_MERGE"),
    "merge_remove_duplicates": Difference(
        "MERGE ... REMOVE DUPLICATES is refused; Redshift has it.", "r_MERGE"),
    "regular_expressions": Difference(
        "Patterns are PostgreSQL's; Redshift's operators know fewer of them. The parameter p, Perl's patterns, is refused. "
        "In a replacement \\1 is a group and $1 is text, of which the guide says nothing.",
        "pattern-matching-conditions-posix"),
    "arithmetic": Difference(
        "Functions and operators that both have are taken to be equal, and the numbers themselves may differ: AVG of the "
        "integers 1 and 2 is 1.5 here and the BIGINT 1 on Redshift, AVG of a NUMERIC has more decimals than its argument, "
        "and the NUMERIC 1.5 cast to INTEGER is 2 here and 1 there.", "r_AVG"),
    "order_without_order_by": Difference(
        "Rows without ORDER BY tend to come as they were inserted; Redshift returns them in any order.",
        "r_ORDER_BY_clause"),
    "stored_code": Difference(
        "Procedures and functions are PostgreSQL's: those in Python and Lambda are refused, and no rule looks into "
        "the bodies of the others.", "stored-procedure-overview"),
    "error_texts": Difference(
        "Errors that no rule words are PostgreSQL 18's, and where no source gives Redshift's wording a refusal has "
        "the stand-in's; a program should go by the SQLSTATE, and not rely on that alone.",
        "c_unsupported-postgresql-features"),
}

# Transactions
TRANSACTIONS = {
    "isolation": Difference(
        "Sessions see a snapshot and conflict by row (REPEATABLE READ). Redshift conflicts by table: writers of one "
        "table queue, and errors such as 1023 (serializable isolation violation) and 1018 come up that never do here.",
        "c_serial_isolation"),
    "catalogue_reads": Difference(
        "What the catalogue shows follows PostgreSQL's rules; on Redshift it is read committed.", "c_serial_isolation"),
    "locks": Difference(
        "DDL takes PostgreSQL's locks. LOCK, ACCESS EXCLUSIVE as on Redshift, also takes views, which Redshift does not "
        "lock, and outside of a transaction it is an error, where on Redshift it means nothing.", "r_LOCK"),
}
