-- What no promise needs any more goes, some at a time, by an index (docs/scale.md, What goes by itself). Never the ledger, the journal, what people said of a login, backup codes that were used, or the audit trail.
SELECT set_config('app.tenant_id', '*', true);

-- A message that nobody waited for is remembered for as long as its gateway could hand it on again, and not for 400 days: anybody may send one.
ALTER TABLE inbound_seen ADD COLUMN kept_until timestamptz;
UPDATE inbound_seen SET kept_until = seen_at + interval '400 days';
ALTER TABLE inbound_seen ALTER COLUMN kept_until SET NOT NULL, ALTER COLUMN kept_until SET DEFAULT clock_timestamp() + interval '400 days';
CREATE INDEX inbound_seen_until ON inbound_seen (kept_until);
DROP INDEX inbound_seen_at;

-- A proof that a login was read again is superseded by the next one of the same secret. The first that it was moved is not: people are told when that was.
ALTER TABLE migration_proof ADD COLUMN superseded_at timestamptz;
UPDATE migration_proof p SET superseded_at = now() WHERE p.step = 'verified' AND EXISTS (
  SELECT FROM migration_proof q WHERE q.endpoint_id = p.endpoint_id AND q.org_id = p.org_id AND q.step = 'verified' AND q.secret_arn = p.secret_arn AND q.id > p.id);
CREATE INDEX migration_proof_superseded ON migration_proof (superseded_at) WHERE superseded_at IS NOT NULL AND fingerprint IS NULL AND row_fingerprint IS NULL;
CREATE FUNCTION rcm_supersede_proof() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.migration_proof p SET superseded_at = clock_timestamp()
   WHERE p.endpoint_id = NEW.endpoint_id AND p.org_id = NEW.org_id AND p.step = 'verified' AND p.secret_arn = NEW.secret_arn AND p.id < NEW.id AND p.superseded_at IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER supersedes AFTER INSERT ON migration_proof FOR EACH ROW WHEN (NEW.step = 'verified') EXECUTE FUNCTION rcm_supersede_proof();
-- As before for everybody; what is superseded and holds no fingerprint may be deleted by rcm_forget_old alone, whose role nobody logs in as.
DROP TRIGGER migration_proof_append_only ON migration_proof;
CREATE TRIGGER migration_proof_append_only BEFORE TRUNCATE OR UPDATE OF id, org_id, endpoint_id, step, version, secret_arn, proved_at ON migration_proof
  FOR EACH STATEMENT EXECUTE FUNCTION rcm_refuse_change();
CREATE TRIGGER migration_proof_stays BEFORE DELETE ON migration_proof
  FOR EACH STATEMENT WHEN (current_user <> 'rcm_internal') EXECUTE FUNCTION rcm_refuse_change();
CREATE TRIGGER migration_proof_kept BEFORE DELETE ON migration_proof
  FOR EACH ROW WHEN (OLD.superseded_at IS NULL OR OLD.fingerprint IS NOT NULL OR OLD.row_fingerprint IS NOT NULL) EXECUTE FUNCTION rcm_refuse_change();

