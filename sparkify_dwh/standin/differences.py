"""The ledger of known differences between the stand-in and Amazon Redshift: what a local run does not prove.

A sentence says what happens here, and where it is not plain, what happens on Redshift. A test that cannot hold on one of
the two may skip only by naming an entry (``differs`` in tests/fix_differences.py). What Redshift has and the stand-in
refuses, with an error that names it, stands here too.
"""

from __future__ import annotations

from dataclasses import dataclass

GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg/"


@dataclass(frozen=True)
class Difference:
    """A sentence for readers of the README, and where Redshift's side of it is written: a page of the guide, or a URL."""

    sentence: str
    source: str

    @property
    def url(self) -> str:
        return self.source if "://" in self.source else f"{GUIDE}{self.source}.html"


# fmt: off
# Storage and speed
SPEED = {
    "performance": Difference(
        "The stand-in is a row store on one machine: nothing about times, plans, memory or costs carries over.",
        "c_high_level_system_architecture"),
    "distribution": Difference(
        "Dist styles and dist keys are kept for the catalogue and do nothing: no slices, no skew, no broadcasts.",
        "t_Distributing_data"),
    "sort_keys": Difference(
        "A sort key becomes a BRIN index, by which blocks are skipped; rows are not sorted, and an interleaved key is"
        " like a compound one.", "t_Sorting_data"),
    "compression": Difference(
        "Encodings are kept for the catalogue and compress nothing; COMPUPDATE, STATUPDATE and COMPROWS change "
        "nothing.", "t_Compressing_data_on_disk"),
    "automatic_choices": Difference(
        "AUTO stays AUTO: no dist style, sort key or encoding is chosen or changed by the system.",
        "r_CREATE_TABLE_NEW"),
    "workload": Difference(
        "There are no queues, priorities, monitoring rules, result cache or concurrency scaling.",
        "cm-c-implementing-workload-management"),
}

# Types and names
TYPES = {
    "trailing_blanks": Difference(
        "Trailing blanks count when VARCHARs are compared; on Redshift 'a ' = 'a' is true.", "r_Character_types"),
    "excess_blanks": Difference(
        "A VARCHAR beyond ASCII that is too long by nothing but blanks is refused; Redshift cuts the blanks off.",
        "r_Character_types"),
    "lengths_in_expressions": Difference(
        "In columns the length of a VARCHAR counts bytes; in casts and views it counts characters, and a bare VARCHAR"
        " or TEXT has no limit of 256 there.", "r_Character_types"),
    "numeric_in_expressions": Difference(
        "In casts a bare NUMERIC keeps its decimals, where Redshift makes it NUMERIC(18,0); precision and scale of "
        "results are PostgreSQL's.", "r_numeric_computations201"),
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
        "VARBYTE, HLLSKETCH, GEOMETRY, GEOGRAPHY and INTERVAL columns are refused.", "c_Supported_data_types"),
    "collation": Difference(
        "Texts are sorted by their bytes, as on Redshift, but COLLATE is refused.", "r_CREATE_TABLE_NEW"),
}

# Tables and views
TABLES = {
    "keys_and_the_planner": Difference(
        "Declared keys are not enforced, as on Redshift, but not trusted either: a query that duplicates lead astray "
        "there is right here.", "t_Defining_constraints"),
    "identity_gaps": Difference(
        "IDENTITY numbers rows in the order they come; on Redshift the numbers are unique and have gaps.",
        "r_CREATE_TABLE_NEW"),
    "alter_table": Difference(
        "ALTER TABLE takes one action a statement; APPEND, the adding and dropping of constraints and combined ALTER "
        "COLUMN ENCODE are refused.", "r_ALTER_TABLE"),
    "alter_column_type": Difference(
        "ALTER COLUMN TYPE is done for any VARCHAR; Redshift refuses columns with a default, a key or certain "
        "encodings.", "r_ALTER_TABLE"),
    "outside_transactions": Difference(
        "Of what Redshift refuses inside a transaction, only ALTER COLUMN TYPE, VACUUM and CREATE DATABASE are "
        "refused.", "r_ALTER_TABLE_APPEND"),
    "table_limits": Difference(
        "The limits on the numbers of tables, columns and sort key columns are not checked.", "r_CREATE_TABLE_NEW"),
    "derived_tables": Difference(
        "CREATE TABLE AS takes AUTO for what it does not say; Redshift derives keys from the query's plan.",
        "r_CTAS_usage_notes"),
    "late_binding_views": Difference(
        "Views are bound to their tables; WITH NO SCHEMA BINDING is refused.", "r_CREATE_VIEW"),
    "materialized_views": Difference(
        "A materialized view is PostgreSQL's: no AUTO REFRESH, no incremental refresh, no rewriting of queries.",
        "materialized-view-overview"),
    "external_data": Difference(
        "There is no Spectrum, external schema, datashare, federated query, streaming or zero-ETL; their views are "
        "empty or missing.", "c-spectrum-overview"),
    "other_databases": Difference("Names of three parts reach no other database.", "cross-database-overview"),
}

