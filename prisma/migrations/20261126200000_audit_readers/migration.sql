-- Who reads the audit trail, and nothing else (docs/audit.md). Neither can log in: the operator makes the logins, as members.
--   rcm_auditor      exports the events and checks them against signed heads
--   rcm_head_writer  signs how long each chain is and with which hash it ends; what the events say it cannot read
DO $$
DECLARE
  wanted name;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['rcm_auditor', 'rcm_head_writer']::name[] LOOP
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
END $$;

GRANT USAGE ON SCHEMA public TO rcm_auditor, rcm_head_writer;
GRANT SELECT ON audit_event TO rcm_auditor;
GRANT SELECT (org_id, seq, hash) ON audit_event TO rcm_head_writer;
-- As `every_tenant` is for those who also act.
CREATE POLICY every_chain ON audit_event FOR SELECT TO rcm_auditor, rcm_head_writer USING ((SELECT rcm_tenant()) = '*');
