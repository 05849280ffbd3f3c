-- Old lines of the ledger that say nothing which their neighbours do not say may go (docs/adr/0037-the-ledger-is-thinned-not-partitioned.md): of logins in a row that the portal accepted, all with the same
-- password and in the same way, the first and the last stay. Nothing goes before somebody says so (RCM_LEDGER_KEEP_DAYS).
SELECT set_config('app.tenant_id', '*', true);

-- Up to when the lines of a portal type were looked at: each is looked at once.
CREATE TABLE ledger_thinned (
  portal_type_code text PRIMARY KEY REFERENCES portal_type (code) ON DELETE CASCADE,
  until            timestamptz NOT NULL
);
ALTER TABLE ledger_thinned ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_thinned FORCE ROW LEVEL SECURITY;
CREATE POLICY internal ON ledger_thinned TO rcm_internal USING (true);
GRANT SELECT, INSERT, UPDATE ON ledger_thinned TO rcm_internal;

GRANT SELECT (version, effect, rotation_attempt_id, throttled_until, rests_until, finished_at), DELETE ON login_attempt TO rcm_internal;
CREATE POLICY internal_thins ON login_attempt FOR DELETE TO rcm_internal USING (true);

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;

-- Whether a line stands between two that say the same: the one right before and the one right after it, whoever made them, were accepted with the same password of the same version for the same
-- endpoint, and no two of the three were under way at once. Whatever asks the ledger for a first or a last acceptance, for one after a moment, or for what followed a failure, gets the same
-- answer without it. Where an account has had another name it is asked up to the moment of the change: there nothing goes.
CREATE FUNCTION rcm_login_is_between(login uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT EXISTS (
      SELECT FROM public.login_attempt a
        CROSS JOIN LATERAL (SELECT b.* FROM (SELECT x.id, x.org_id, x.endpoint_id, x.version, x.fingerprint, x.outcome, x.effect, x.proved, x.with_code, x.rotation_attempt_id, x.started_at, x.finished_at
                                               FROM public.login_attempt x WHERE x.login_identity = a.login_identity AND x.started_at < a.started_at ORDER BY x.started_at DESC LIMIT 1) b) before
        CROSS JOIN LATERAL (SELECT n.* FROM (SELECT x.id, x.org_id, x.endpoint_id, x.version, x.fingerprint, x.outcome, x.effect, x.proved, x.with_code, x.rotation_attempt_id, x.started_at
                                               FROM public.login_attempt x WHERE x.login_identity = a.login_identity AND x.started_at > a.started_at ORDER BY x.started_at LIMIT 1) n) after
       WHERE a.id = login AND a.outcome = 'accepted' AND a.effect = 'none' AND a.rotation_attempt_id IS NULL AND a.throttled_until IS NULL AND a.rests_until IS NULL
         AND (before.org_id, before.endpoint_id, before.version, before.outcome, before.effect, before.proved, before.with_code)
           = (a.org_id, a.endpoint_id, a.version, a.outcome, a.effect, a.proved, a.with_code)
         AND (after.org_id, after.endpoint_id, after.version, after.outcome, after.effect, after.proved, after.with_code)
           = (a.org_id, a.endpoint_id, a.version, a.outcome, a.effect, a.proved, a.with_code)
         AND before.fingerprint IS NOT DISTINCT FROM a.fingerprint AND after.fingerprint IS NOT DISTINCT FROM a.fingerprint
         AND before.rotation_attempt_id IS NULL AND after.rotation_attempt_id IS NULL
         AND before.finished_at < a.started_at AND a.finished_at < after.started_at
         -- What was still under way when the one before began may be asked for the first acceptance after its end, and that is this one: a failure however long it took, anything else for a day.
         AND NOT EXISTS (SELECT FROM public.login_attempt x WHERE x.login_identity = a.login_identity AND x.started_at < before.started_at AND x.finished_at >= before.started_at
                            AND (x.outcome IS NULL OR x.outcome NOT IN ('accepted', 'not_submitted', 'password_expired', 'change_forced')))
         AND NOT EXISTS (SELECT FROM public.login_attempt x WHERE x.login_identity = a.login_identity AND x.started_at >= before.started_at - interval '1 day' AND x.started_at < before.started_at
                            AND x.finished_at >= before.started_at)
         AND NOT EXISTS (SELECT FROM public.login_attempt x WHERE x.login_identity = a.login_identity AND x.started_at = a.started_at AND x.id <> a.id)
         AND NOT EXISTS (SELECT FROM public.login_identity_past p WHERE p.former = a.login_identity OR p.identity = a.login_identity));
  END;

-- The next accepted lines that are old enough, `most` of them, portal type by portal type in the order of time; `goes`: it says nothing by itself.
CREATE FUNCTION rcm_old_logins(kept integer, most integer) RETURNS TABLE (login uuid, identity text, portal_type text, at timestamptz, goes boolean)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  p record;
  looked integer := 0;
BEGIN
  IF (most BETWEEN 1 AND 1000 AND kept BETWEEN 400 AND 36500) IS NOT TRUE THEN
    RAISE EXCEPTION 'the ledger is kept for 400 days at least' USING ERRCODE = 'check_violation';
  END IF;
  FOR p IN SELECT t.code, coalesce(l.until, '-infinity') AS until FROM public.portal_type t LEFT JOIN public.ledger_thinned l ON l.portal_type_code = t.code ORDER BY t.code LOOP
    FOR login, identity, portal_type, at IN
      SELECT a.id, a.login_identity, a.portal_type_code, a.started_at FROM public.login_attempt a
       WHERE a.portal_type_code = p.code AND a.outcome = 'accepted' AND a.started_at > p.until AND a.started_at < now() - make_interval(days => kept)
       ORDER BY a.started_at LIMIT most - looked
    LOOP
      looked := looked + 1;
      goes := public.rcm_login_is_between(login);
      RETURN NEXT;
    END LOOP;
    EXIT WHEN looked >= most;
  END LOOP;
END $$;

-- How many of the next thousand would go.
CREATE FUNCTION rcm_count_old_logins(kept integer, OUT looked integer, OUT going integer) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off AS $$
BEGIN
  SELECT count(*), count(*) FILTER (WHERE o.goes) INTO looked, going FROM public.rcm_old_logins(kept, 1000) o;
END $$;

-- Looks at the next ones and deletes what goes; for no tenant. One at a time: nothing was looked at where another does it now. Under the locks of the logins, so that none of them is renamed
-- meanwhile; one that somebody holds keeps its line for good.
CREATE FUNCTION rcm_thin_ledger(kept integer, most integer, OUT looked integer, OUT gone integer) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off AS $$
DECLARE
  ids uuid[];
  identities text[];
BEGIN
  IF public.rcm_tenant() IS NOT NULL THEN
    RAISE EXCEPTION 'the ledger is thinned for no tenant in particular' USING ERRCODE = 'insufficient_privilege';
  END IF;
  looked := 0; gone := 0;
  IF NOT pg_try_advisory_xact_lock(hashtextextended('rcm_thin_ledger', 0)) THEN RETURN; END IF;
  WITH old AS (SELECT * FROM public.rcm_old_logins(kept, most)),
  until AS (INSERT INTO public.ledger_thinned AS l (portal_type_code, until) SELECT o.portal_type, max(o.at) FROM old o GROUP BY 1
              ON CONFLICT (portal_type_code) DO UPDATE SET until = greatest(l.until, excluded.until))
  SELECT count(*), array_agg(o.login) FILTER (WHERE o.goes), array_agg(DISTINCT o.identity) FILTER (WHERE o.goes) INTO looked, ids, identities FROM old o;
  IF ids IS NULL THEN RETURN; END IF;
  identities := ARRAY(SELECT h.id FROM (SELECT i.id FROM public.login_identity i WHERE i.id = ANY (identities) ORDER BY i.id FOR UPDATE SKIP LOCKED) h);
  DELETE FROM public.login_attempt a WHERE a.id = ANY (ids) AND a.login_identity = ANY (identities) AND public.rcm_login_is_between(a.id);
  GET DIAGNOSTICS gone = ROW_COUNT;
END $$;

REVOKE ALL ON FUNCTION rcm_login_is_between(uuid), rcm_old_logins(integer, integer), rcm_count_old_logins(integer), rcm_thin_ledger(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_thin_ledger(integer, integer), rcm_count_old_logins(integer) TO rcm_rotator;
GRANT EXECUTE ON FUNCTION rcm_count_old_logins(integer) TO rcm_operator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
-- Whatever else comes to run as this role: what is young, or was not accepted, is not deleted.
CREATE TRIGGER login_attempt_stays BEFORE DELETE ON login_attempt FOR EACH ROW
  WHEN (current_user = 'rcm_internal' AND (OLD.outcome IS DISTINCT FROM 'accepted' OR OLD.started_at > now() - interval '400 days')) EXECUTE FUNCTION rcm_refuse_change();
