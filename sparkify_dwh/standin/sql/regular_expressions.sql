-- Redshift's functions of regular expressions. PostgreSQL has some of these names, replaces the first match only, knows other
-- parameters, and errors where Redshift has an answer. Redshift guide, REGEXP_REPLACE, REGEXP_SUBSTR, REGEXP_INSTR, REGEXP_COUNT
--
-- A position below 1 is the first character's; one behind the last character finds nothing. Where the guide is silent: \1 in a
-- replacement is the first group of the match, as PostgreSQL has it, and $1 is text; of c and i the last one counts.

-- PostgreSQL's flags for Redshift's parameters; ``known`` are those that the function takes. p of PostgreSQL is another thing.
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

-- With e what counts is the pattern's first group; without groups it means nothing. The () behind the pattern is a group more.
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

-- No match is an empty text, and no such occurrence NULL.
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
