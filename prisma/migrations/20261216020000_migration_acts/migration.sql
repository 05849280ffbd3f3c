-- What a person does to a migration who has no shell: ask a run to stop, as SIGTERM does, and say that copies outside the database are dealt with. Neither needs plaintext or a store.
ALTER TABLE migration_run
  ADD COLUMN stop_asked_at timestamptz,
  ADD COLUMN stop_asked_by text CHECK (rcm_is_person(stop_asked_by)),
  ADD COLUMN stop_reason   text CHECK (btrim(stop_reason) <> '' AND length(stop_reason) <= 1000),
  ADD CONSTRAINT migration_run_stop_says_who CHECK (num_nulls(stop_asked_at, stop_asked_by, stop_reason) IN (0, 3));
-- Once, and while it runs.
CREATE FUNCTION rcm_stop_asked() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.ended_at IS NOT NULL OR OLD.stop_asked_at IS NOT NULL THEN
    RAISE EXCEPTION 'the run has ended, or was asked to stop: this violates constraint "migration_run_stops_once"' USING ERRCODE = 'check_violation';
  END IF;
  NEW.stop_asked_at := clock_timestamp();
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION rcm_stop_asked() FROM PUBLIC;
CREATE TRIGGER stop_asked BEFORE UPDATE OF stop_asked_at, stop_asked_by, stop_reason ON migration_run FOR EACH ROW EXECUTE FUNCTION rcm_stop_asked();
GRANT UPDATE (stop_asked_at, stop_asked_by, stop_reason) ON migration_run TO rcm_migrator, rcm_console;
GRANT SELECT, UPDATE (dealt_with_at, dealt_with_by, reason) ON storage_outside TO rcm_console;
