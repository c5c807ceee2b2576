"""The list of differences, second part: storage and speed, COPY and UNLOAD, and the system around them."""

# fmt: off
from __future__ import annotations

from sparkify_dwh.standin.differences.entry import Difference

# Storage and speed
SPEED = {
    "performance": Difference(
        "The stand-in is a row store on one machine: times, plans, memory and costs are not comparable.",
        "c_high_level_system_architecture"),
    "distribution": Difference(
        "Dist styles and dist keys are recorded in the catalogue and have no effect: no slices, no skew, no broadcasts.",
        "t_Distributing_data"),
    "sort_keys": Difference(
        "A sort key becomes a BRIN index, which skips blocks; rows are not sorted, and an interleaved key works like a "
        "compound one.", "t_Sorting_data"),
    "compression": Difference(
        "Encodings are recorded in the catalogue and compress nothing; COMPUPDATE, STATUPDATE and COMPROWS have no effect.",
        "t_Compressing_data_on_disk"),
    "automatic_choices": Difference(
        "AUTO stays AUTO: the system does not choose or change dist styles, sort keys or encodings.",
        "r_CREATE_TABLE_NEW"),
    "workload": Difference(
        "Queues, priorities, monitoring rules, the result cache and concurrency scaling are missing; their parameters can "
        "be set and have no effect.", "cm-c-implementing-workload-management"),
}

# COPY and UNLOAD
LOADING = {
    "copy_formats": Difference(
        "COPY reads JSON and PARQUET; CSV, delimited and fixed-width text (Redshift's default), AVRO, ORC and SHAPEFILE are "
        "refused.", "copy-parameters-data-format"),
    "copy_sources": Difference(
        "COPY reads s3:// and, unlike Redshift, file:///; DynamoDB, EMR, SSH and COPY JOB are refused.",
        "r_COPY"),
    "copy_options": Difference(
        "IGNOREALLERRORS, IGNOREHEADER, ENCRYPTED, LZOP and an ENCODING other than UTF8 are refused; with PARQUET, so are "
        "ACCEPTINVCHARS and FILLRECORD. Redshift has them.", "r_COPY"),
    "copy_types": Difference(
        "COPY into columns of TIME and TIMETZ is refused.", "r_Datetime_types"),
    "authorization": Difference(
        "IAM roles are checked for their form and not assumed: S3 is read and written with the permissions of the local "
        "process, so a missing permission of the role appears only on Redshift.", "copy-parameters-authorization"),
    "regions": Difference(
        "REGION is passed to the S3 client; a bucket in another region does not cause Redshift's error.",
        "copy-parameters-data-source-s3"),
    "copy_order": Difference(
        "COPY reads one file after the other, so MAXERROR counts exactly and always rejects the same rows. Redshift's "
        "slices read in parallel and count approximately.", "copy-parameters-data-load"),
    "copy_json_numbers": Difference(
        "Numbers in JSON keep all digits; on Redshift they pass through floating point, and a NUMERIC may lose some.",
        "copy-usage_notes-copy-from-json"),
    "copy_json_integers": Difference(
        "For an integer column, a JSON number without a fraction, such as 1541105830796.0 or 1e3, is accepted, and one with "
        "a fraction is rejected (1207). The guide does not specify either; public loads of Sparkify's logs show that "
        "Redshift does the first, and the second is an assumption.", "copy-usage_notes-copy-from-json"),
    "copy_null_for_default": Difference(
        "NULL for a NOT NULL column with a default is rejected; Redshift may use the default.", "r_ALTER_TABLE"),
    "last_copy": Difference(
        "PG_LAST_COPY_ID and PG_LAST_COPY_COUNT describe the session's last COPY, even if it failed or was rolled back. The "
        "guide says so for a failed COPY; it says that a rollback does not update the id, which is interpreted this way "
        "here.", "PG_LAST_COPY_ID"),
    "copy_times": Difference(
        "DATEFORMAT and TIMEFORMAT need all digits of every part; 'auto' accepts the guide's formats and no others, years 1 "
        "to 9999, and no BC. The guide does not say how lenient Redshift is.",
        "automatic-recognition"),
    "copy_edge_cases": Difference(
        "The stand-in has rules of its own where the guide does not say what happens (byte order marks, duplicate keys, "
        "NaN, control characters in strings, text after a malformed document).", "copy-usage_notes-copy-from-json"),
    "copy_nul": Difference(
        "A text with the character NUL is rejected (1220). Redshift was seen to cut the text there without a word, and to "
        "reject only one that begins with NUL and goes on; `plan` warns of it.",
        "https://github.com/estuary/connectors/pull/839"),
    "hidden_files": Difference(
        "Every object under a prefix is data, including _SUCCESS; the guide says only of Spectrum that such objects are "
        "ignored.", "copy-parameters-data-source-s3"),
    "s3_retries": Difference(
        "A request to S3 fails after three attempts of a minute without a byte; Redshift continues until its statement "
        "timeout, or for 15 to 30 minutes.", "copy-usage_notes-multiple-files"),
    "unload_files": Difference(
        "UNLOAD writes like a single slice; Redshift writes at least one file per slice.", "r_UNLOAD"),
    "unload_formats": Difference(
        "UNLOAD writes PARQUET, CSV and JSON; delimited text, which is Redshift's default, is refused, and so are "
        "ENCRYPTED, BZIP2, ZSTD, ESCAPE, ADDQUOTES, NULL AS, FIXEDWIDTH and EXTENSION.", "r_UNLOAD"),
}

