-- A proof binds the row's bytes: what a step found in `config.credentials`, as `<key id>:<keyed hash>`, and which secret it was compared
-- with. A row that was edited since, or names another secret, is not the row that was proved.
ALTER TABLE migration_proof
  ADD COLUMN secret_arn text,
  ADD COLUMN row_fingerprint text CHECK (row_fingerprint ~ '^[a-z0-9]{1,16}:[0-9a-f]{64}$'),
  ALTER COLUMN fingerprint DROP NOT NULL;

-- Proofs still only grow, but their fingerprints go once nothing is compared with them any more: when the plaintext has left the row, or
-- the endpoint has left the store. They can be set to nothing, both together, and to nothing else.
DROP TRIGGER migration_proof_append_only ON migration_proof;
CREATE TRIGGER migration_proof_append_only BEFORE DELETE OR TRUNCATE OR UPDATE OF id, org_id, endpoint_id, step, version, secret_arn, proved_at ON migration_proof
  FOR EACH STATEMENT EXECUTE FUNCTION rcm_refuse_change();
CREATE TRIGGER migration_proof_only_forgets BEFORE UPDATE OF fingerprint, row_fingerprint ON migration_proof
  FOR EACH ROW WHEN (NEW.fingerprint IS NOT NULL OR NEW.row_fingerprint IS NOT NULL) EXECUTE FUNCTION rcm_refuse_change();
GRANT UPDATE (fingerprint, row_fingerprint) ON migration_proof TO rcm_migrator;

-- ANALYZE copies values into the catalogue. It takes none of these columns any more; what it took before is removed by the scrub's rewrite.
ALTER TABLE integration_endpoint ALTER COLUMN config SET STATISTICS 0;
ALTER TABLE migration_proof ALTER COLUMN fingerprint SET STATISTICS 0, ALTER COLUMN row_fingerprint SET STATISTICS 0;
