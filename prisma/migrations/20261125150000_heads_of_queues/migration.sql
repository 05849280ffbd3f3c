-- To look at every waiting task before one was taken took 20 ms with 20,000 of them and 89 ms with 100,000, one web-agent at a time.

CREATE INDEX portal_task_first_of_queue ON portal_task (org_id, (coalesce('pool/' || portal_type_code, endpoint_id)), not_before) WHERE state = 'queued';
DROP INDEX portal_task_heads;

-- The function is replaced by its owner, who may make things in the schema only meanwhile.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;

-- Takes the next task for a worker, or one that is named, if its time and its turn have come:
--   * its account has a session left, its portal a place (counted over all web-agents);
--   * of the tenants with such a task the one with the fewest at work, then the one that has waited longest;
--   * of a pool's accounts that are well the one with the fewest sessions, then the one that has rested longest.
-- One at a time over all processes, so that what is counted is still true when it is acted on.
CREATE OR REPLACE FUNCTION rcm_take_task(taker text, ttl interval, only_task uuid, only_org text) RETURNS TABLE (task_id uuid, org_id text)
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
      JOIN public.integration_endpoint e ON e.org_id = h.org_id AND CASE WHEN h.pool IS NULL THEN e.id = h.endpoint_id ELSE e.portal_type_code = h.pool END
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

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
