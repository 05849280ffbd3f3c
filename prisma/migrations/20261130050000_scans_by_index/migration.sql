-- What runs again and again is found in a range of an index, whatever the fleet's size (docs/scale.md).
SELECT set_config('app.tenant_id', '*', true);

-- At which portal a login was tried, so that what one portal answered lately is a range, and not what all of them did. Written by a trigger alone.
ALTER TABLE login_attempt ADD COLUMN portal_type_code text;
UPDATE login_attempt a SET portal_type_code = e.portal_type_code FROM integration_endpoint e WHERE e.id = a.endpoint_id;
CREATE FUNCTION rcm_note_portal_type() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  SELECT e.portal_type_code INTO NEW.portal_type_code FROM public.integration_endpoint e WHERE e.id = NEW.endpoint_id;
  RETURN NEW;
END $$;
CREATE TRIGGER login_attempt_at_portal BEFORE INSERT ON login_attempt FOR EACH ROW EXECUTE FUNCTION rcm_note_portal_type();
DROP INDEX login_attempt_got_in, login_attempt_unclear;
CREATE INDEX login_attempt_got_in ON login_attempt (portal_type_code, started_at) WHERE outcome = 'accepted' OR effect IN ('suspect', 'bad');
CREATE INDEX login_attempt_unclear ON login_attempt (portal_type_code, started_at) WHERE effect IN ('suspect', 'bad') OR outcome = 'unknown';

-- Of the logins of a portal type that got in or were refused after `since`, without one: how many stand refused, and how many there are. These are counted up to
-- one more than so many refused ones can be many of (rcm_many_refused), so that it costs what is refused, and not what is in use.
CREATE FUNCTION rcm_refused_lately(portal_type text, without text, since timestamptz, OUT refused integer, OUT active integer)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  login text;
  seen text[] := '{}';
BEGIN
  SELECT count(*) INTO refused
    FROM (SELECT a.login_identity, max(a.started_at) AS at FROM public.login_attempt a
           WHERE a.portal_type_code = portal_type AND a.started_at > since AND a.effect IN ('suspect', 'bad') AND a.login_identity IS DISTINCT FROM without
           GROUP BY 1) r
   WHERE NOT EXISTS (SELECT FROM public.login_attempt ok WHERE ok.login_identity = r.login_identity AND ok.outcome = 'accepted' AND ok.started_at >= r.at
                        AND ok.portal_type_code = portal_type);
  active := 0;
  -- A cursor: it reads no further than it is followed. In the order of the index, so that nothing is read to be sorted.
  FOR login IN SELECT a.login_identity FROM public.login_attempt a
                WHERE a.portal_type_code = portal_type AND a.started_at > since AND (a.outcome = 'accepted' OR a.effect IN ('suspect', 'bad'))
                  AND a.login_identity IS DISTINCT FROM without
                ORDER BY a.started_at DESC LOOP
    IF login <> ALL (seen) THEN
      seen := seen || login;
      active := active + 1;
      EXIT WHEN active > 5 * refused + 4;
    END IF;
  END LOOP;
END $$;

-- How many of a portal type's logins were in use in the week before its gate was opened because they were refused: what closes it is measured by them.
ALTER TABLE portal_gate ADD COLUMN logins_in_use integer CHECK (logins_in_use >= 0),
  -- Rotations that ended, counted as they do: the journal is not read through for a number.
  ADD COLUMN rotations_done bigint NOT NULL DEFAULT 0, ADD COLUMN rotations_abandoned bigint NOT NULL DEFAULT 0;
INSERT INTO portal_gate AS g (portal_type_code, rotations_done, rotations_abandoned)
  SELECT a.portal_type_code, count(*) FILTER (WHERE a.state = 'done'), count(*) FILTER (WHERE a.state = 'abandoned') FROM rotation_attempt a WHERE a.ended_at IS NOT NULL GROUP BY 1
  ON CONFLICT (portal_type_code) DO UPDATE SET rotations_done = excluded.rotations_done, rotations_abandoned = excluded.rotations_abandoned;
CREATE FUNCTION rcm_count_rotation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.portal_gate AS g (portal_type_code, rotations_done, rotations_abandoned) VALUES (NEW.portal_type_code, (NEW.state = 'done')::int, (NEW.state = 'abandoned')::int)
    ON CONFLICT (portal_type_code) DO UPDATE SET rotations_done = g.rotations_done + excluded.rotations_done, rotations_abandoned = g.rotations_abandoned + excluded.rotations_abandoned;
  RETURN NULL;
END $$;
CREATE TRIGGER rotation_attempt_ended AFTER UPDATE OF ended_at ON rotation_attempt
  FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION rcm_count_rotation();
