-- A standby that takes over is the server that it followed, by its identifier, and lacks what that one had not sent yet; a server that is brought back to an earlier moment
-- keeps its own. Its ledger lacked failures that portals had counted, and nobody noticed: accounts were locked. Both write on a timeline of their own from then on, and that is noticed
-- like another server. Not only where a process starts: those that run go on with whichever server takes over.
ALTER TABLE database_place ADD COLUMN timeline integer;
GRANT INSERT (timeline), UPDATE (timeline) ON database_place TO rcm_internal;

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- Where the platform does not tell its identifier, nothing is noticed, and a person has to say it; where it tells no timeline, the identifier is all there is.
CREATE OR REPLACE FUNCTION rcm_note_place() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  here bigint;
  this_one bigint := (SELECT d.oid::bigint FROM pg_database d WHERE d.datname = current_database());
  line integer;
  was record;
BEGIN
  BEGIN
    SELECT c.system_identifier INTO here FROM pg_control_system() c;
  EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported THEN
    RETURN;
  END;
  BEGIN
    -- Of what is written now: the control file may name the one before for a moment.
    line := ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer;
  EXCEPTION WHEN OTHERS THEN
    -- A platform that keeps its log otherwise says so as it likes, and nobody may be kept from logging in by it.
    line := NULL;
  END;
  IF EXISTS (SELECT FROM public.database_place p WHERE p.system_identifier = here AND p.database_oid = this_one AND (line IS NULL OR p.timeline = line)) THEN RETURN; END IF;
  -- Of two that look at once, one notices.
  PERFORM pg_advisory_xact_lock(hashtext('rcm_note_place'));
  SELECT p.timeline INTO was FROM public.database_place p WHERE p.system_identifier = here AND p.database_oid = this_one;
  IF FOUND THEN
    IF line IS NULL OR was.timeline = line THEN RETURN; END IF;
    UPDATE public.database_place p SET timeline = line WHERE p.system_identifier = here AND p.database_oid = this_one;
    -- Of one from before timelines were noted it is not known which it was.
    IF was.timeline IS NULL THEN RETURN; END IF;
    INSERT INTO public.database_restore (kind, actor, reason)
    VALUES ('another_place', 'rcm', 'a standby has taken over, or the server was brought back to an earlier moment, since a login was last begun');
    RETURN;
  END IF;
  INSERT INTO public.database_place (system_identifier, database_oid, timeline) VALUES (here, this_one, line);
  IF (SELECT count(*) FROM public.database_place) = 1 THEN RETURN; END IF;
  INSERT INTO public.database_restore (kind, actor, reason)
  VALUES ('another_place', 'rcm', 'the database is on another server, or another database of one, than when a process was last started');
END $$;
-- What a person says is of the place where they say it: noticed afterwards, by the first process that starts there, it would take back that nothing was lost. By statement, so that what
-- is noticed comes before what is said; a place that was just noted is noticed no more.
CREATE FUNCTION rcm_note_place_first() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.rcm_note_place();
  RETURN NULL;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
CREATE TRIGGER note_place_first BEFORE INSERT ON database_restore FOR EACH STATEMENT EXECUTE FUNCTION rcm_note_place_first();
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_note_place_first() FROM PUBLIC;
RESET ROLE;
