-- Which task is done next is decided here, over all tenants and all web-agents at once; a queue job only says that there is something to do.

ALTER TABLE portal_task
  -- The asker named the portal and not the account: it has none at first, and every try is lent the one that suits then.
  ADD COLUMN portal_type_code text REFERENCES portal_type (code),
  -- What has not ended by then fails.
  ADD COLUMN deadline_at timestamptz NOT NULL DEFAULT now() + interval '1 day',
  ALTER COLUMN endpoint_id DROP NOT NULL,
  ADD CONSTRAINT portal_task_has_account CHECK (endpoint_id IS NOT NULL OR (portal_type_code IS NOT NULL AND state IN ('queued', 'failed')));

-- Tasks at once at this portal, over all web-agents; NULL: as many as there are accounts and sessions for.
ALTER TABLE portal_type ADD COLUMN max_task_concurrency integer CHECK (max_task_concurrency > 0);

-- To look at every waiting task before one was taken took 20 ms with 20,000 of them and 89 ms with 100,000, one web-agent at a time.
CREATE INDEX portal_task_first_of_queue ON portal_task (org_id, (coalesce('pool/' || portal_type_code, endpoint_id)), not_before) WHERE state = 'queued';
CREATE INDEX portal_task_last_of_tenant ON portal_task (org_id, started_at);
CREATE INDEX portal_task_last_of_account ON portal_task (org_id, endpoint_id, started_at);
CREATE INDEX portal_task_ended ON portal_task (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX portal_task_deadlines ON portal_task (deadline_at) WHERE state = 'queued';

-- Whether a pool lends an account: not while it is blocked, being changed, locked, slowed down, suspect, known to be wrong, or paused by a person.
CREATE FUNCTION rcm_account_is_well(org text, endpoint text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN EXISTS (
    SELECT FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
     WHERE e.org_id = org AND e.id = endpoint AND e.login_identity IS NOT NULL AND e.rotation_status IS DISTINCT FROM 'failed'
       AND NOT EXISTS (SELECT FROM public.rotation_pause r WHERE r.org_id = e.org_id AND r.endpoint_id = e.id)
       AND NOT EXISTS (SELECT FROM public.login_lease l WHERE l.login_identity = e.login_identity AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp())
       AND NOT EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL
                          AND coalesce(a.waiting_from, a.state) IN ('submitting', 'applied', 'verified', 'blocked'))
       AND NOT EXISTS (SELECT FROM public.login_attempt a WHERE a.login_identity = e.login_identity
                          AND (a.throttled_until > clock_timestamp() OR a.suspect_until > clock_timestamp()
                               OR (a.effect = 'version_bad' AND a.version = e.current_version)
                               OR (a.outcome = 'locked' AND coalesce(a.finished_at, a.started_at) > clock_timestamp() - make_interval(secs => p.lockout_window_seconds)))));

-- Takes the next task for a worker, or one that is named, if its time and its turn have come:
--   * its account has a session left, its portal a place (counted over all web-agents);
--   * of the tenants with such a task the one with the fewest at work, then the one that has waited longest;
--   * of a pool's accounts that are well the one with the fewest sessions, then the one that has rested longest.
-- One at a time over all processes, so that what is counted is still true when it is acted on.
CREATE FUNCTION rcm_take_task(taker text, ttl interval, only_task uuid, only_org text) RETURNS TABLE (task_id uuid, org_id text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM pg_advisory_xact_lock(727073, 1);
  RETURN QUERY
  WITH RECURSIVE now_is AS MATERIALIZED (SELECT clock_timestamp() AS at),
  busy AS MATERIALIZED (
    SELECT t.org_id, coalesce(e.login_identity, e.id) AS login, e.portal_type_code AS code
      FROM public.portal_task t JOIN public.integration_endpoint e ON e.org_id = t.org_id AND e.id = t.endpoint_id CROSS JOIN now_is n
     WHERE t.state = 'running' AND t.claimed_until > n.at),
  by_login AS (SELECT b.login, count(*) AS running FROM busy b GROUP BY 1),
  by_portal AS (SELECT b.code, count(*) AS running FROM busy b GROUP BY 1),
  by_tenant AS (SELECT b.org_id, count(*) AS running FROM busy b GROUP BY 1),
  -- The first of each account's and each pool's queue, by one step in the index for each; how many wait behind it does not matter.
  first AS (
    (SELECT t.id, t.org_id, coalesce('pool/' || t.portal_type_code, t.endpoint_id) AS queue, t.endpoint_id, t.portal_type_code, t.not_before
       FROM public.portal_task t
      WHERE only_task IS NULL AND t.state = 'queued' AND t.deadline_at > (SELECT n.at FROM now_is n)
      ORDER BY t.org_id, coalesce('pool/' || t.portal_type_code, t.endpoint_id), t.not_before LIMIT 1)
    UNION ALL
    SELECT s.* FROM first f CROSS JOIN LATERAL (
      SELECT t.id, t.org_id, coalesce('pool/' || t.portal_type_code, t.endpoint_id), t.endpoint_id, t.portal_type_code, t.not_before
        FROM public.portal_task t
       WHERE t.state = 'queued' AND t.deadline_at > (SELECT n.at FROM now_is n)
         AND (t.org_id, coalesce('pool/' || t.portal_type_code, t.endpoint_id)) > (f.org_id, f.queue)
       ORDER BY t.org_id, coalesce('pool/' || t.portal_type_code, t.endpoint_id), t.not_before LIMIT 1) s),
  heads AS MATERIALIZED (
    SELECT f.id, f.org_id, f.endpoint_id, f.portal_type_code AS pool, f.not_before FROM first f WHERE f.not_before <= (SELECT n.at FROM now_is n)
    UNION ALL
    SELECT t.id, t.org_id, t.endpoint_id, t.portal_type_code, t.not_before
      FROM public.portal_task t CROSS JOIN now_is n
     WHERE t.state = 'running' AND t.claimed_until <= n.at AND t.deadline_at > n.at AND only_task IS NULL
    UNION ALL
    SELECT t.id, t.org_id, t.endpoint_id, t.portal_type_code, t.not_before
      FROM public.portal_task t CROSS JOIN now_is n
     WHERE t.id = only_task AND t.org_id = only_org AND t.deadline_at > n.at
       AND ((t.state = 'queued' AND t.not_before <= n.at) OR (t.state = 'running' AND t.claimed_until <= n.at))),
  tenants AS MATERIALIZED (
    SELECT h.org_id, coalesce(max(b.running), 0) AS running, (SELECT max(u.started_at) FROM public.portal_task u WHERE u.org_id = h.org_id) AS served_at
      FROM heads h LEFT JOIN by_tenant b ON b.org_id = h.org_id GROUP BY h.org_id),
  turn AS (
    SELECT h.id, h.org_id, e.id AS account
      FROM heads h
      JOIN tenants o ON o.org_id = h.org_id
      -- Each head finds its own accounts by index: joined as a whole, the planner may read all endpoints for a handful of heads.
      CROSS JOIN LATERAL (
        SELECT a.id, a.org_id, a.portal_type_code, a.login_identity FROM public.integration_endpoint a
         WHERE h.pool IS NULL AND a.org_id = h.org_id AND a.id = h.endpoint_id
        UNION ALL
        SELECT a.id, a.org_id, a.portal_type_code, a.login_identity FROM public.integration_endpoint a
         WHERE a.org_id = h.org_id AND a.portal_type_code = h.pool) e
      JOIN public.portal_type p ON p.code = e.portal_type_code
      LEFT JOIN by_login l ON l.login = coalesce(e.login_identity, e.id)
      LEFT JOIN by_portal a ON a.code = p.code
     WHERE coalesce(l.running, 0) < p.max_sessions_per_account
       AND (p.max_task_concurrency IS NULL OR coalesce(a.running, 0) < p.max_task_concurrency)
       AND (h.pool IS NULL OR public.rcm_account_is_well(e.org_id, e.id))
     ORDER BY o.running, o.served_at NULLS FIRST, h.org_id, h.not_before, coalesce(l.running, 0),
              (SELECT max(u.started_at) FROM public.portal_task u WHERE u.org_id = e.org_id AND u.endpoint_id = e.id) NULLS FIRST
     LIMIT 1)
  UPDATE public.portal_task u
     SET state = 'running', worker = taker, claimed_until = clock_timestamp() + ttl, tries = u.tries + 1, started_at = clock_timestamp(), endpoint_id = c.account
    FROM turn c WHERE u.id = c.id
  RETURNING u.id, u.org_id;
END $$;

-- Ends what waited past its deadline, and deletes what ended longer ago than it is kept. In bounded steps; of every tenant, answering with counts.
CREATE FUNCTION rcm_tidy_tasks(kept interval, most integer, OUT expired integer, OUT deleted integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.portal_task u SET state = 'failed', error_code = 'deadline_exceeded', error_message = 'The task was not done by its deadline.', claimed_until = NULL, finished_at = clock_timestamp()
   WHERE u.id IN (SELECT t.id FROM public.portal_task t
                   WHERE t.deadline_at <= clock_timestamp() AND (t.state = 'queued' OR (t.state = 'running' AND t.claimed_until <= clock_timestamp()))
                   LIMIT most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS expired = ROW_COUNT;
  DELETE FROM public.portal_task u
   WHERE u.id IN (SELECT t.id FROM public.portal_task t WHERE t.finished_at <= clock_timestamp() - kept LIMIT most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS deleted = ROW_COUNT;
END $$;

GRANT SELECT (endpoint_id, portal_type_code, deadline_at, started_at, finished_at, tries), DELETE,
      UPDATE (state, worker, claimed_until, tries, started_at, endpoint_id, error_code, error_message, finished_at) ON portal_task TO rcm_internal;
GRANT SELECT (rotation_status, current_version) ON integration_endpoint TO rcm_internal;
GRANT SELECT (suspect_until, effect, version) ON login_attempt TO rcm_internal;
GRANT SELECT (org_id, endpoint_id) ON rotation_pause TO rcm_internal;
CREATE POLICY internal ON rotation_pause FOR SELECT TO rcm_internal USING (true);

REVOKE ALL ON FUNCTION rcm_account_is_well(text, text), rcm_take_task(text, interval, uuid, text), rcm_tidy_tasks(interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_take_task(text, interval, uuid, text), rcm_tidy_tasks(interval, integer) TO rcm_agent;
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_account_is_well(text, text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_take_task(text, interval, uuid, text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_tidy_tasks(interval, integer) OWNER TO rcm_internal;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
