-- Redshift's functions for JSON in VARCHARs. Redshift guide, json-functions and its pages.
--
-- Where the guide does not say: JSON is what PostgreSQL accepts; null is NULL; the last of duplicate keys counts; objects and
-- arrays are returned as they are written.

-- Redshift guide, IS_VALID_JSON: for objects only; arrays have IS_VALID_JSON_ARRAY.
CREATE OR REPLACE FUNCTION redshift_catalog.is_valid_json(source text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT source IS JSON OBJECT $$;

CREATE OR REPLACE FUNCTION redshift_catalog.is_valid_json_array(source text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT source IS JSON ARRAY $$;

-- The value of a text that is JSON of that kind, "object" or "array object"; NULL or an error otherwise. In PL/pgSQL, so that
-- the text is not parsed before it is known to be JSON. The error message: Redshift guide, JSON_EXTRACT_ARRAY_ELEMENT_TEXT
CREATE OR REPLACE FUNCTION redshift_catalog.json_of(kind text, source text, null_if_invalid boolean) RETURNS json
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    is_valid boolean := CASE kind WHEN 'object' THEN source IS JSON OBJECT ELSE source IS JSON ARRAY END;
BEGIN
    IF NOT is_valid AND NOT null_if_invalid THEN
        RAISE EXCEPTION 'invalid json % %', kind, left(source, 100) USING ERRCODE = 'XX000';
    END IF;
    RETURN CASE WHEN is_valid THEN source END;
END $$;

-- Redshift guide, JSON_EXTRACT_PATH_TEXT: up to five keys, NULL if one of them does not exist. The last argument may be
-- null_if_invalid, so each number of keys has a function.
CREATE OR REPLACE FUNCTION redshift_catalog.json_extract_path_text(
    source text, a text, null_if_invalid boolean DEFAULT false
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.json_of('object', source, null_if_invalid) #>> ARRAY[a] $$;

CREATE OR REPLACE FUNCTION redshift_catalog.json_extract_path_text(
    source text, a text, b text, null_if_invalid boolean DEFAULT false
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.json_of('object', source, null_if_invalid) #>> ARRAY[a, b] $$;

CREATE OR REPLACE FUNCTION redshift_catalog.json_extract_path_text(
    source text, a text, b text, c text, null_if_invalid boolean DEFAULT false
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.json_of('object', source, null_if_invalid) #>> ARRAY[a, b, c] $$;

CREATE OR REPLACE FUNCTION redshift_catalog.json_extract_path_text(
    source text, a text, b text, c text, d text, null_if_invalid boolean DEFAULT false
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.json_of('object', source, null_if_invalid) #>> ARRAY[a, b, c, d] $$;

CREATE OR REPLACE FUNCTION redshift_catalog.json_extract_path_text(
    source text, a text, b text, c text, d text, e text, null_if_invalid boolean DEFAULT false
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.json_of('object', source, null_if_invalid) #>> ARRAY[a, b, c, d, e] $$;

CREATE OR REPLACE FUNCTION redshift_catalog.json_array_length(source text, null_if_invalid boolean DEFAULT false)
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT pg_catalog.json_array_length(redshift_catalog.json_of('array object', source, null_if_invalid)) $$;

-- Redshift guide, JSON_EXTRACT_ARRAY_ELEMENT_TEXT: from 0; a missing or negative position is NULL.
CREATE OR REPLACE FUNCTION redshift_catalog.json_extract_array_element_text(
    source text, place integer, null_if_invalid boolean DEFAULT false
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.json_of('array object', source, null_if_invalid) ->> CASE WHEN place >= 0 THEN place END $$;
