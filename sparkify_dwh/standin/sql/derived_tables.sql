-- Tables derived from others: CREATE TABLE (LIKE parent) and CREATE TABLE AS.

-- Redshift guide, r_CREATE_TABLE_NEW: LIKE inherits dist style, dist key, sort keys and NOT NULL; no primary or foreign keys.
CREATE OR REPLACE PROCEDURE redshift_catalog.create_table_like(ddl text, target text, design jsonb, parent text)
LANGUAGE plpgsql AS $$
DECLARE
    existing oid := to_regclass(target);
    parent_id oid := parent::regclass;
BEGIN
    CALL redshift_catalog.create_table(ddl, target, design);
    IF target::regclass = existing THEN
        RETURN;
    END IF;
    UPDATE redshift_catalog.table_design SET diststyle = parent_design.diststyle
    FROM redshift_catalog.table_design AS parent_design
    WHERE table_design.relid = target::regclass AND parent_design.relid = parent_id;
    INSERT INTO redshift_catalog.column_design
    SELECT target::regclass, a.attnum, parent_column.encoding, parent_column.distkey, parent_column.sortkey
    FROM redshift_catalog.column_design AS parent_column
    JOIN pg_attribute AS b ON b.attrelid = parent_column.relid AND b.attnum = parent_column.attnum
    JOIN pg_attribute AS a ON a.attrelid = target::regclass AND a.attname = b.attname
    WHERE parent_column.relid = parent_id
    ON CONFLICT DO NOTHING;
    CALL redshift_catalog.index_sort_key(target::regclass);
END $$;

-- Redshift guide, r_CTAS_usage_notes: no constraints, defaults or identity. Encodings are the defaults of the types.
CREATE OR REPLACE PROCEDURE redshift_catalog.create_table_as(ddl text, target text, design jsonb) LANGUAGE plpgsql AS $$
DECLARE
    made record;
BEGIN
    CALL redshift_catalog.find_place_for(target, ddl);
    EXECUTE ddl;
    FOR made IN SELECT key FROM jsonb_object_keys(design -> 'columns') AS key
                WHERE key NOT IN (SELECT attname FROM pg_attribute WHERE attrelid = target::regclass) LOOP
        RAISE EXCEPTION 'column "%" named in key does not exist', made.key USING ERRCODE = '42703';
    END LOOP;
    CALL redshift_catalog.record_design(target::regclass, design);
    FOR made IN SELECT attnum, attname, atttypid::regtype::text AS type, atttypmod - 4 AS bytes
                FROM pg_attribute WHERE attrelid = target::regclass AND attnum > 0 LOOP
        INSERT INTO redshift_catalog.column_design VALUES (
            target::regclass, made.attnum,
            CASE WHEN made.type IN ('boolean', 'real', 'double precision') THEN 'none'
                 WHEN made.type IN ('character varying', 'character', 'text') THEN 'lzo'
                 ELSE 'az64' END,
            false, 0
        ) ON CONFLICT (relid, attnum) DO UPDATE
        SET encoding = CASE WHEN column_design.sortkey = 0 THEN excluded.encoding ELSE 'none' END;
        IF made.type IN ('character varying', 'character') AND made.bytes > 0 THEN  -- which PostgreSQL counts as characters
            EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (octet_length(%I) <= %s)',
                           target, made.attname || '_bytes_' || made.bytes
                                   || CASE made.type WHEN 'character' THEN '_char' ELSE '' END,
                           made.attname, made.bytes);
        END IF;
    END LOOP;
END $$;
