-- Redshift's functions that PostgreSQL lacks and whose calls its grammar can read.

CREATE OR REPLACE FUNCTION redshift_catalog.version() RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.58814'::text $$;

-- Redshift guide, r_GETDATE: the start of the statement; r_SYSDATE: the start of the transaction. Both without a zone.
CREATE OR REPLACE FUNCTION redshift_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT date_trunc('second', statement_timestamp() AT TIME ZONE current_setting('timezone')) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.sysdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT transaction_timestamp() AT TIME ZONE current_setting('timezone') $$;

-- Redshift guide, PG_LAST_COPY_ID and PG_LAST_COPY_COUNT: of the session's last COPY.
CREATE OR REPLACE FUNCTION redshift_catalog.pg_last_copy_id() RETURNS integer LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('redshift.last_copy_id', true), ''), '-1')::integer $$;

CREATE OR REPLACE FUNCTION redshift_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('redshift.last_copy_count', true), ''), '0')::bigint $$;
