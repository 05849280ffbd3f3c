import { Prisma } from '../generated/client.ts';

/** The schema that holds what is ours: a login may have others in its database, as an operator's monitoring does. */
const OURS = Prisma.sql`('public')`;

/**
 * What the login itself was given, owns or is named by in a policy, of this database: all that Postgres keeps track of for when a role is
 * dropped. `CONNECT` on the database is an operator's way to let nobody else in, and what is temporary is its own session's.
 */
export const ownRights = (login: string): Prisma.Sql => Prisma.sql`
  SELECT i.type || ' ' || i.identity AS what,
         CASE WHEN d.deptype = 'r' THEN 'DROP POLICY ' || replace(i.identity, ' on ', ' ON ')
              WHEN d.deptype = 'o' THEN 'ALTER ' || i.type || ' ' || i.identity || ' OWNER TO …'
              WHEN i.type IN ('table', 'view', 'materialized view', 'sequence', 'function', 'procedure', 'schema') AND d.objsubid = 0
                THEN 'REVOKE ALL ON ' || replace(upper(i.type), 'MATERIALIZED VIEW', 'TABLE') || ' ' || i.identity || ' FROM ' || quote_ident(${login})
              ELSE 'DROP OWNED BY ' || quote_ident(${login}) || ' (in this database; it keeps its roles)' END AS run
    FROM pg_shdepend d CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
   WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = (SELECT r.oid FROM pg_roles r WHERE r.rolname = ${login})
     AND d.dbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database()) AND d.deptype IN ('a', 'o', 'r', 'i')
     AND coalesce(i.schema, '') NOT LIKE 'pg\\_temp%' AND coalesce(i.schema, '') NOT LIKE 'pg\\_toast%'
   ORDER BY 1 LIMIT 1`;

/** What was given to PUBLIC: nothing of ours is, but for functions that run with nobody's rights but the caller's. */
export const GRANTED_TO_EVERYBODY = Prisma.sql`
  SELECT o.what, o.run FROM (
    SELECT format('%s (%s)', c.oid::regclass, a.privilege_type) AS what, format('REVOKE ALL ON %s FROM PUBLIC', c.oid::regclass) AS run
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) a WHERE n.nspname IN ${OURS} AND a.grantee = 0
    UNION ALL
    SELECT format('%s.%I (%s)', c.oid::regclass, t.attname, a.privilege_type), format('REVOKE ALL (%I) ON %s FROM PUBLIC', t.attname, c.oid::regclass)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute t ON t.attrelid = c.oid CROSS JOIN LATERAL aclexplode(t.attacl) a
     WHERE n.nspname IN ${OURS} AND a.grantee = 0
    UNION ALL
    SELECT p.oid::regprocedure::text, format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', p.oid::regprocedure)
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
     WHERE n.nspname IN ${OURS} AND p.prosecdef AND p.prorettype <> 'trigger'::regtype AND a.grantee = 0
  ) o ORDER BY 1 LIMIT 1`;

/** What lets PUBLIC, or this login by its name, see rows without asking for whom the transaction works. */
export const OPEN_POLICIES = Prisma.sql`
  SELECT format('policy %I on %s', p.polname, p.polrelid::regclass) AS what, format('DROP POLICY %I ON %s', p.polname, p.polrelid::regclass) AS run
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname IN ${OURS} AND p.polpermissive AND 0 = ANY (p.polroles)
     AND (coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')) NOT LIKE '%rcm_tenant()%'
   ORDER BY 1 LIMIT 1`;
