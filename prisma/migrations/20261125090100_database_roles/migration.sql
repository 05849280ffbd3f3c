-- Whom rights are given to (docs/database-roles.md). None of the four can log in: the operator makes the logins, as members.
--   rcm_agent     one tenant at a time, and never another's row
--   rcm_rotator   schedules for every tenant, acts for one at a time
--   rcm_migrator  moves legacy credentials of every tenant, one at a time
--   rcm_internal  nobody's login: owns the few functions that look across tenants and answer with counts or ids
--
-- Roles belong to the whole cluster. Other databases of it may be migrated at this very moment, and the operator may have made the
-- roles beforehand; so each is made only where it is missing, and losing that race is fine.
DO $$
DECLARE
  wanted name;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['rcm_agent', 'rcm_rotator', 'rcm_migrator', 'rcm_internal']::name[] LOOP
    IF to_regrole(wanted) IS NULL THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN
          RAISE EXCEPTION 'role % is missing and % may not create it; see docs/database-roles.md', wanted, current_user USING ERRCODE = 'insufficient_privilege';
      END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = wanted AND (r.rolsuper OR r.rolbypassrls)) THEN
      RAISE EXCEPTION 'role % must be neither superuser nor BYPASSRLS', wanted USING ERRCODE = 'invalid_role_specification';
    END IF;
  END LOOP;
  -- To give functions to rcm_internal. Never inherited: its rights must not become those of the tables' owner.
  IF NOT pg_has_role(current_user, 'rcm_internal', 'SET') THEN
    EXECUTE format('GRANT rcm_internal TO %I WITH INHERIT FALSE, SET TRUE', current_user);
  END IF;
END $$;
