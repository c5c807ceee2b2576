-- Users, roles and groups, and what is granted to them. Redshift guide, r_GRANT, r_CREATE_GROUP

-- PostgreSQL has only roles: one that can log in is a user, and CREATE GROUP marks groups by a comment.
CREATE OR REPLACE FUNCTION redshift_catalog.kind_of_identity(identity oid) RETURNS text LANGUAGE sql STABLE AS $$
SELECT CASE WHEN identity = 0 THEN 'public'
            WHEN (SELECT rolcanlogin FROM pg_catalog.pg_roles WHERE oid = identity) THEN 'user'
            WHEN shobj_description(identity, 'pg_authid') = 'group' THEN 'group'
            ELSE 'role' END
$$;

CREATE OR REPLACE PROCEDURE redshift_catalog.create_group(name text, VARIADIC members text[] DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
    member text;
BEGIN
    EXECUTE format('CREATE GROUP %I', name);
    EXECUTE format('COMMENT ON ROLE %I IS %L', name, 'group');
    FOREACH member IN ARRAY members LOOP
        EXECUTE format('ALTER GROUP %I ADD USER %I', name, member);
    END LOOP;
END $$;

-- Run a GRANT or REVOKE after looking at its grantees, which are kinds and names in turn.
CREATE OR REPLACE PROCEDURE redshift_catalog.change_privileges(statement text, VARIADIC grantees text[]) LANGUAGE plpgsql AS $$
BEGIN
    FOR place IN 1 .. cardinality(grantees) BY 2 LOOP
        IF grantees[place] <> 'public' AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_roles
            WHERE rolname = grantees[place + 1] AND redshift_catalog.kind_of_identity(oid) = grantees[place]
        ) THEN
            RAISE EXCEPTION '% "%" does not exist', grantees[place], grantees[place + 1] USING ERRCODE = '42704';
        END IF;
    END LOOP;
    EXECUTE statement;
END $$;

CREATE OR REPLACE FUNCTION redshift_catalog.name_of_identity(identity oid) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT CASE WHEN identity = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(identity)::text END $$;

-- Redshift guide, SVV_RELATION_PRIVILEGES
CREATE OR REPLACE VIEW redshift_catalog.svv_relation_privileges AS
SELECT n.nspname::text AS namespace_name, c.relname::text AS relation_name, a.privilege_type,
       a.grantee::bigint::integer AS identity_id, redshift_catalog.name_of_identity(a.grantee) AS identity_name,
       redshift_catalog.kind_of_identity(a.grantee) AS identity_type, a.is_grantable AS admin_option
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(c.relacl) AS a
WHERE c.relkind IN ('r', 'v') AND n.nspname NOT IN ('redshift_catalog', 'pg_catalog', 'information_schema');

-- Redshift guide, SVV_SCHEMA_PRIVILEGES
CREATE OR REPLACE VIEW redshift_catalog.svv_schema_privileges AS
SELECT n.nspname::text AS namespace_name, a.privilege_type, a.grantee::bigint::integer AS identity_id,
       redshift_catalog.name_of_identity(a.grantee) AS identity_name,
       redshift_catalog.kind_of_identity(a.grantee) AS identity_type, a.is_grantable AS admin_option,
       'SCHEMA'::text AS privilege_scope
FROM pg_catalog.pg_namespace AS n
CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
WHERE n.nspname NOT IN ('redshift_catalog', 'pg_catalog', 'information_schema');

-- Redshift guide, SVV_DATABASE_PRIVILEGES: it calls TEMPORARY TEMP.
CREATE OR REPLACE VIEW redshift_catalog.svv_database_privileges AS
SELECT d.datname::text AS database_name, replace(a.privilege_type, 'TEMPORARY', 'TEMP') AS privilege_type,
       a.grantee::bigint::integer AS identity_id, redshift_catalog.name_of_identity(a.grantee) AS identity_name,
       redshift_catalog.kind_of_identity(a.grantee) AS identity_type, a.is_grantable AS admin_option,
       'DATABASE'::text AS privilege_scope
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL aclexplode(d.datacl) AS a
WHERE a.privilege_type <> 'CONNECT';

-- Redshift guide, SVV_DEFAULT_PRIVILEGES
CREATE OR REPLACE VIEW redshift_catalog.svv_default_privileges AS
SELECT n.nspname::text AS schema_name, 'RELATION'::text AS object_type, d.defaclrole::bigint::integer AS owner_id,
       redshift_catalog.name_of_identity(d.defaclrole) AS owner_name, 'user'::text AS owner_type, a.privilege_type,
       a.grantee::bigint::integer AS grantee_id, redshift_catalog.name_of_identity(a.grantee) AS grantee_name,
       redshift_catalog.kind_of_identity(a.grantee) AS grantee_type, a.is_grantable AS admin_option
FROM pg_catalog.pg_default_acl AS d
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a
WHERE d.defaclobjtype = 'r';

-- What the stand-in keeps for everyone: statements of any user read it, and those that make tables write it.
GRANT USAGE ON SCHEMA redshift_catalog TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA redshift_catalog TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA redshift_catalog TO PUBLIC;
