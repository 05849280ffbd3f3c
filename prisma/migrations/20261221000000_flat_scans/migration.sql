-- What goes on by itself looks at as many pages among a million logins as among ten thousand: npm run bench -- scale.

-- Logins that people rotate become due at a time that stands with their turns: those that are due and were told of are passed over no more.
ALTER TABLE manual_watch ADD COLUMN due_at timestamptz;
GRANT SELECT (due_at), INSERT (due_at), UPDATE (due_at) ON manual_watch TO rcm_internal;
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_watch_by_hand(endpoints text[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    INSERT INTO public.manual_watch AS w (org_id, endpoint_id, known_version, looked_at, pace, due_at)
    SELECT e.org_id, e.id, e.current_version, '-infinity', CASE WHEN NOT h.by_hand THEN 'off' WHEN e.rotation_status = 'pending' THEN 'due' ELSE 'idle' END,
           CASE WHEN h.by_hand AND e.secret_arn IS NOT NULL AND e.rotation_status IS DISTINCT FROM 'pending' THEN e.next_rotation_at END
      FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
     CROSS JOIN LATERAL (SELECT coalesce(p.automation = 'assisted' OR (p.automation = 'allowed' AND p.rotation_mode = 'manual'), false) AS by_hand) h
     WHERE e.id = ANY (endpoints)
       AND ((h.by_hand AND e.secret_arn IS NOT NULL AND e.login_identity IS NOT NULL) OR EXISTS (SELECT FROM public.manual_watch o WHERE o.endpoint_id = e.id))
    ON CONFLICT (endpoint_id) DO UPDATE SET pace = excluded.pace, due_at = excluded.due_at WHERE (w.pace, w.due_at) IS DISTINCT FROM (excluded.pace, excluded.due_at);
  END;
RESET ROLE;
CREATE FUNCTION rcm_watch_due() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.manual_watch w SET due_at = NEW.next_rotation_at WHERE w.endpoint_id = NEW.id AND w.pace = 'idle' AND NEW.secret_arn IS NOT NULL;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION rcm_watch_due() FROM PUBLIC;
CREATE TRIGGER integration_endpoint_is_due AFTER UPDATE OF next_rotation_at ON integration_endpoint FOR EACH ROW
  WHEN (OLD.next_rotation_at IS DISTINCT FROM NEW.next_rotation_at) EXECUTE FUNCTION rcm_watch_due();
ALTER FUNCTION rcm_watch_due() OWNER TO rcm_internal;
SELECT set_config('app.tenant_id', '*', true);
UPDATE manual_watch w SET due_at = e.next_rotation_at FROM integration_endpoint e WHERE e.id = w.endpoint_id AND w.pace = 'idle' AND e.secret_arn IS NOT NULL;
CREATE INDEX manual_watch_due ON manual_watch (due_at) WHERE due_at IS NOT NULL;

-- For how long an organization keeps its tasks is asked of some organizations at a time, in turn, and not of every one each time. Whoever tidies has the row that says up to which it came.
CREATE TABLE task_tidying (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  place text NOT NULL
);
INSERT INTO task_tidying (place) VALUES ('');
ALTER TABLE task_tidying ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_tidying FORCE ROW LEVEL SECURITY;
CREATE POLICY internal ON task_tidying TO rcm_internal USING (true);
GRANT SELECT, UPDATE ON task_tidying TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_tidy_tasks(kept interval, most integer, OUT expired integer, OUT deleted integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at_once CONSTANT integer := 200;
  scope text := public.rcm_tenant();
  place text;
  turn text[];
  ended uuid[];
BEGIN
  IF kept IS NULL OR kept < interval '1 day' OR most IS NULL OR most < 1 OR most > 10000 THEN
    RAISE EXCEPTION 'ended tasks are kept for a day at least, and at most 10000 are tidied at once' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  UPDATE public.portal_task u SET state = 'failed', error_code = 'deadline_exceeded', error_message = 'The task was not done by its deadline.', claimed_until = NULL, finished_at = clock_timestamp()
   WHERE u.id IN (SELECT t.id FROM public.portal_task t
                   WHERE ((t.state = 'queued' AND t.deadline_at <= now()) OR (t.state = 'running' AND t.claimed_until <= now() AND t.deadline_at <= now()))
                     AND (scope IS NULL OR t.org_id = scope)
                   LIMIT most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS expired = ROW_COUNT;
  IF scope IS NULL THEN
    SELECT t.place INTO place FROM public.task_tidying t FOR UPDATE SKIP LOCKED;
    -- Somebody else is at it.
    IF NOT FOUND THEN deleted := 0; RETURN; END IF;
    turn := ARRAY(SELECT o.id FROM public.organization o WHERE o.id > place ORDER BY o.id LIMIT at_once);
    turn := turn || ARRAY(SELECT o.id FROM public.organization o WHERE o.id <= place ORDER BY o.id LIMIT at_once - cardinality(turn));
  ELSE
    turn := ARRAY[scope];
  END IF;
  -- As an array: joined, the planner may read all tasks for a handful that end.
  ended := ARRAY(SELECT e.id
                   FROM unnest(turn) u (id) JOIN public.organization o ON o.id = u.id CROSS JOIN LATERAL (
                     SELECT p.id FROM public.portal_task p
                      WHERE p.org_id = o.id AND p.finished_at <= now() - coalesce(make_interval(days => o.task_keep_days), kept)
                      ORDER BY p.finished_at LIMIT most FOR UPDATE SKIP LOCKED) e
                  LIMIT most);
  DELETE FROM public.portal_task u WHERE u.id = ANY (ended);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  -- There may be more of theirs: their turn is not over.
  IF scope IS NULL AND deleted < most AND cardinality(turn) > 0 THEN
    UPDATE public.task_tidying SET place = turn[cardinality(turn)] WHERE task_tidying.place <> turn[cardinality(turn)];
  END IF;
END $$;

-- What is at work is asked of the accounts that wait, and of the portals that have a limit; not read through for each.
CREATE OR REPLACE FUNCTION rcm_task_queue() RETURNS TABLE (waiting integer, age_seconds double precision)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH ready AS (
      SELECT t.org_id, t.endpoint_id, t.portal_type_code AS pool, min(t.not_before) AS since
        FROM (SELECT q.org_id, q.endpoint_id, q.portal_type_code, q.not_before FROM public.portal_task q
               WHERE q.state = 'queued' AND q.not_before <= transaction_timestamp() AND (public.rcm_tenant() IS NULL OR q.org_id = public.rcm_tenant())
               ORDER BY q.not_before LIMIT 1000) t
       GROUP BY 1, 2, 3
    ), full_up AS MATERIALIZED (
      SELECT p.code FROM public.portal_type p
       WHERE p.max_task_concurrency <= (SELECT count(*) FROM (SELECT FROM public.portal_task b
                                                               WHERE b.at_portal = p.code AND b.claimed_until > transaction_timestamp() LIMIT p.max_task_concurrency) l)
    ), free AS (
      SELECT greatest(r.since, (SELECT u.finished_at FROM public.portal_task u WHERE r.pool IS NULL AND u.org_id = r.org_id AND u.endpoint_id = r.endpoint_id
                                 ORDER BY u.started_at DESC NULLS LAST LIMIT 1)) AS since
        FROM ready r LEFT JOIN public.integration_endpoint e ON r.pool IS NULL AND e.org_id = r.org_id AND e.id = r.endpoint_id
        JOIN public.portal_type p ON p.code = coalesce(r.pool, e.portal_type_code)
       WHERE (r.pool IS NOT NULL OR (SELECT count(*) FROM public.portal_task b
                                      WHERE b.org_id = r.org_id AND b.endpoint_id = r.endpoint_id AND b.claimed_until > transaction_timestamp()) < p.max_sessions_per_account)
         AND p.code NOT IN (SELECT f.code FROM full_up f)
    )
    SELECT (SELECT count(*)::integer FROM (SELECT FROM public.portal_task q
                                            WHERE q.state = 'queued' AND q.not_before <= transaction_timestamp() AND (public.rcm_tenant() IS NULL OR q.org_id = public.rcm_tenant())
                                            LIMIT 10000) w),
           coalesce((SELECT extract(epoch FROM transaction_timestamp() - min(f.since))::double precision FROM free f), 0);
  END;

-- Each table is read once: which logins somebody has is not looked up for each.
CREATE OR REPLACE FUNCTION rcm_key_rows() RETURNS TABLE (use text, key_id text, what text, count bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH stored AS MATERIALIZED (SELECT DISTINCT e.login_identity AS id FROM public.integration_endpoint e WHERE e.secret_arn IS NOT NULL AND e.login_identity IS NOT NULL)
    SELECT 'identity', n.key_id, CASE WHEN s.id IS NOT NULL THEN 'logins' ELSE 'logins that nobody has now' END, count(*)
      FROM public.login_identity n LEFT JOIN stored s ON s.id = n.id
     WHERE s.id IS NOT NULL OR public.rcm_login_may_return(n.id) GROUP BY 1, 2, 3
    UNION ALL SELECT 'fingerprint', split_part(a.fingerprint, ':', 1), 'passwords', count(*) FROM public.login_attempt a WHERE a.fingerprint IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'fingerprint', split_part(m.row_fingerprint, ':', 1), 'proofs', count(*) FROM public.migration_proof m WHERE m.row_fingerprint IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'fingerprint', split_part(c.fingerprint, ':', 1), 'used backup codes', count(*) FROM public.backup_code_spent c JOIN stored s ON s.id = c.login_identity
     WHERE NOT c.left_behind GROUP BY 2
    ORDER BY 1, 2, 3;
  END;
-- As before, but for leases: those of processes that died are among the oldest, as every other one ends within the hour.
CREATE OR REPLACE FUNCTION rcm_old_rows(what text, kept integer, most integer) RETURNS SETOF text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  least_days CONSTANT integer := CASE what WHEN 'asked_acts' THEN 184 WHEN 'codes' THEN 30 WHEN 'messages' THEN 0 WHEN 'leases' THEN 1 WHEN 'proofs' THEN 30 WHEN 'audit_checks' THEN 184 WHEN 'portal_looks' THEN 1 END;
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
      RETURN QUERY SELECT l.id::text FROM (SELECT o.id, o.fence, o.expires_at FROM public.login_lease o ORDER BY o.fence LIMIT 2000) l
        WHERE l.expires_at < now() - make_interval(days => kept) ORDER BY l.fence LIMIT most;
    WHEN 'proofs' THEN
      RETURN QUERY SELECT p.id::text FROM public.migration_proof p
        WHERE p.superseded_at < now() - make_interval(days => kept) AND p.fingerprint IS NULL AND p.row_fingerprint IS NULL ORDER BY p.superseded_at LIMIT most;
    WHEN 'audit_checks' THEN
      RETURN QUERY SELECT c.id::text FROM public.audit_check c WHERE c.asked_at < now() - make_interval(days => kept) ORDER BY c.asked_at LIMIT most;
    WHEN 'portal_looks' THEN
      RETURN QUERY SELECT l.id::text FROM public.portal_look l WHERE l.looked_at < now() - make_interval(days => kept) ORDER BY l.looked_at LIMIT most;
  END CASE;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

-- Accounts of which somebody may still read a password in a row; what was not moved yet has none.
CREATE INDEX integration_endpoint_read_by_others ON integration_endpoint (login_identity) WHERE has_legacy_credentials AND login_identity IS NOT NULL;

-- What is open, is refused or was ended of one organization, whatever is of others; and what a person may have answered.
CREATE INDEX rotation_attempt_open_of_tenant ON rotation_attempt (org_id) WHERE ended_at IS NULL;
-- How many a portal has under way is counted for each portal type before each start: not among all that wait or are blocked.
CREATE INDEX rotation_attempt_under_way ON rotation_attempt (portal_type_code) WHERE ended_at IS NULL AND state NOT IN ('waiting', 'blocked');
CREATE INDEX rotation_attempt_long_waits ON rotation_attempt (created_at, id) WHERE ended_at IS NULL AND state = 'waiting' AND waiting_from = 'staged';
CREATE INDEX login_attempt_refused_of_tenant ON login_attempt (org_id, login_identity, started_at) WHERE effect IN ('suspect', 'bad') OR outcome = 'locked';