# Queries and functions
QUERIES = {
    "leader_node_functions": Difference(
        "Every function runs over every table; Redshift refuses those of the leader node (current_schema ...) over "
        "user tables, and those of the compute nodes (LISTAGG ...) without one.", "c_sql-functions-leader-node"),
    "postgresql_functions": Difference(
        "A function or clause of PostgreSQL that no rule names passes, whether Redshift has it or not; statements "
        "that read the catalogue may use any.", "c_unsupported-postgresql-functions"),
    "redshift_functions": Difference(
        "A function of Redshift that PostgreSQL lacks and the stand-in does not define is refused as unknown "
        "(RATIO_TO_REPORT, FUNC_SHA1, STRTOL, MONTHS_BETWEEN ...), and so are LISTAGG with DISTINCT and MEDIAN as "
        "window functions.", "c_SQL_functions"),
    "redshift_syntax": Difference(
        "Syntax of Redshift that PostgreSQL lacks and no rule reads is refused as a syntax error (TOP, MINUS, "
        "QUALIFY, PIVOT, CONNECT BY, EXCLUDE, APPROXIMATE, IGNORE NULLS, SHOW TABLE ...).", "c_SQL_commands"),
    "correlated_subqueries": Difference(
        "Every correlated subquery works; Redshift refuses some patterns.", "r_correlated_subqueries"),
    "update_joins": Difference(
        "UPDATE ... FROM takes any join; Redshift wants the target in an equijoin, and no outer one.", "r_UPDATE"),
    "nondeterministic_update": Difference(
        "When several rows match, UPDATE takes one of them; error_on_nondeterministic_update is not known.",
        "r_error_on_nondeterministic_update"),
    "merge_source": Difference("The source of a MERGE may be a view; on Redshift it is a table.", "r_MERGE"),
    "regular_expressions": Difference(
        "Patterns are PostgreSQL's; Redshift's operators know fewer of them, and Perl's only where they are asked "
        "for.", "pattern-matching-conditions-posix"),
    "arithmetic": Difference(
        "Functions that both have are taken to be equal: rounding, overflow and the types of results (of AVG and SUM,"
        " for instance) are PostgreSQL's.", "r_numeric_computations201"),
    "order_without_order_by": Difference(
        "Rows without ORDER BY tend to come as they were inserted; Redshift returns them in any order.",
        "r_ORDER_BY_clause"),
    "stored_code": Difference(
        "Procedures and functions are PostgreSQL's: those in Python and Lambda are refused, and no rule looks into "
        "their bodies.", "stored-procedure-overview"),
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
    "locks": Difference("DDL takes PostgreSQL's locks, and LOCK takes modes that Redshift does not have.", "r_LOCK"),
}

