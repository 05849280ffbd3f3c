-- The console's page of the migration: how far each organization is, and what the migrator was asked for. No fingerprint, and nothing of a row.
SELECT set_config('app.tenant_id', '*', true);
GRANT SELECT (org_id, endpoint_id, step, proved_at, secret_arn) ON migration_proof TO rcm_console;
GRANT SELECT (org_id, scrubbed_at, rewritten_as_of) ON storage_state TO rcm_console;
GRANT SELECT ON migration_run TO rcm_console;
CREATE POLICY every_tenant_is_shown ON migration_proof FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
CREATE POLICY every_tenant_is_shown ON storage_state FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
