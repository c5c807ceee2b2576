-- ALTER TABLE: changes of a table's design. Redshift guide, r_ALTER_TABLE

CREATE OR REPLACE PROCEDURE redshift_catalog.add_column(ddl text, target text, column_name text, column_encoding text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE ddl;
    INSERT INTO redshift_catalog.column_design
    SELECT attrelid, attnum, column_encoding, false, 0 FROM pg_attribute
    WHERE attrelid = target::regclass AND attname = column_name;
END $$;

-- The numbers of a table's columns in the order of the given names, which must all exist.
CREATE OR REPLACE FUNCTION redshift_catalog.columns_of(relation regclass, names text[]) RETURNS smallint[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    numbers smallint[];
    missing text;
BEGIN
    SELECT array_agg(a.attnum ORDER BY wanted.place), min(wanted.name) FILTER (WHERE a.attnum IS NULL) INTO numbers, missing
    FROM unnest(names) WITH ORDINALITY AS wanted (name, place)
    LEFT JOIN pg_attribute AS a
        ON a.attrelid = relation AND a.attname = wanted.name AND a.attnum > 0 AND NOT a.attisdropped;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'column "%" of relation "%" does not exist', missing,
            (SELECT relname FROM pg_catalog.pg_class WHERE oid = relation) USING ERRCODE = '42703';
    END IF;
    RETURN numbers;
END $$;

-- "cannot drop distkey column": https://github.com/goibibo/SqlShift/issues/27, "sortkey":
-- https://github.com/dbt-labs/dbt-redshift/issues/333
CREATE OR REPLACE PROCEDURE redshift_catalog.drop_column(ddl text, target text, column_name text) LANGUAGE plpgsql AS $$
DECLARE
    relation regclass := target::regclass;
    number smallint := (redshift_catalog.columns_of(relation, ARRAY[column_name]))[1];
    design record;
BEGIN
    SELECT distkey, sortkey INTO design FROM redshift_catalog.column_design WHERE relid = relation AND attnum = number;
    IF design.distkey THEN
        RAISE EXCEPTION 'cannot drop distkey column "%"', column_name USING ERRCODE = '0A000';
    END IF;
    IF design.sortkey <> 0 THEN
        RAISE EXCEPTION 'cannot drop sortkey column "%"', column_name USING ERRCODE = '0A000';
    END IF;
    EXECUTE ddl;
    DELETE FROM redshift_catalog.column_design WHERE relid = relation AND attnum = number;
    DELETE FROM redshift_catalog.table_key WHERE relid = relation AND number = ANY (conkey);
END $$;

CREATE OR REPLACE PROCEDURE redshift_catalog.alter_encoding(
    target text, column_name text, column_encoding text, fitting_types text[]
) LANGUAGE plpgsql AS $$
DECLARE
    number smallint := (redshift_catalog.columns_of(target::regclass, ARRAY[column_name]))[1];
    column_type regtype := (SELECT atttypid FROM pg_attribute WHERE attrelid = target::regclass AND attnum = number);
BEGIN
    IF column_type <> ALL (fitting_types::regtype[]) THEN
        RAISE EXCEPTION 'encoding "%" does not fit column "%", which is %', column_encoding, column_name, column_type
            USING ERRCODE = '42P16';
    END IF;
    UPDATE redshift_catalog.column_design SET encoding = column_encoding
    WHERE relid = target::regclass AND attnum = number;
END $$;

-- Redshift keeps the encodings and may change them later; the stand-in does not. Redshift guide, r_ALTER_TABLE
CREATE OR REPLACE PROCEDURE redshift_catalog.alter_encode_auto(target text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM target::regclass;  -- which must be there
END $$;

-- style is NULL when it follows from the key of ALTER DISTKEY
CREATE OR REPLACE PROCEDURE redshift_catalog.alter_distribution(target text, style text, key_column text)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM redshift_catalog.columns_of(target::regclass, ARRAY[key_column]) WHERE key_column IS NOT NULL;
    UPDATE redshift_catalog.table_design SET diststyle = style WHERE relid = target::regclass;
    UPDATE redshift_catalog.column_design
    SET distkey = coalesce((SELECT a.attname = key_column FROM pg_attribute AS a
                            WHERE a.attrelid = relid AND a.attnum = column_design.attnum), false)
    WHERE relid = target::regclass;
END $$;

CREATE OR REPLACE PROCEDURE redshift_catalog.alter_sort_key(target text, key_columns text[]) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM redshift_catalog.columns_of(target::regclass, key_columns);
    UPDATE redshift_catalog.column_design
    SET sortkey = coalesce((SELECT array_position(key_columns, a.attname::text) FROM pg_attribute AS a
                            WHERE a.attrelid = relid AND a.attnum = column_design.attnum), 0)
    WHERE relid = target::regclass;
    CALL redshift_catalog.index_sort_key(target::regclass);
END $$;
