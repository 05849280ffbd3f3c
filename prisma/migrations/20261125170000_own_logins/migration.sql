-- A row of one's own that names somebody else's login would spend its budget, hold its lease or stop its rotation without showing a row
-- of it. A lease, an attempt to log in and a rotation are of the login that their endpoint has at that moment.
CREATE POLICY own_login ON login_lease AS RESTRICTIVE FOR INSERT
  WITH CHECK (EXISTS (SELECT FROM integration_endpoint e WHERE e.org_id = login_lease.org_id AND e.id = login_lease.endpoint_id AND e.login_identity = login_lease.login_identity));
CREATE POLICY own_login ON login_attempt AS RESTRICTIVE FOR INSERT
  WITH CHECK (EXISTS (SELECT FROM integration_endpoint e WHERE e.org_id = login_attempt.org_id AND e.id = login_attempt.endpoint_id AND e.login_identity = login_attempt.login_identity));
CREATE POLICY own_login ON rotation_attempt AS RESTRICTIVE FOR INSERT
  WITH CHECK (EXISTS (SELECT FROM integration_endpoint e WHERE e.org_id = rotation_attempt.org_id AND e.id = rotation_attempt.endpoint_id AND e.login_identity = rotation_attempt.login_identity));

-- Over all tenants a rotator or migrator looks, and acts for one: a statement without its WHERE must not reach every tenant's logins. Left
-- out are due dates, watches, notices and the audit trail, which the scheduler writes for all of them.
DO $$
DECLARE
  of_logins regclass;
BEGIN
  FOREACH of_logins IN ARRAY ARRAY['login_identity', 'login_lease', 'login_attempt', 'rotation_attempt', 'migration_proof']::regclass[] LOOP
    EXECUTE format('CREATE POLICY adds_for_one ON %s AS RESTRICTIVE FOR INSERT TO rcm_rotator, rcm_migrator WITH CHECK ((SELECT rcm_tenant()) <> ''*'')', of_logins);
    EXECUTE format('CREATE POLICY changes_for_one ON %s AS RESTRICTIVE FOR UPDATE TO rcm_rotator, rcm_migrator USING ((SELECT rcm_tenant()) <> ''*'')', of_logins);
    EXECUTE format('CREATE POLICY removes_for_one ON %s AS RESTRICTIVE FOR DELETE TO rcm_rotator, rcm_migrator USING ((SELECT rcm_tenant()) <> ''*'')', of_logins);
  END LOOP;
END $$;
-- `config` may hold plaintext, and the reference says where the password lies.
CREATE POLICY changes_for_one ON integration_endpoint AS RESTRICTIVE FOR UPDATE TO rcm_migrator USING ((SELECT rcm_tenant()) <> '*');

-- A database that was made before Postgres 15 lets everybody make things where the functions look for theirs.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
