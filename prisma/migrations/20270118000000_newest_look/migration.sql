-- A proof that a secret is what its row holds let a scrub remove the row's plaintext although somebody had begun to look at the secret again: that look had found something else, and the older
-- proof was written after it was taken back, or was never taken back, as Postgres was away by then. Looks are numbered when they begin, before the store is asked, and a proof counts
-- only while its own look is the newest.
CREATE TABLE newest_look (
  endpoint_id text PRIMARY KEY,
  org_id      text NOT NULL,
  number      integer NOT NULL CHECK (number > 0),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);
CALL rcm_isolate('newest_look');
CREATE INDEX newest_look_by_org ON newest_look (org_id, endpoint_id);
CREATE POLICY every_tenant_is_shown ON newest_look FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
GRANT SELECT, INSERT, UPDATE (number) ON newest_look TO rcm_migrator;
GRANT SELECT ON newest_look TO rcm_console;

ALTER TABLE migration_proof
  -- Null in proofs from before looks had numbers: they count until somebody looks again.
  ADD COLUMN look integer,
  -- For whoever may know that a proof is bound to the bytes of a row, and not what they are.
  ADD COLUMN binds_row boolean NOT NULL GENERATED ALWAYS AS (row_fingerprint IS NOT NULL) STORED;
GRANT SELECT (version, look, binds_row) ON migration_proof TO rcm_console;

-- As before, and a proof's look is nobody's to change.
DROP TRIGGER migration_proof_append_only ON migration_proof;
CREATE TRIGGER migration_proof_append_only BEFORE TRUNCATE OR UPDATE OF id, org_id, endpoint_id, step, version, secret_arn, proved_at, look ON migration_proof
  FOR EACH STATEMENT EXECUTE FUNCTION rcm_refuse_change();