CREATE INDEX login_request_ended ON login_request (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX code_request_by_time ON code_request (begun_at);

CREATE POLICY internal_forgets ON login_request TO rcm_internal USING (true);
CREATE POLICY internal_supersedes ON migration_proof FOR UPDATE TO rcm_internal USING (true);
CREATE POLICY internal_forgets ON migration_proof FOR DELETE TO rcm_internal USING (true);
GRANT SELECT (id, ended_at), DELETE ON login_request TO rcm_internal;
GRANT SELECT (id, org_id, endpoint_id, step, secret_arn, fingerprint, superseded_at), UPDATE (superseded_at), DELETE ON migration_proof TO rcm_internal;
GRANT SELECT (fence) ON login_lease TO rcm_internal;

-- Writes down what was taken, for so long; false: some of it was taken before, and nothing was written. What is remembered no longer goes, some at a time.
CREATE FUNCTION rcm_see_once(prints text[], kept interval) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (cardinality(prints) BETWEEN 1 AND 4) IS NOT TRUE THEN
    RAISE EXCEPTION 'so many fingerprints are not those of one message' USING ERRCODE = 'check_violation';
  END IF;
  IF (kept BETWEEN interval '1 hour' AND interval '400 days') IS NOT TRUE THEN
    RAISE EXCEPTION 'a message is remembered for an hour to 400 days' USING ERRCODE = 'check_violation';
  END IF;
  DELETE FROM public.inbound_seen s WHERE s.print IN
    (SELECT o.print FROM public.inbound_seen o WHERE o.kept_until < clock_timestamp() ORDER BY o.kept_until LIMIT 20);
  -- Whoever writes the first of them is alone with the message.
  PERFORM pg_advisory_xact_lock(hashtextextended('rcm_see_once ' || p, 0)) FROM (SELECT unnest(prints) AS p ORDER BY 1) s;
  IF EXISTS (SELECT FROM public.inbound_seen s WHERE s.print = ANY (prints)) THEN RETURN false; END IF;
  INSERT INTO public.inbound_seen (print, kept_until) SELECT DISTINCT p, clock_timestamp() + kept FROM unnest(prints) p;
  RETURN true;
END $$;

-- A message that nobody waited for: it will be nobody's later either, for as long as its gateway could hand it on. For no tenant.
CREATE FUNCTION rcm_note_message(prints text[], kept interval) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF public.rcm_tenant() IS NOT NULL THEN
    RAISE EXCEPTION 'a message that is nobody''s is no tenant''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN public.rcm_see_once(prints, kept);
END $$;

-- The oldest rows that nothing needs any more, `most` of them: what goes is what is counted. `kept`: for how many days after they ended; of what may be kept for less, a rule says so itself.
--   asked_acts: what people asked of a rotator, or to read, and that has ended. The review of a quarter lists them, so two quarters are the least.
--   codes: codes that people were asked for. For a day they say that nobody answered (rcm_code_rest); one with a turn is younger than an hour.
--   messages: messages and codes by their fingerprints, as long as each says itself.
--   leases: that ran out a day ago: their holders died, and nobody has used the login since.
--   proofs: superseded ones, without a fingerprint that something may be compared with.
CREATE FUNCTION rcm_old_rows(what text, kept integer, most integer) RETURNS SETOF text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  least_days CONSTANT integer := CASE what WHEN 'asked_acts' THEN 184 WHEN 'codes' THEN 30 WHEN 'messages' THEN 0 WHEN 'leases' THEN 1 WHEN 'proofs' THEN 30 END;
BEGIN
  IF (most BETWEEN 1 AND 1000 AND kept BETWEEN least_days AND 36500) IS NOT TRUE THEN
    RAISE EXCEPTION 'no such rule, or it keeps for longer' USING ERRCODE = 'check_violation';
  END IF;
  CASE what
    WHEN 'asked_acts' THEN
      RETURN QUERY SELECT r.id::text FROM public.login_request r WHERE r.ended_at < now() - make_interval(days => kept) ORDER BY r.ended_at LIMIT most;
    WHEN 'codes' THEN
      RETURN QUERY SELECT c.id::text FROM public.code_request c WHERE c.begun_at < now() - make_interval(days => kept) ORDER BY c.begun_at LIMIT most;
    WHEN 'messages' THEN
      RETURN QUERY SELECT s.print FROM public.inbound_seen s WHERE s.kept_until < now() ORDER BY s.kept_until LIMIT most;
    WHEN 'leases' THEN
      RETURN QUERY SELECT l.id::text FROM public.login_lease l WHERE l.expires_at < now() - make_interval(days => kept) ORDER BY l.fence LIMIT most;
    WHEN 'proofs' THEN
      RETURN QUERY SELECT p.id::text FROM public.migration_proof p
        WHERE p.superseded_at < now() - make_interval(days => kept) AND p.fingerprint IS NULL AND p.row_fingerprint IS NULL ORDER BY p.superseded_at LIMIT most;
  END CASE;
END $$;

CREATE FUNCTION rcm_count_old(what text, kept integer) RETURNS integer LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off AS $$
BEGIN
  RETURN (SELECT count(*) FROM public.rcm_old_rows(what, kept, 1000));
END $$;

-- Deletes them; how many there were. For no tenant.
CREATE FUNCTION rcm_forget_old(what text, kept integer, most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off AS $$
DECLARE
  ids CONSTANT text[] := ARRAY(SELECT public.rcm_old_rows(what, kept, most));
  gone integer;
BEGIN
  IF public.rcm_tenant() IS NOT NULL THEN
    RAISE EXCEPTION 'what is old is deleted for no tenant in particular' USING ERRCODE = 'insufficient_privilege';
  END IF;
  CASE what
    WHEN 'asked_acts' THEN DELETE FROM public.login_request r WHERE r.id = ANY (ids::uuid[]);
    WHEN 'codes' THEN DELETE FROM public.code_request c WHERE c.id = ANY (ids::uuid[]);
    WHEN 'messages' THEN DELETE FROM public.inbound_seen s WHERE s.print = ANY (ids) AND s.kept_until < now();
    -- Whoever has renewed it meanwhile has it.
    WHEN 'leases' THEN DELETE FROM public.login_lease l WHERE l.id = ANY (ids::uuid[]) AND l.expires_at < now();
    WHEN 'proofs' THEN DELETE FROM public.migration_proof p WHERE p.id = ANY (ids::bigint[]);
  END CASE;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

REVOKE ALL ON FUNCTION rcm_supersede_proof(), rcm_see_once(text[], interval), rcm_note_message(text[], interval), rcm_old_rows(text, integer, integer),
  rcm_count_old(text, integer), rcm_forget_old(text, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_note_message(text[], interval) TO rcm_agent;
GRANT EXECUTE ON FUNCTION rcm_count_old(text, integer), rcm_forget_old(text, integer, integer) TO rcm_rotator;
GRANT EXECUTE ON FUNCTION rcm_count_old(text, integer) TO rcm_operator;
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_supersede_proof() OWNER TO rcm_internal;
ALTER FUNCTION rcm_see_once(text[], interval) OWNER TO rcm_internal;
ALTER FUNCTION rcm_note_message(text[], interval) OWNER TO rcm_internal;
ALTER FUNCTION rcm_old_rows(text, integer, integer) OWNER TO rcm_internal;
ALTER FUNCTION rcm_count_old(text, integer) OWNER TO rcm_internal;
ALTER FUNCTION rcm_forget_old(text, integer, integer) OWNER TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_see_once(prints text[]) RETURNS boolean LANGUAGE sql SET search_path = pg_catalog, pg_temp
  AS $$ SELECT public.rcm_see_once(prints, interval '400 days') $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
