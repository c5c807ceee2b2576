-- Redshift's functions that PostgreSQL does not have and whose calls its grammar accepts.

CREATE OR REPLACE FUNCTION redshift_catalog.version() RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.58814'::text $$;

-- Redshift guide, r_GETDATE: the start of the statement; r_SYSDATE: the start of the transaction. Both have no zone.
CREATE OR REPLACE FUNCTION redshift_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT date_trunc('second', statement_timestamp() AT TIME ZONE current_setting('timezone')) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.sysdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT transaction_timestamp() AT TIME ZONE current_setting('timezone') $$;

-- The value to which this session has last set a sequence, even if rolled back; NULL if it has not.
CREATE OR REPLACE FUNCTION redshift_catalog.remembered(sequence regclass) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN currval(sequence);
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RETURN NULL;
END $$;

CREATE SEQUENCE IF NOT EXISTS redshift_catalog.last_copy_id;
CREATE SEQUENCE IF NOT EXISTS redshift_catalog.last_copy_count MINVALUE 0;

-- Redshift guide, PG_LAST_COPY_ID and PG_LAST_COPY_COUNT: of the session's last COPY, even if it failed or was rolled back.
CREATE OR REPLACE FUNCTION redshift_catalog.pg_last_copy_id() RETURNS integer LANGUAGE sql STABLE AS
$$ SELECT coalesce(redshift_catalog.remembered('redshift_catalog.last_copy_id'), -1)::integer $$;

CREATE OR REPLACE FUNCTION redshift_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT coalesce(redshift_catalog.remembered('redshift_catalog.last_copy_count'), 0) $$;

CREATE SEQUENCE IF NOT EXISTS redshift_catalog.last_unload_count MINVALUE 0;

-- Redshift guide, PG_LAST_UNLOAD_COUNT: rows of the session's last successful UNLOAD; 0 if there was none.
CREATE OR REPLACE FUNCTION redshift_catalog.pg_last_unload_count() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT coalesce(redshift_catalog.remembered('redshift_catalog.last_unload_count'), 0) $$;

-- ------------------------------------------------------------------ texts

-- Redshift guide, r_CONCAT: two arguments, NULL if one of them is. Numbers and times are converted to texts.
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

CREATE OR REPLACE FUNCTION redshift_catalog.textlen(value text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT length(value) $$;

-- Redshift guide, r_CHARINDEX: STRPOS with its arguments reversed.
CREATE OR REPLACE FUNCTION redshift_catalog.charindex(part text, value text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT strpos(value, part) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.replicate(value text, times integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT repeat(value, times) $$;

-- Redshift guide, SHA2: 0 means 256; an unknown number of bits returns an empty text.
CREATE OR REPLACE FUNCTION redshift_catalog.sha2(value text, bits integer) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE bits
    WHEN 224 THEN encode(sha224(convert_to(value, 'UTF8')), 'hex')
    WHEN 0 THEN encode(sha256(convert_to(value, 'UTF8')), 'hex')
    WHEN 256 THEN encode(sha256(convert_to(value, 'UTF8')), 'hex')
    WHEN 384 THEN encode(sha384(convert_to(value, 'UTF8')), 'hex')
    WHEN 512 THEN encode(sha512(convert_to(value, 'UTF8')), 'hex')
    ELSE ''
END $$;

-- Redshift guide, r_STRTOL: an empty text is 0; leading blanks, a sign and, with base 16, 0x are accepted.
CREATE OR REPLACE FUNCTION redshift_catalog.strtol(value text, base integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    prefix text := CASE base WHEN 16 THEN '(?:0x)?' ELSE '' END;
    parts text[] := regexp_match(lower(value), '^[[:space:]]*([-+]?)' || prefix || '([0-9a-z]+)$');
    known text := left('0123456789abcdefghijklmnopqrstuvwxyz', base);
    number numeric := 0;
    digit text;
BEGIN
    IF value = '' THEN
        RETURN 0;
    ELSIF base NOT BETWEEN 2 AND 36 OR parts IS NULL OR translate(parts[2], known, '') <> '' THEN
        RAISE EXCEPTION 'STRTOL cannot read "%" as a number of base %', value, base USING ERRCODE = '22023';
    END IF;
    FOREACH digit IN ARRAY string_to_array(parts[2], NULL) LOOP
        number := number * base + strpos(known, digit) - 1;
    END LOOP;
    RETURN CASE parts[1] WHEN '-' THEN -number ELSE number END;
END $$;

-- Redshift guide, r_LISTAGG: NULLs and empty texts are skipped, and the result must fit a VARCHAR(MAX).
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