# COPY and UNLOAD
LOADING = {
    "copy_formats": Difference(
        "COPY reads JSON and PARQUET; CSV, delimited and fixed-width text, AVRO, ORC and SHAPEFILE are refused.",
        "copy-parameters-data-format"),
    "copy_sources": Difference(
        "COPY reads s3:// and, which Redshift does not, file:///; DynamoDB, EMR, SSH and COPY JOB are refused.",
        "r_COPY"),
    "copy_options": Difference(
        "IGNOREALLERRORS, ENCRYPTED, LZOP and an ENCODING other than UTF8 are refused.", "r_COPY"),
    "authorization": Difference(
        "IAM roles are checked for their form and not assumed: S3 is read and written with the rights of the local "
        "process, so a role that lacks one shows only on Redshift.", "copy-parameters-authorization"),
    "regions": Difference(
        "REGION goes to the S3 client; a bucket elsewhere does not give Redshift's error.",
        "copy-parameters-data-source-s3"),
    "copy_order": Difference(
        "COPY reads file after file: MAXERROR counts exactly, and the same row is rejected every time. Redshift's "
        "slices read at once and count approximately.", "copy-parameters-data-load"),
    "copy_json_numbers": Difference(
        "Numbers in JSON keep their digits; on Redshift they pass through floating point, and a NUMERIC may lose "
        "some.", "copy-usage_notes-copy-from-json"),
    "copy_null_for_default": Difference(
        "NULL for a NOT NULL column that has a default is rejected; Redshift may take the default.", "r_ALTER_TABLE"),
    "copy_times": Difference(
        "DATEFORMAT and TIMEFORMAT want every digit of every part; 'auto' knows the guide's forms and no others, "
        "years 1 to 9999 and no BC.", "automatic-recognition"),
    "copy_edge_cases": Difference(
        "Where the guide is silent (byte order marks, keys that come twice, NaN, what follows a malformed document) "
        "the stand-in has rules of its own.", "copy-usage_notes-copy-from-json"),
    "hidden_files": Difference(
        "Every object under a prefix is data, _SUCCESS too; of Redshift the guide says it only for Spectrum that they"
        " are ignored.", "copy-parameters-data-source-s3"),
    "s3_retries": Difference(
        "Reads from S3 are tried again by the client's rules, not for as long as Redshift does.",
        "copy-usage_notes-multiple-files"),
    "unload_files": Difference(
        "UNLOAD writes as a single slice does; Redshift writes at least one file a slice.", "r_UNLOAD"),
    "unload_formats": Difference(
        "UNLOAD writes PARQUET, CSV and JSON; the delimited text that is Redshift's default is refused, and so are "
        "ENCRYPTED, BZIP2, ZSTD, ESCAPE, ADDQUOTES, NULL AS, FIXEDWIDTH and EXTENSION.", "r_UNLOAD"),
}

# The system around it
SYSTEM = {
    "system_tables": Difference(
        "There are the system views of loads, of UNLOAD and of the design of tables, and what reflection asks for; "
        "all other stl_, stv_, svl_, svv_ and sys_ views are missing.", "cm_chap_system-tables"),
    "system_views_at_once": Difference(
        "The views tell of a COPY as soon as it ends, where Redshift's may take a while, and those of Serverless and "
        "of clusters are all there. Slices, nodes, user ids and the state of sorting are constants or NULL.",
        "SYS_LOAD_HISTORY"),
    "maintenance": Difference(
        "VACUUM reclaims space and sorts nothing; ANALYZE gathers PostgreSQL's statistics; ANALYZE COMPRESSION is "
        "refused.", "r_VACUUM_command"),
    "users_and_rights": Difference(
        "Users and grants are PostgreSQL's; roles, row-level security and masking policies of Redshift are missing.",
        "r_GRANT"),
    "connection": Difference(
        "There is no TLS, IAM login, identity provider, idle timeout or failover, and the version is a constant.",
        "c_redshift-and-postgres-sql"),
    "parameters": Difference(
        "Session parameters are PostgreSQL's: SET of one that only Redshift has (query_group, wlm_query_slot_count "
        "...) is refused, and SET of one that only PostgreSQL has is not.", "cm_chap_ConfigurationRef"),
    "search_path": Difference(
        "The search path ends in redshift_catalog, where Redshift's functions and views are; SET search_path without "
        "it loses them.", "r_search_path"),
    "cluster": Difference(
        "Nothing of the control plane is there: snapshots, resizing, pausing, Serverless, the Data API, events.",
        "https://docs.aws.amazon.com/redshift/latest/mgmt/welcome.html"),
}
# fmt: on

DIFFERENCES: dict[str, Difference] = SPEED | TYPES | TABLES | QUERIES | TRANSACTIONS | LOADING | SYSTEM


def as_markdown() -> str:
    """The ledger as a table in Markdown, a row per difference, in the order in which they stand here."""
    rows = ["| name | what differs | source |", "| --- | --- | --- |"]
    rows += [_row(name, difference) for name, difference in DIFFERENCES.items()]
    return "\n".join(rows) + "\n"


def _row(name: str, difference: Difference) -> str:
    title = difference.source.rstrip("/").rpartition("/")[2].removesuffix(".html")
    sentence = difference.sentence.replace("|", "\\|").replace("_", "\\_").replace("*", "\\*")
    return f"| `{name}` | {sentence} | [{title}]({difference.url}) |"