# The system around it
SYSTEM = {
    "system_tables": Difference(
        "The system views of loads (stl_load_errors, stl_load_commits, sys_load_history, sys_load_detail, "
        "sys_load_error_detail), of UNLOAD (stl_unload_log), of locks (svv_transactions), of table design (pg_table_def, "
        "svv_table_info) and of privileges (svv_relation_privileges ...) exist, and those that reflection reads; all other "
        "stl_, stv_, svl_, svv_ and sys_ views are missing.",
        "cm_chap_system-tables"),
    "system_views_at_once": Difference(
        "The system views show a COPY as soon as it ends, which may take a while on Redshift, and those of Serverless and "
        "of provisioned clusters exist together. Slices, nodes, user and transaction ids and the state of sorting are "
        "constants or NULL.", "SYS_LOAD_HISTORY"),
    "maintenance": Difference(
        "VACUUM reclaims space and does not sort; ANALYZE gathers PostgreSQL's statistics; ANALYZE COMPRESSION is refused.",
        "r_VACUUM_command"),
    "users_and_rights": Difference(
        "Every client is the server's own user, with all rights, until SET SESSION AUTHORIZATION. Users, roles and groups "
        "share their names; the privileges are PostgreSQL's, so DROP and ALTER of a table cannot be granted, and PUBLIC may "
        "not create in the schema public. Anyone may read the system views, all of them. Row-level security and masking "
        "policies are refused.", "r_GRANT"),
    "connection": Difference(
        "TLS, IAM logins, identity providers, idle timeouts and failover are missing. Of a client's startup parameters, "
        "user, database and application name are used. The version is a constant, and psql's \\d of a table fails.",
        "c_redshift-and-postgres-sql"),
    "parameters": Difference(
        "Redshift's parameters can be set, shown and reset, but only those that PostgreSQL has too have an effect. A value "
        "that would change the results of statements is refused (enable_case_sensitive_identifier, "
        "describe_field_name_in_uppercase ...). extra_float_digits is 1 and not 0. ALTER SYSTEM is refused; set_config() "
        "and ALTER USER ... SET do not accept parameters that only Redshift has.",
        "cm_chap_ConfigurationRef"),
    "search_path": Difference(
        "The schema redshift_catalog, with Redshift's functions and views, is the last of every search path, and SHOW omits "
        "it. psql lists its tables, and CREATE VIEW creates the view there if no schema of the path exists, which is an "
        "error on Redshift. set_config() and ALTER USER ... SET do not check that schemas exist.", "r_search_path"),
    "cluster": Difference(
        "The control plane is missing: snapshots, resizing, pausing, Serverless, the Data API, events.",
        "https://docs.aws.amazon.com/redshift/latest/mgmt/welcome.html"),
}
