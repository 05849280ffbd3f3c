-- What is measured of the whole platform: counts and times, and no row.
SELECT set_config('app.tenant_id', '*', true);

-- How much work waits that could be begun now, and since when the first of it could: of an account that has as many sessions as it may, nothing can, and what it has
-- done last ended when the next could begin. The oldest 1,000 are looked at, and no more than 10,000 counted. Where the transaction has a tenant, of that tenant only.
CREATE FUNCTION rcm_task_queue() RETURNS TABLE (waiting integer, age_seconds double precision)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH ready AS (
      SELECT t.org_id, t.endpoint_id, t.portal_type_code AS pool, min(t.not_before) AS since
        FROM (SELECT q.org_id, q.endpoint_id, q.portal_type_code, q.not_before FROM public.portal_task q
               WHERE q.state = 'queued' AND q.not_before <= transaction_timestamp() AND (public.rcm_tenant() IS NULL OR q.org_id = public.rcm_tenant())
               ORDER BY q.not_before LIMIT 1000) t
       GROUP BY 1, 2, 3
    ), busy AS MATERIALIZED (
      SELECT e.id, e.portal_type_code AS code FROM public.portal_task t JOIN public.integration_endpoint e ON e.org_id = t.org_id AND e.id = t.endpoint_id
       WHERE t.state = 'running' AND t.claimed_until > transaction_timestamp()
    ), free AS (
      SELECT greatest(r.since, (SELECT u.finished_at FROM public.portal_task u WHERE r.pool IS NULL AND u.org_id = r.org_id AND u.endpoint_id = r.endpoint_id
                                 ORDER BY u.started_at DESC NULLS LAST LIMIT 1)) AS since
        FROM ready r LEFT JOIN public.integration_endpoint e ON r.pool IS NULL AND e.org_id = r.org_id AND e.id = r.endpoint_id
        JOIN public.portal_type p ON p.code = coalesce(r.pool, e.portal_type_code)
       WHERE (r.pool IS NOT NULL OR (SELECT count(*) FROM busy b WHERE b.id = r.endpoint_id) < p.max_sessions_per_account)
         AND (p.max_task_concurrency IS NULL OR (SELECT count(*) FROM busy b WHERE b.code = p.code) < p.max_task_concurrency)
    )
    SELECT (SELECT count(*)::integer FROM (SELECT FROM public.portal_task q
                                            WHERE q.state = 'queued' AND q.not_before <= transaction_timestamp() AND (public.rcm_tenant() IS NULL OR q.org_id = public.rcm_tenant())
                                            LIMIT 10000) w),
           coalesce((SELECT extract(epoch FROM transaction_timestamp() - min(f.since))::double precision FROM free f), 0);
  END;

-- Of some logins, how many their portal has locked.
CREATE FUNCTION rcm_locked_count(identities text[]) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN (SELECT count(*)::integer FROM unnest(identities) i WHERE public.rcm_locked_until(i) > clock_timestamp());

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_task_queue() OWNER TO rcm_internal;
ALTER FUNCTION rcm_locked_count(text[]) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_task_queue(), rcm_locked_count(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_task_queue() TO rcm_agent;
GRANT EXECUTE ON FUNCTION rcm_locked_count(text[]) TO rcm_rotator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
