-- A row is visible to whoever has set its organization as the tenant of the transaction; without one nothing is. For every role, the
-- tables' owner among them (FORCE); only superusers and BYPASSRLS roles are beyond it, so apps must be neither.

-- NULL before the first transaction of a session that sets it, '' after one.
CREATE FUNCTION rcm_tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.tenant_id', true), '');

-- For every table with tenant data, also those that later migrations make. '*' is no organization's id. The sub-select is evaluated once
-- per statement and not once per row, and lets an index on the tenant column be used.
CREATE PROCEDURE rcm_isolate(isolated regclass, tenant_column name DEFAULT 'org_id') LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', isolated);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', isolated);
  EXECUTE format('CREATE POLICY one_tenant ON %s USING (%I = (SELECT rcm_tenant()))', isolated, tenant_column);
  EXECUTE format('CREATE POLICY every_tenant ON %s TO rcm_rotator, rcm_migrator, CURRENT_USER USING ((SELECT rcm_tenant()) = ''*'')', isolated);
END $$;

CALL rcm_isolate('organization', 'id');
CALL rcm_isolate('integration_endpoint');
CALL rcm_isolate('login_lease');
CALL rcm_isolate('rotation_attempt');
CALL rcm_isolate('login_attempt');
CALL rcm_isolate('portal_task');
CALL rcm_isolate('audit_event');
CALL rcm_isolate('migration_proof');
CALL rcm_isolate('storage_state');

-- A login identity is nobody's own: it is there for every tenant that has an endpoint with it.
ALTER TABLE login_identity ENABLE ROW LEVEL SECURITY;
ALTER TABLE login_identity FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON login_identity
  USING (EXISTS (SELECT FROM integration_endpoint e WHERE e.login_identity = login_identity.id AND e.org_id = (SELECT rcm_tenant())));
CREATE POLICY every_tenant ON login_identity TO rcm_rotator, rcm_migrator, CURRENT_USER USING ((SELECT rcm_tenant()) = '*');
-- It is written a moment before the endpoint that names it.
CREATE POLICY first_use ON login_identity FOR INSERT TO rcm_migrator, CURRENT_USER WITH CHECK (true);

-- An agent uses logins and never changes one, a migrator's rollback the other way round; what an agent writes into the ledger is its own.
CREATE POLICY agent_shares ON login_lease AS RESTRICTIVE TO rcm_agent USING (kind = 'shared');
CREATE POLICY migrator_excludes ON login_lease AS RESTRICTIVE TO rcm_migrator USING (kind = 'exclusive');
CREATE POLICY agent_attempt ON login_attempt AS RESTRICTIVE FOR INSERT TO rcm_agent WITH CHECK (actor <> 'rotator' AND rotation_attempt_id IS NULL);
-- The first word about a login stands, whoever writes the second.
CREATE POLICY first_word_stands ON login_attempt AS RESTRICTIVE FOR UPDATE TO rcm_agent, rcm_rotator, rcm_migrator USING (outcome IS NULL) WITH CHECK (true);
