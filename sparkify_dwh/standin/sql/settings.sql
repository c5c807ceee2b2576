-- Redshift's functions for session parameters.

-- Redshift guide, r_CURRENT_SETTING. The search path is shown without the stand-in's schema.
CREATE OR REPLACE FUNCTION redshift_catalog.current_setting(name text) RETURNS text LANGUAGE sql STABLE AS $$
SELECT CASE lower(name)
    WHEN 'search_path' THEN regexp_replace(pg_catalog.current_setting('search_path'), ', *redshift_catalog$', '')
    WHEN 'server_version' THEN '8.0.2'
    WHEN 'statement_timeout'  -- in milliseconds, without a unit
        THEN (SELECT setting FROM pg_catalog.pg_settings AS s WHERE s.name = 'statement_timeout')
    ELSE coalesce(pg_catalog.current_setting('sparkify_standin.' || lower(name), true), pg_catalog.current_setting(name))
END $$;

-- Redshift guide, r_SET_CONFIG
CREATE OR REPLACE FUNCTION redshift_catalog.set_config(name text, value text, is_local boolean) RETURNS text
LANGUAGE sql VOLATILE AS $$
SELECT CASE lower(name)
    WHEN 'search_path'
        THEN regexp_replace(pg_catalog.set_config('search_path', value || ', redshift_catalog', is_local), ', *redshift_catalog$', '')
    ELSE pg_catalog.set_config(name, value, is_local)
END $$;

-- SET search_path. Redshift refuses schemas that do not exist: https://github.com/airbytehq/airbyte/pull/12005
CREATE OR REPLACE PROCEDURE redshift_catalog.set_search_path(is_local boolean, VARIADIC schemas text[]) LANGUAGE plpgsql AS $$
DECLARE
    missing text := (
        SELECT name FROM unnest(schemas) AS name
        WHERE name NOT IN ('$user', 'pg_temp') AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = name)
        LIMIT 1
    );
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist', missing USING ERRCODE = '3F000';
    END IF;
    PERFORM pg_catalog.set_config(
        'search_path', (SELECT string_agg(quote_ident(name), ', ') FROM unnest(schemas) AS name) || ', redshift_catalog', is_local
    );
END $$;
