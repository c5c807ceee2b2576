"""The ledger of differences, second part: storage and speed, COPY and UNLOAD, and the system around them."""

# fmt: off
from __future__ import annotations

from sparkify_dwh.standin.differences.entry import Difference

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
        "There are no queues, priorities, monitoring rules, result cache or concurrency scaling; their parameters can be "
        "set and do nothing.", "cm-c-implementing-workload-management"),
}

# COPY and UNLOAD
LOADING = {
    "copy_formats": Difference(
        "COPY reads JSON and PARQUET; CSV, delimited and fixed-width text (Redshift's default), AVRO, ORC and SHAPEFILE "
        "are refused.", "copy-parameters-data-format"),
    "copy_sources": Difference(
        "COPY reads s3:// and, which Redshift does not, file:///; DynamoDB, EMR, SSH and COPY JOB are refused.",
        "r_COPY"),
    "copy_options": Difference(
        "IGNOREALLERRORS, IGNOREHEADER, ENCRYPTED, LZOP and an ENCODING other than UTF8 are refused; with PARQUET, "
        "ACCEPTINVCHARS and FILLRECORD too. Redshift has them.", "r_COPY"),
    "copy_types": Difference(
        "COPY into columns of TIME and TIMETZ is refused.", "r_Datetime_types"),
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
    "copy_json_integers": Difference(
        "A JSON number without a fraction, such as 1541105830796.0 or 1e3, goes into an integer column, and one with a "
        "fraction is rejected (1207). The guide is silent; public loads of Sparkify's logs show the first of Redshift, and "
        "the second is a guess.", "copy-usage_notes-copy-from-json"),
    "copy_null_for_default": Difference(
        "NULL for a NOT NULL column that has a default is rejected; Redshift may take the default.", "r_ALTER_TABLE"),
    "last_copy": Difference(
        "PG_LAST_COPY_ID and PG_LAST_COPY_COUNT tell of the session's last COPY, failed or rolled back or not. The guide "
        "says so of a failed one; of a rollback it says that the id is not updated, which is read so here.",
        "PG_LAST_COPY_ID"),
    "copy_times": Difference(
        "DATEFORMAT and TIMEFORMAT want every digit of every part; 'auto' knows the guide's forms and no others, "
        "years 1 to 9999 and no BC. How lenient Redshift is the guide does not say.",
        "automatic-recognition"),
    "copy_edge_cases": Difference(
        "Where the guide is silent (byte order marks, keys that come twice, NaN, control characters in strings, what "
        "follows a malformed document) the stand-in has rules of its own.", "copy-usage_notes-copy-from-json"),
    "hidden_files": Difference(
        "Every object under a prefix is data, _SUCCESS too; of Redshift the guide says it only for Spectrum that they"
        " are ignored.", "copy-parameters-data-source-s3"),
    "s3_retries": Difference(
        "A request to S3 is given up after three attempts of a minute without a byte; Redshift goes on for as long as its "
        "statement timeout, or for 15 to 30 minutes.", "copy-usage_notes-multiple-files"),
    "unload_files": Difference(
        "UNLOAD writes as a single slice does; Redshift writes at least one file a slice.", "r_UNLOAD"),
    "unload_formats": Difference(
        "UNLOAD writes PARQUET, CSV and JSON; the delimited text that is Redshift's default is refused, and so are "
        "ENCRYPTED, BZIP2, ZSTD, ESCAPE, ADDQUOTES, NULL AS, FIXEDWIDTH and EXTENSION.", "r_UNLOAD"),
}

# The system around it
SYSTEM = {
    "system_tables": Difference(
        "There are the system views of loads (stl_load_errors, stl_load_commits, sys_load_history, sys_load_detail, "
        "sys_load_error_detail), of UNLOAD (stl_unload_log) and of the design of tables (pg_table_def, svv_table_info), "
        "and what reflection asks for; all other stl_, stv_, svl_, svv_ and sys_ views are missing.",
        "cm_chap_system-tables"),
    "system_views_at_once": Difference(
        "The views tell of a COPY as soon as it ends, where Redshift's may take a while, and those of Serverless and "
        "of clusters are all there. Slices, nodes, user and transaction ids and the state of sorting are constants or "
        "NULL.", "SYS_LOAD_HISTORY"),
    "maintenance": Difference(
        "VACUUM reclaims space and sorts nothing; ANALYZE gathers PostgreSQL's statistics; ANALYZE COMPRESSION is "
        "refused.", "r_VACUUM_command"),
    "users_and_rights": Difference(
        "Whoever connects is the server's own user, with all rights. CREATE USER and GRANT are PostgreSQL's; GRANT ROLE, "
        "row-level security and masking policies are refused.", "r_GRANT"),
    "connection": Difference(
        "There is no TLS, IAM login, identity provider, idle timeout or failover; of a client's first message the user, "
        "the database and the name of the application are read; the version is a constant; psql's \\d of a table fails.",
        "c_redshift-and-postgres-sql"),
    "parameters": Difference(
        "Redshift's parameters are set, shown and reset, and only those that PostgreSQL has too do anything: for the "
        "others no more than the defaults is carried out, and where another value would change what statements do, it is "
        "refused (enable_case_sensitive_identifier, describe_field_name_in_uppercase ...). extra_float_digits is 1 and not "
        "0. ALTER SYSTEM is refused; set_config() and ALTER USER ... SET do not know those that only Redshift has.",
        "cm_chap_ConfigurationRef"),
    "search_path": Difference(
        "Behind every search path stands the schema redshift_catalog, with Redshift's functions and views, which SHOW "
        "leaves out; psql lists its tables, and a view that is created while no schema of the path exists is created there, "
        "where Redshift gives an error.", "r_search_path"),
    "cluster": Difference(
        "Nothing of the control plane is there: snapshots, resizing, pausing, Serverless, the Data API, events.",
        "https://docs.aws.amazon.com/redshift/latest/mgmt/welcome.html"),
}
