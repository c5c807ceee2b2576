-- Redshift's functions that PostgreSQL lacks and whose calls its grammar can read.

CREATE OR REPLACE FUNCTION redshift_catalog.version() RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.58814'::text $$;

-- Redshift guide, r_GETDATE: the start of the statement; r_SYSDATE: the start of the transaction. Both without a zone.
CREATE OR REPLACE FUNCTION redshift_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT date_trunc('second', statement_timestamp() AT TIME ZONE current_setting('timezone')) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.sysdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT transaction_timestamp() AT TIME ZONE current_setting('timezone') $$;

-- What a sequence has last been set to in this session, which no rollback takes back; NULL when it has not been.
CREATE OR REPLACE FUNCTION redshift_catalog.remembered(sequence regclass) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN currval(sequence);
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RETURN NULL;
END $$;

CREATE SEQUENCE IF NOT EXISTS redshift_catalog.last_copy_id;
CREATE SEQUENCE IF NOT EXISTS redshift_catalog.last_copy_count MINVALUE 0;

-- Redshift guide, PG_LAST_COPY_ID and PG_LAST_COPY_COUNT: of the session's last COPY, failed or rolled back or not.
CREATE OR REPLACE FUNCTION redshift_catalog.pg_last_copy_id() RETURNS integer LANGUAGE sql STABLE AS
$$ SELECT coalesce(redshift_catalog.remembered('redshift_catalog.last_copy_id'), -1)::integer $$;

CREATE OR REPLACE FUNCTION redshift_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT coalesce(redshift_catalog.remembered('redshift_catalog.last_copy_count'), 0) $$;

-- Redshift guide, PG_LAST_UNLOAD_COUNT: rows of the session's last UNLOAD that was carried out; 0 when there was none.
CREATE OR REPLACE FUNCTION redshift_catalog.pg_last_unload_count() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('redshift.last_unload_count', true), ''), '0')::bigint $$;

-- ------------------------------------------------------------------ texts and choices

-- Redshift guide, r_CONCAT: two arguments, and NULL when one of them is. Numbers and times turn into texts by themselves.
CREATE OR REPLACE FUNCTION redshift_catalog.concat(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT a || b $$;

CREATE OR REPLACE FUNCTION redshift_catalog.concat(a text, b anyelement) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT a || b::text $$;

CREATE OR REPLACE FUNCTION redshift_catalog.concat(a anyelement, b text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT a::text || b $$;

CREATE OR REPLACE FUNCTION redshift_catalog.concat(a anyelement, b anyelement) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT a::text || b::text $$;

-- Redshift guide, r_LEN: characters; a CHAR's padding does not count.
CREATE OR REPLACE FUNCTION redshift_catalog.len(value text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT length(value) $$;

-- Redshift guide, r_LISTAGG: NULLs and empty texts are left out, and the result fits a VARCHAR(MAX).
CREATE OR REPLACE FUNCTION redshift_catalog.listagg_step(list text, value anyelement, separator text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF coalesce(value::text, '') = '' THEN
        RETURN list;
    END IF;
    list := CASE WHEN list IS NULL THEN value::text ELSE list || coalesce(separator, '') || value::text END;
    IF octet_length(list) > 65535 THEN
        RAISE EXCEPTION 'Result size exceeds LISTAGG limit' USING ERRCODE = '54000';
    END IF;
    RETURN list;
END $$;

CREATE OR REPLACE FUNCTION redshift_catalog.listagg_step(list text, value anyelement) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.listagg_step(list, value, '') $$;

CREATE OR REPLACE AGGREGATE redshift_catalog.listagg(anyelement, text) (
    SFUNC = redshift_catalog.listagg_step, STYPE = text, PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE redshift_catalog.listagg(anyelement) (
    SFUNC = redshift_catalog.listagg_step, STYPE = text, PARALLEL = SAFE
);
