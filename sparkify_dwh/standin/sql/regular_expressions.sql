-- Redshift's regular expression functions. PostgreSQL has some of these names, but replaces only the first match, has other
-- parameters, and raises errors where Redshift returns a result. Redshift guide, REGEXP_REPLACE, REGEXP_SUBSTR, REGEXP_INSTR, REGEXP_COUNT
--
-- A position below 1 means the first character; one after the last character has no match. Where the guide does not say: \1 in
-- a replacement is the first group of the match, as in PostgreSQL, and $1 is text; the last of c and i counts.

-- PostgreSQL's flags for Redshift's parameters; ``known`` are those that the function accepts. PostgreSQL's p is different.
CREATE OR REPLACE FUNCTION redshift_catalog.regexp_flags(parameters text, known text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF strpos(parameters, 'p') > 0 THEN
        RAISE EXCEPTION 'Perl-compatible patterns (parameter p) are not supported by the stand-in' USING ERRCODE = '0A000';
    ELSIF translate(parameters, known, '') <> '' THEN
        RAISE EXCEPTION 'invalid parameters of a regular expression: "%"', parameters USING ERRCODE = '22023';
    END IF;
    RETURN translate(parameters, 'e', '');
END $$;

-- With e the result is the pattern's first group; without groups e has no effect. The () after the pattern adds a group.
CREATE OR REPLACE FUNCTION redshift_catalog.regexp_group(pattern text, parameters text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (strpos(parameters, 'e') > 0 AND cardinality(regexp_match('', pattern || '|()')) > 1)::integer $$;

CREATE OR REPLACE FUNCTION redshift_catalog.regexp_replace(
    source text, pattern text, replacement text DEFAULT '', at integer DEFAULT 1, parameters text DEFAULT 'c'
) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE
    WHEN at > length(source) THEN source
    ELSE pg_catalog.regexp_replace(
        source, pattern, replacement, greatest(at, 1), 0, redshift_catalog.regexp_flags(parameters, 'ci')
    )
END $$;

-- Without a match the result is an empty text; without that occurrence it is NULL.
CREATE OR REPLACE FUNCTION redshift_catalog.regexp_substr(
    source text, pattern text, at integer DEFAULT 1, occurrence integer DEFAULT 1, parameters text DEFAULT 'c'
) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE
    WHEN at > length(source) THEN ''
    WHEN occurrence NOT BETWEEN 1 AND length(source) THEN NULL
    ELSE coalesce(
        pg_catalog.regexp_substr(
            source, pattern, greatest(at, 1), occurrence, redshift_catalog.regexp_flags(parameters, 'cie'),
            redshift_catalog.regexp_group(pattern, parameters)
        ),
        ''
    )
END $$;

CREATE OR REPLACE FUNCTION redshift_catalog.regexp_instr(
    source text, pattern text, at integer DEFAULT 1, occurrence integer DEFAULT 1, option integer DEFAULT 0,
    parameters text DEFAULT 'c'
) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE
    WHEN at > length(source) OR occurrence NOT BETWEEN 1 AND length(source) THEN 0
    ELSE pg_catalog.regexp_instr(
        source, pattern, greatest(at, 1), occurrence, (option <> 0)::integer,
        redshift_catalog.regexp_flags(parameters, 'cie'), redshift_catalog.regexp_group(pattern, parameters)
    )
END $$;

CREATE OR REPLACE FUNCTION redshift_catalog.regexp_count(
    source text, pattern text, at integer DEFAULT 1, parameters text DEFAULT 'c'
) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE
    WHEN at > length(source) THEN 0
    ELSE pg_catalog.regexp_count(source, pattern, greatest(at, 1), redshift_catalog.regexp_flags(parameters, 'ci'))
END $$;
