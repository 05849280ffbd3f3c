-- What `adopt` keeps of a row is a keyed fingerprint of all that it holds, the password with it: like a proof's it must be in no sample of ANALYZE. `scrub` writes the table anew
-- and removes the samples that were taken before.
ALTER TABLE adopted_id ALTER COLUMN fingerprint SET STATISTICS 0;
