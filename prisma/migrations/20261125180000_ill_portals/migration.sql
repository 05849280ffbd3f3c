-- Whether a portal refuses passwords that had worked, over all tenants: for an agent, which sees its own tenant only and is about to mark a
-- version bad. A yes or no and no row. What was before a person closed the breaker does not count.
CREATE FUNCTION rcm_portal_is_ill(portal_type text, lasting interval, suspects integer) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN EXISTS (SELECT FROM public.portal_gate g
                  WHERE g.portal_type_code = portal_type AND g.opened_at IS NOT NULL AND g.closed_at IS NULL AND g.cause = 'logins_suspect')
      OR (SELECT count(DISTINCT a.login_identity) >= suspects
            FROM public.login_attempt a JOIN public.integration_endpoint e ON e.id = a.endpoint_id
            LEFT JOIN public.portal_gate g ON g.portal_type_code = e.portal_type_code
           WHERE e.portal_type_code = portal_type AND a.effect = 'suspect'
             AND a.started_at > greatest(clock_timestamp() - lasting, coalesce(g.closed_at, '-infinity'))
             AND NOT EXISTS (SELECT FROM public.login_attempt ok
                              WHERE ok.login_identity = a.login_identity AND ok.started_at > a.started_at AND ok.outcome = 'accepted'));

CREATE INDEX login_attempt_suspect ON login_attempt (started_at) WHERE effect = 'suspect';

REVOKE ALL ON FUNCTION rcm_portal_is_ill(text, interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_portal_is_ill(text, interval, integer) TO rcm_agent, rcm_rotator;
GRANT SELECT (endpoint_id, effect) ON login_attempt TO rcm_internal;
GRANT SELECT (portal_type_code, opened_at, closed_at, cause) ON portal_gate TO rcm_internal;
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_portal_is_ill(text, interval, integer) OWNER TO rcm_internal;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
