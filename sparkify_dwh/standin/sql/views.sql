-- Redshift's views of table design.

-- Redshift guide, r_PG_TABLE_DEF: the columns of the tables in the search path, except system tables.
CREATE OR REPLACE VIEW redshift_catalog.pg_table_def AS
SELECT n.nspname AS schemaname, c.relname AS tablename, a.attname AS "column",
       format_type(a.atttypid, a.atttypmod) AS type, coalesce(d.encoding, 'none')::char(32) AS encoding,
       coalesce(d.distkey, false) AS distkey, coalesce(d.sortkey, 0) AS sortkey, a.attnotnull AS "notnull"
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN redshift_catalog.column_design AS d ON d.relid = a.attrelid AND d.attnum = a.attnum
WHERE c.relkind = 'r' AND pg_catalog.pg_table_is_visible(c.oid)
  AND n.nspname NOT IN ('redshift_catalog', 'pg_catalog', 'information_schema');

CREATE OR REPLACE FUNCTION redshift_catalog.count_rows(relation regclass) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    counted bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', relation) INTO counted;
    RETURN counted;
END $$;

-- Redshift guide, r_SVV_TABLE_INFO: a row per table that is not empty. Sizes are in blocks of 1 MB. There is one slice, so
-- nothing is skewed; unknown values (unsorted rows, age of the statistics) are NULL.
CREATE OR REPLACE VIEW redshift_catalog.svv_table_info AS
SELECT current_database()::text AS database, n.nspname::text AS schema, c.oid AS table_id, c.relname::text AS "table",
       CASE WHEN columns.encoded THEN 'Y' ELSE 'N' END AS encoded,
       CASE d.diststyle WHEN 'KEY' THEN format('KEY(%s)', columns.distkey)
                        WHEN 'EVEN' THEN 'EVEN'
                        WHEN 'ALL' THEN 'ALL'
                        ELSE 'AUTO(ALL)' END AS diststyle,
       coalesce(columns.sortkey1, 'AUTO(SORTKEY)') AS sortkey1,
       columns.max_varchar, columns.sortkey1_enc::char(32) AS sortkey1_enc, columns.sortkey_num,
       ceil(pg_total_relation_size(c.oid) / 1048576.0)::bigint AS size,
       NULL::numeric(10, 4) AS pct_used, 0::bigint AS empty, NULL::numeric(5, 2) AS unsorted,
       NULL::numeric(5, 2) AS stats_off, counted.rows::numeric(38, 0) AS tbl_rows, NULL::numeric(19, 2) AS skew_sortkey1,
       CASE WHEN d.diststyle IN ('KEY', 'EVEN') THEN 1 END::numeric(19, 2) AS skew_rows,
       counted.rows::numeric(38, 0) AS estimated_visible_rows, NULL::text AS risk_event,
       NULL::numeric(12, 2) AS vacuum_sort_benefit, NULL::timestamp AS create_time
FROM redshift_catalog.table_design AS d
JOIN pg_catalog.pg_class AS c ON c.oid = d.relid AND c.relkind = 'r'
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(col.encoding <> 'none'), false) AS encoded,
           max(a.attname::text) FILTER (WHERE col.distkey) AS distkey,
           max(a.attname::text) FILTER (WHERE col.sortkey = 1) AS sortkey1,
           max(col.encoding) FILTER (WHERE col.sortkey = 1) AS sortkey1_enc,
           (count(*) FILTER (WHERE col.sortkey <> 0))::integer AS sortkey_num,
           max(a.atttypmod - 4) FILTER (WHERE a.atttypid = 'varchar'::regtype) AS max_varchar
    FROM pg_catalog.pg_attribute AS a
    JOIN redshift_catalog.column_design AS col ON col.relid = a.attrelid AND col.attnum = a.attnum
    WHERE a.attrelid = c.oid AND NOT a.attisdropped
) AS columns
CROSS JOIN LATERAL (SELECT CASE WHEN NOT pg_is_other_temp_schema(n.oid) THEN redshift_catalog.count_rows(c.oid) END AS rows) AS counted
WHERE counted.rows > 0;
