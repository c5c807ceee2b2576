-- The design of tables, which PostgreSQL's catalogue does not have.
-- The statements of these files are idempotent: installing twice changes nothing.

CREATE SCHEMA IF NOT EXISTS redshift_catalog;

CREATE TABLE IF NOT EXISTS redshift_catalog.table_design (
    relid oid PRIMARY KEY,
    diststyle text NOT NULL                -- EVEN, KEY, ALL or AUTO
);

CREATE TABLE IF NOT EXISTS redshift_catalog.column_design (
    relid oid,
    attnum smallint,
    encoding text NOT NULL,                -- lower case; 'none' is RAW
    distkey boolean NOT NULL,
    sortkey integer NOT NULL,              -- place in the sort key from 1, 0 when not part of it
    PRIMARY KEY (relid, attnum)
);

-- Primary, unique and foreign keys: recorded, not enforced. Redshift guide, t_Defining_constraints
CREATE TABLE IF NOT EXISTS redshift_catalog.table_key (
    oid oid PRIMARY KEY,
    relid oid NOT NULL,
    conname name NOT NULL,
    contype "char" NOT NULL,               -- p, u or f
    conkey smallint[] NOT NULL,
    definition text NOT NULL
);

CREATE SEQUENCE IF NOT EXISTS redshift_catalog.key_oid MINVALUE 1000000000 MAXVALUE 2000000000;

-- The columns that a foreign key references, as text: the named ones, or the primary key's. Redshift guide, r_CREATE_TABLE_NEW
CREATE OR REPLACE FUNCTION redshift_catalog.referred_columns(key jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    other oid := (key ->> 'other')::regclass;  -- which must be there
    referred text[] := ARRAY(SELECT jsonb_array_elements_text(key -> 'referred'));
    missing text;
BEGIN
    IF cardinality(referred) = 0 THEN
        SELECT ARRAY(SELECT a.attname::text
                     FROM unnest(k.conkey) WITH ORDINALITY AS part (attnum, place)
                     JOIN pg_attribute AS a ON a.attrelid = k.relid AND a.attnum = part.attnum
                     ORDER BY part.place)
        INTO referred FROM redshift_catalog.table_key AS k WHERE k.relid = other AND k.contype = 'p';
        IF referred IS NULL THEN
            RAISE EXCEPTION 'there is no primary key for referenced table "%"', key ->> 'shown' USING ERRCODE = '42704';
        END IF;
    END IF;
    SELECT min(name) INTO missing FROM unnest(referred) AS name
    WHERE name NOT IN (SELECT attname FROM pg_attribute WHERE attrelid = other AND attnum > 0 AND NOT attisdropped);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'column "%" referenced in foreign key constraint does not exist', missing USING ERRCODE = '42703';
    END IF;
    IF cardinality(referred) <> jsonb_array_length(key -> 'columns') THEN
        RAISE EXCEPTION 'number of referencing and referenced columns for foreign key disagree' USING ERRCODE = '42830';
    END IF;
    RETURN array_to_string(referred, ', ');
END $$;

CREATE OR REPLACE PROCEDURE redshift_catalog.record_key(relation regclass, key jsonb) LANGUAGE plpgsql AS $$
DECLARE
    definition text := key ->> 'definition';
BEGIN
    IF key ->> 'kind' = 'f' THEN
        definition := format('%s %s(%s)', definition, key ->> 'shown', redshift_catalog.referred_columns(key));
    END IF;
    INSERT INTO redshift_catalog.table_key
    SELECT nextval('redshift_catalog.key_oid')::oid, relation, key ->> 'name', (key ->> 'kind')::"char",
           ARRAY(SELECT a.attnum
                 FROM jsonb_array_elements_text(key -> 'columns') WITH ORDINALITY AS part (name, place)
                 JOIN pg_attribute AS a ON a.attrelid = relation AND a.attname = part.name
                 ORDER BY part.place),
           definition;
END $$;

CREATE OR REPLACE PROCEDURE redshift_catalog.record_design(relation regclass, design jsonb) LANGUAGE plpgsql AS $$
DECLARE
    key jsonb;
BEGIN
    DELETE FROM redshift_catalog.table_design WHERE relid = relation;
    DELETE FROM redshift_catalog.column_design WHERE relid = relation;
    DELETE FROM redshift_catalog.table_key WHERE relid = relation;
    INSERT INTO redshift_catalog.table_design VALUES (relation, design ->> 'diststyle');
    INSERT INTO redshift_catalog.column_design
    SELECT relation, a.attnum, col.design ->> 'encoding', (col.design ->> 'distkey')::boolean, (col.design ->> 'sortkey')::integer
    FROM jsonb_each(design -> 'columns') AS col (name, design)
    JOIN pg_attribute AS a ON a.attrelid = relation AND a.attname = col.name;
    FOR key IN SELECT value FROM jsonb_array_elements(design -> 'keys') ORDER BY value ->> 'kind' = 'f' LOOP
        CALL redshift_catalog.record_key(relation, key);  -- foreign keys last: they may refer to the table's own
    END LOOP;
    CALL redshift_catalog.index_sort_key(relation);
END $$;

-- The closest to zone maps: a BRIN index lets PostgreSQL skip the blocks that Redshift skips by the sort key.
CREATE OR REPLACE PROCEDURE redshift_catalog.index_sort_key(relation regclass) LANGUAGE plpgsql AS $$
DECLARE
    sort_columns text;
    index_name text := 'sort_key_of_' || relation::oid;
    existing regclass;
BEGIN
    SELECT i.indexrelid INTO existing FROM pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = relation AND c.relname = index_name;
    IF existing IS NOT NULL THEN
        EXECUTE format('DROP INDEX %s', existing);
    END IF;
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY abs(c.sortkey)) INTO sort_columns
    FROM redshift_catalog.column_design AS c
    JOIN pg_attribute AS a ON a.attrelid = c.relid AND a.attnum = c.attnum
    WHERE c.relid = relation AND c.sortkey <> 0;
    IF sort_columns IS NOT NULL THEN
        EXECUTE format('CREATE INDEX %I ON %s USING brin (%s)', index_name, relation, sort_columns);
    END IF;
END $$;

-- The stand-in's schema is the last of every search path; tables must not be created in it when no other schema exists.
CREATE OR REPLACE PROCEDURE redshift_catalog.find_place_for(target text, ddl text) LANGUAGE plpgsql AS $$
BEGIN
    IF current_schema() = 'redshift_catalog' AND cardinality(parse_ident(target)) = 1 AND ddl NOT LIKE 'CREATE TEMPORARY %' THEN
        RAISE EXCEPTION 'no schema has been selected to create in' USING ERRCODE = '3F000';
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE redshift_catalog.create_table(ddl text, target text, design jsonb) LANGUAGE plpgsql AS $$
BEGIN
    IF (design ->> 'if_not_exists')::boolean AND to_regclass(target) IS NOT NULL THEN
        RAISE INFO 'Relation "%" already exists and will be skipped', target;
        RETURN;
    END IF;
    CALL redshift_catalog.find_place_for(target, ddl);
    EXECUTE ddl;
    CALL redshift_catalog.record_design(target::regclass, design);
END $$;