CREATE TRIGGER rotation_attempt_came_ended AFTER INSERT ON rotation_attempt FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL) EXECUTE FUNCTION rcm_count_rotation();

-- How often a login that a person rotates is looked at: `due`, its change is awaited; `idle`; `off`: it is not any more. A row for each, made and kept by what decides it.
ALTER TABLE manual_watch ADD COLUMN pace text NOT NULL DEFAULT 'idle' CHECK (pace IN ('due', 'idle', 'off'));
CREATE INDEX manual_watch_turn ON manual_watch (pace, looked_at);
CREATE FUNCTION rcm_watch_by_hand(endpoints text[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    INSERT INTO public.manual_watch AS w (org_id, endpoint_id, known_version, looked_at, pace)
    SELECT e.org_id, e.id, e.current_version, '-infinity', CASE WHEN NOT h.by_hand THEN 'off' WHEN e.rotation_status = 'pending' THEN 'due' ELSE 'idle' END
      FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
     CROSS JOIN LATERAL (SELECT coalesce(p.automation = 'assisted' OR (p.automation = 'allowed' AND p.rotation_mode = 'manual'), false) AS by_hand) h
     WHERE e.id = ANY (endpoints)
       AND ((h.by_hand AND e.secret_arn IS NOT NULL AND e.login_identity IS NOT NULL) OR EXISTS (SELECT FROM public.manual_watch o WHERE o.endpoint_id = e.id))
    ON CONFLICT (endpoint_id) DO UPDATE SET pace = excluded.pace WHERE w.pace <> excluded.pace;
  END;
CREATE FUNCTION rcm_watch_endpoint() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.rcm_watch_by_hand(ARRAY[NEW.id]);
  RETURN NULL;
END $$;
CREATE FUNCTION rcm_watch_portal_type() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.rcm_watch_by_hand(ARRAY(SELECT e.id FROM public.integration_endpoint e WHERE e.portal_type_code = NEW.code));
  RETURN NULL;
END $$;

-- What somebody waits for; of millions of logins, few are waited for.
CREATE INDEX login_identity_wanted ON login_identity (exclusive_wanted_until) WHERE exclusive_wanted_until IS NOT NULL;
CREATE INDEX migration_proof_by_time ON migration_proof (proved_at DESC, id DESC);

-- From wherever a scan for copies begins: at another id each time.
DROP INDEX rotation_attempt_copies;
CREATE INDEX rotation_attempt_copies ON rotation_attempt (id) WHERE state = 'abandoned' AND copy_removed_at IS NULL;
CREATE INDEX rotation_attempt_blocked ON rotation_attempt (coalesce(waiting_until, updated_at), id) WHERE ended_at IS NULL AND state = 'blocked';
CREATE INDEX migration_proof_prints ON migration_proof (org_id, endpoint_id) WHERE fingerprint IS NOT NULL OR row_fingerprint IS NOT NULL;

-- Since when somebody has a login no more: of those alone, passwords are to be forgotten.
ALTER TABLE login_identity ADD COLUMN left_since timestamptz;
UPDATE login_identity i SET left_since = now() WHERE EXISTS (
  SELECT FROM login_attempt a WHERE a.login_identity = i.id AND a.fingerprint IS NOT NULL
     AND NOT EXISTS (SELECT FROM integration_endpoint e WHERE e.org_id = a.org_id AND e.login_identity = a.login_identity AND e.secret_arn IS NOT NULL));
CREATE INDEX login_identity_left ON login_identity (id) WHERE left_since IS NOT NULL;
GRANT SELECT (left_since), UPDATE (left_since) ON login_identity TO rcm_internal;

GRANT SELECT (portal_type_code) ON login_attempt TO rcm_internal, rcm_operator, rcm_console;
GRANT INSERT (portal_type_code, rotations_done, rotations_abandoned), SELECT (rotations_done, rotations_abandoned), UPDATE (rotations_done, rotations_abandoned) ON portal_gate TO rcm_internal;
GRANT SELECT (endpoint_id, pace), INSERT (org_id, endpoint_id, known_version, looked_at, pace), UPDATE (pace) ON manual_watch TO rcm_internal;
CREATE POLICY internal ON manual_watch TO rcm_internal USING (true);

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_note_portal_type() OWNER TO rcm_internal;
ALTER FUNCTION rcm_refused_lately(text, text, timestamptz) OWNER TO rcm_internal;
ALTER FUNCTION rcm_count_rotation() OWNER TO rcm_internal;
ALTER FUNCTION rcm_watch_by_hand(text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_watch_endpoint() OWNER TO rcm_internal;
ALTER FUNCTION rcm_watch_portal_type() OWNER TO rcm_internal;
SET ROLE rcm_internal;
-- As before (20261126010000), from a range of one portal's own.
CREATE OR REPLACE FUNCTION rcm_portal_health(portal_type text, identity text, since timestamptz, lasting interval, suspects integer) RETURNS text
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM public.portal_gate g WHERE g.portal_type_code = portal_type AND g.opened_at IS NOT NULL AND g.closed_at IS NULL AND g.cause = 'logins_suspect'
               AND g.opened_at > transaction_timestamp() - interval '12 hours') THEN
    RETURN 'ill';
  END IF;
  IF (SELECT l.refused >= public.rcm_many_refused(l.active, suspects) FROM public.rcm_refused_lately(portal_type, identity, transaction_timestamp() - lasting) l) THEN RETURN 'ill'; END IF;
  IF EXISTS (SELECT FROM public.login_attempt a
              WHERE a.portal_type_code = portal_type AND a.login_identity IS DISTINCT FROM identity AND a.outcome = 'accepted'
                AND a.started_at > coalesce(since, transaction_timestamp() - lasting)) THEN
    RETURN 'well';
  END IF;
  RETURN 'unknown';
END $$;
-- As before (20261127100000), and of whoever has it no more it says so.
CREATE OR REPLACE FUNCTION rcm_note_shared() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  login text;
  is_shared boolean;
BEGIN
  -- In the order of their ids, so that two that meet at two logins cannot wait for each other.
  FOREACH login IN ARRAY ARRAY(SELECT DISTINCT w.id FROM unnest(ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.login_identity END,
                                                                      CASE WHEN TG_OP <> 'DELETE' THEN NEW.login_identity END]) w (id) WHERE w.id IS NOT NULL ORDER BY 1) LOOP
    PERFORM FROM public.login_identity i WHERE i.id = login FOR NO KEY UPDATE;
    SELECT count(DISTINCT e.org_id) > 1 OR count(DISTINCT coalesce(e.secret_arn, '')) > 1 INTO is_shared FROM public.integration_endpoint e WHERE e.login_identity = login;
    UPDATE public.login_identity i SET shared = is_shared WHERE i.id = login AND i.shared <> is_shared;
    IF TG_OP <> 'INSERT' THEN
      UPDATE public.login_identity i SET left_since = clock_timestamp() WHERE i.id = login AND i.id = OLD.login_identity AND OLD.secret_arn IS NOT NULL AND i.left_since IS NULL;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
-- As before (20261126220000), of logins that somebody has left.
CREATE OR REPLACE FUNCTION rcm_forget_left_passwords(kept_key_id text, before timestamptz) RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH gone AS (UPDATE public.login_attempt a SET fingerprint = NULL
      WHERE a.login_identity IN (SELECT i.id FROM public.login_identity i WHERE i.left_since IS NOT NULL)
        AND a.fingerprint IS NOT NULL AND split_part(a.fingerprint, ':', 1) IS DISTINCT FROM kept_key_id AND a.started_at < before
        AND NOT EXISTS (SELECT FROM public.integration_endpoint e WHERE e.org_id = a.org_id AND e.login_identity = a.login_identity AND e.secret_arn IS NOT NULL)
      RETURNING 1)
    SELECT count(*)::int FROM gone;
  END;
REVOKE ALL ON FUNCTION rcm_refused_lately(text, text, timestamptz), rcm_watch_by_hand(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_refused_lately(text, text, timestamptz) TO rcm_rotator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

-- Whoever makes a trigger must be allowed to call its function.
CREATE TRIGGER integration_endpoint_comes_watched AFTER INSERT ON integration_endpoint FOR EACH ROW WHEN (NEW.secret_arn IS NOT NULL) EXECUTE FUNCTION rcm_watch_endpoint();
CREATE TRIGGER integration_endpoint_is_watched AFTER UPDATE OF secret_arn, login_identity, rotation_status, portal_type_code ON integration_endpoint FOR EACH ROW
  WHEN ((OLD.secret_arn, OLD.login_identity, OLD.rotation_status, OLD.portal_type_code) IS DISTINCT FROM (NEW.secret_arn, NEW.login_identity, NEW.rotation_status, NEW.portal_type_code))
  EXECUTE FUNCTION rcm_watch_endpoint();
CREATE TRIGGER portal_type_is_watched AFTER UPDATE OF automation, rotation_mode ON portal_type FOR EACH ROW
  WHEN ((OLD.automation, OLD.rotation_mode) IS DISTINCT FROM (NEW.automation, NEW.rotation_mode)) EXECUTE FUNCTION rcm_watch_portal_type();
SET ROLE rcm_internal;
SELECT rcm_watch_by_hand(ARRAY(SELECT e.id FROM integration_endpoint e));
REVOKE ALL ON FUNCTION rcm_note_portal_type(), rcm_count_rotation(), rcm_watch_endpoint(), rcm_watch_portal_type() FROM PUBLIC;
RESET ROLE;
