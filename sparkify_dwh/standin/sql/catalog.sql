-- Redshift's catalogue and system views.
-- Views have the names of the tables that they replace; the relay makes queries of Redshift's catalogue read them.

-- ------------------------------------------------------------------ PostgreSQL's catalogue with Redshift's columns

CREATE OR REPLACE VIEW redshift_catalog.pg_namespace AS
SELECT *, nspname AS schema FROM pg_catalog.pg_namespace WHERE nspname <> 'redshift_catalog';

CREATE OR REPLACE VIEW redshift_catalog.pg_class AS
SELECT c.*, c.relname AS table_name,
       CASE d.diststyle WHEN 'EVEN' THEN 0 WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8 ELSE 9 END AS reldiststyle
FROM pg_catalog.pg_class AS c
LEFT JOIN redshift_catalog.table_design AS d ON d.relid = c.oid;

-- Redshift stores encodings as numbers; format_encoding gives their names.
CREATE OR REPLACE FUNCTION redshift_catalog.encodings() RETURNS text[] LANGUAGE sql IMMUTABLE AS
$$ SELECT '{none,bytedict,delta,delta32k,lzo,mostly8,mostly16,mostly32,runlength,text255,text32k,zstd,az64}'::text[] $$;

CREATE OR REPLACE FUNCTION redshift_catalog.format_encoding(code integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT (redshift_catalog.encodings())[code + 1] $$;

CREATE OR REPLACE VIEW redshift_catalog.pg_attribute AS
SELECT a.attrelid, a.attname, a.atttypid, a.attlen, a.attnum, a.atttypmod, a.attnotnull, a.atthasdef, a.attisdropped,
       coalesce(array_position(redshift_catalog.encodings(), d.encoding), 1) - 1 AS attencodingtype,
       coalesce(d.distkey, false) AS attisdistkey,
       coalesce(d.sortkey, 0) AS attsortkeyord
FROM pg_catalog.pg_attribute AS a
LEFT JOIN redshift_catalog.column_design AS d ON d.relid = a.attrelid AND d.attnum = a.attnum;

-- A default as Redshift shows it: SYSDATE as PostgreSQL 8.0 stores the time of the transaction (as in the tables that
-- AdminViews/v_generate_tbl_ddl.sql of https://github.com/awslabs/amazon-redshift-utils prints), functions by name.
CREATE OR REPLACE FUNCTION redshift_catalog.shown_default(expression text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT replace(CASE WHEN expression LIKE '%''%' THEN expression  -- SYSDATE may stand in a string
                    ELSE regexp_replace(expression, E'(redshift_catalog[.])?\\msysdate[(][)]',
                                        '(''now''::character varying)::timestamp without time zone', 'g') END,
               'redshift_catalog.', '')
$$;

-- Redshift stores an identity column's seed and step in its default, as text.
CREATE OR REPLACE VIEW redshift_catalog.pg_attrdef AS
SELECT d.adrelid, d.adnum, shown.adsrc AS adbin, shown.adsrc
FROM pg_catalog.pg_attrdef AS d
CROSS JOIN LATERAL redshift_catalog.shown_default(pg_catalog.pg_get_expr(d.adbin, d.adrelid)) AS shown (adsrc)
UNION ALL
SELECT a.attrelid, a.attnum, identity.default_text, identity.default_text
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_depend AS d
    ON d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i' AND d.classid = 'pg_class'::regclass
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = d.objid
CROSS JOIN LATERAL (
    SELECT format('"%s"(%s, 0, ''%s,%s''::text)',
                  CASE a.attidentity WHEN 'a' THEN 'identity' ELSE 'default_identity' END,
                  a.attrelid, s.seqstart, s.seqincrement)
) AS identity (default_text)
WHERE a.attidentity <> '';

CREATE OR REPLACE FUNCTION redshift_catalog.pg_get_expr(expression text, relation oid) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT expression $$;

-- Only Redshift's constraints: neither NOT NULL nor the checks on the bytes of VARCHARs are constraints there.
CREATE OR REPLACE VIEW redshift_catalog.pg_constraint AS
SELECT oid, conname, contype, relid AS conrelid, conkey FROM redshift_catalog.table_key;

-- The key's columns by their current names; a foreign key's referenced columns keep the names of its declaration.
CREATE OR REPLACE FUNCTION redshift_catalog.pg_get_constraintdef(key_oid oid, pretty boolean DEFAULT false)
RETURNS text LANGUAGE sql STABLE AS $$
SELECT format('%s(%s)%s', split_part(k.definition, '(', 1),
              (SELECT string_agg(a.attname, ', ' ORDER BY part.place)
               FROM unnest(k.conkey) WITH ORDINALITY AS part (attnum, place)
               JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.relid AND a.attnum = part.attnum),
              substr(k.definition, position(')' IN k.definition) + 1))
FROM redshift_catalog.table_key AS k WHERE k.oid = key_oid
$$;

-- Late-binding views and external tables, which the stand-in does not have.
CREATE OR REPLACE VIEW redshift_catalog.late_binding_view_cols AS
SELECT NULL::name AS view_schema, NULL::name AS view_name, NULL::name AS col_name, NULL::varchar AS col_type,
       NULL::int AS col_num, NULL::name AS schema, NULL::name AS table_name
WHERE false;

CREATE OR REPLACE VIEW redshift_catalog.svv_external_schemas AS
SELECT NULL::oid AS esoid, NULL::name AS schemaname, NULL::name AS schema, NULL::oid AS esowner WHERE false;

CREATE OR REPLACE VIEW redshift_catalog.svv_external_tables AS
SELECT NULL::name AS schemaname, NULL::name AS tablename, NULL::name AS relname WHERE false;

CREATE OR REPLACE VIEW redshift_catalog.svv_external_columns AS
SELECT NULL::name AS schemaname, NULL::name AS tablename, NULL::name AS table_name, NULL::text AS columnname,
       NULL::text AS external_type, NULL::smallint AS columnnum
WHERE false;

-- ------------------------------------------------------------------ the record of COPY

CREATE SEQUENCE IF NOT EXISTS redshift_catalog.query_id;

-- The SYS views have other query ids than pg_last_copy_id() and the STL views.
-- Redshift guide, SYS_QUERY_HISTORY
CREATE OR REPLACE FUNCTION redshift_catalog.sys_query_id(query_id bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT query_id + 1000000 $$;

-- Written by a separate connection, so that the errors outlive the rollback of a COPY.
CREATE TABLE IF NOT EXISTS redshift_catalog.load_error (
    query_id bigint NOT NULL,
    session_id integer NOT NULL,
    table_id oid,
    start_time timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
    file_name text NOT NULL,
    line_number bigint NOT NULL,
    column_name text,
    column_type text,
    column_length text,
    position integer,
    raw_line text,
    raw_field_value text,
    error_code integer NOT NULL,
    error_message text NOT NULL
);

CREATE TABLE IF NOT EXISTS redshift_catalog.load_run (
    query_id bigint PRIMARY KEY,
    session_id integer NOT NULL,
    status text NOT NULL,                  -- completed or aborted
    table_name text NOT NULL,
    start_time timestamp NOT NULL,
    end_time timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
    data_source text NOT NULL,
    file_format text NOT NULL,
    loaded_rows bigint NOT NULL,
    error_count bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS redshift_catalog.load_file (
    query_id bigint NOT NULL,
    file_name text NOT NULL,
    bytes_scanned bigint NOT NULL,
    lines_scanned bigint NOT NULL,
    errors integer NOT NULL,
    record_time timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')
);

-- Redshift guide, SYS_LOAD_DETAIL: a row per file that a COPY has read, committed or not.
CREATE OR REPLACE VIEW redshift_catalog.sys_load_detail AS
SELECT 100 AS user_id, redshift_catalog.sys_query_id(query_id) AS query_id, file_name::char(256) AS file_name,
       bytes_scanned, lines_scanned, 0 AS splits_scanned, record_time, record_time AS start_time, record_time AS end_time
FROM redshift_catalog.load_file;

-- Redshift guide, r_STL_LOAD_COMMITS
CREATE OR REPLACE VIEW redshift_catalog.stl_load_commits AS
SELECT 100 AS userid, query_id::integer AS query, 0 AS slice, ''::char(256) AS name, file_name::char(256) AS filename,
       0 AS byte_offset, lines_scanned::integer AS lines_scanned, errors, record_time AS curtime, 1 AS status,
       'JSON'::char(16) AS file_format, 0 AS is_partial, 0::bigint AS start_offset, 0::bigint AS copy_job_id
FROM redshift_catalog.load_file;

-- Redshift guide, SYS_LOAD_HISTORY: a row per COPY, failed ones included; duration is in microseconds.
CREATE OR REPLACE VIEW redshift_catalog.sys_load_history AS
SELECT 100 AS user_id, redshift_catalog.sys_query_id(query_id) AS query_id, 0::bigint AS transaction_id, session_id,
       current_database()::text AS database_name, status, table_name, start_time, end_time, (extract(epoch FROM end_time - start_time) * 1000000)::bigint AS duration,
       data_source, file_format, loaded_rows, coalesce(files.bytes, 0) AS loaded_bytes,
       coalesce(files.files, 0) AS source_file_count, coalesce(files.bytes, 0) AS source_file_bytes,
       coalesce(files.files, 0) AS file_count_scanned, coalesce(files.bytes, 0) AS file_bytes_scanned, error_count,
       0::bigint AS copy_job_id
FROM redshift_catalog.load_run
LEFT JOIN (
    SELECT query_id, count(*) AS files, sum(bytes_scanned)::bigint AS bytes FROM redshift_catalog.load_file GROUP BY query_id
) AS files USING (query_id);

-- Redshift guide, r_STL_LOAD_ERRORS: the texts are blank-padded CHARs.
CREATE OR REPLACE VIEW redshift_catalog.stl_load_errors AS
SELECT 100 AS userid, 0 AS slice, table_id::integer AS tbl, start_time AS starttime, session_id AS session,
       query_id::integer AS query, file_name::char(256) AS filename, line_number, column_name::char(127) AS colname,
       column_type::char(10) AS type, column_length::char(10) AS col_length, position,
       raw_line::char(1024) AS raw_line, raw_field_value::char(1024) AS raw_field_value,
       error_code AS err_code, error_message::char(100) AS err_reason
FROM redshift_catalog.load_error;

-- Redshift guide, SYS_LOAD_ERROR_DETAIL: like stl_load_errors, without the raw line, and on Serverless too.
CREATE OR REPLACE VIEW redshift_catalog.sys_load_error_detail AS
SELECT 100 AS user_id, redshift_catalog.sys_query_id(query_id) AS query_id, 0::bigint AS transaction_id, session_id,
       current_database()::text AS database_name, table_id::integer AS table_id, start_time, file_name::char(256) AS file_name, line_number,
       column_name::char(127) AS column_name, column_type::char(10) AS column_type,
       column_length::char(10) AS column_length, position, error_code, error_message::char(512) AS error_message
FROM redshift_catalog.load_error;

-- ------------------------------------------------------------------ the record of UNLOAD

-- Written by a separate connection, so that the record outlives a rollback, as the files do.
CREATE TABLE IF NOT EXISTS redshift_catalog.unload_file (
    query_id bigint NOT NULL,
    session_id integer NOT NULL,
    file_name text NOT NULL,
    start_time timestamp NOT NULL,
    end_time timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
    line_count bigint NOT NULL,
    transfer_size bigint NOT NULL,         -- bytes as they are stored
    file_format text NOT NULL
);

-- Redshift guide, r_STL_UNLOAD_LOG: a row per file.
CREATE OR REPLACE VIEW redshift_catalog.stl_unload_log AS
SELECT 100 AS userid, query_id::integer AS query, 0 AS slice, session_id AS pid, file_name::char(1280) AS path, start_time,
       end_time, line_count, transfer_size, file_format::char(10) AS file_format
FROM redshift_catalog.unload_file;

-- ------------------------------------------------------------------ locks

-- Redshift guide, r_SVV_TRANSACTIONS: a row per lock that a transaction holds or waits for.
CREATE OR REPLACE VIEW redshift_catalog.svv_transactions AS
SELECT a.usename::text AS txn_owner, a.datname::text AS txn_db, coalesce(a.backend_xid::text, '0')::bigint AS xid, l.pid,
       (a.xact_start AT TIME ZONE 'UTC')::timestamp AS txn_start, l.mode AS lock_mode,
       l.locktype AS lockable_object_type, l.relation::integer AS relation, l.granted
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype IN ('relation', 'transactionid');
