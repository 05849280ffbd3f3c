-- A retired login finds the budget that it left, by its name. Where its portal counts failures until somebody unlocks or gets in, they were taken to count for thirty days all the same: once the
-- identity key had been changed and the old one was away, the login came back under another name, with a budget of its own beside what the portal still counts, and that locks the account. Such a
-- login may return, and holds the key that names it, until it is reinstated and moved, or its secret is noted to be removed.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_login_may_return(identity text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM public.login_attempt a JOIN public.integration_endpoint e ON e.id = a.endpoint_id JOIN public.portal_type p ON p.code = e.portal_type_code
                WHERE a.login_identity = identity AND a.started_at > now() - greatest(interval '30 days', make_interval(days => 1, secs => coalesce(p.lockout_window_seconds, 0))))
  OR EXISTS (SELECT FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code JOIN public.login_attempt a ON a.login_identity = identity
              WHERE e.left_login_identity = identity AND e.retired_at IS NOT NULL AND e.retired_secret_arn IS NOT NULL AND (e.retired_secret_removed_at >= e.retired_at) IS NOT TRUE
                AND p.lockout_window_seconds IS NULL
                AND (a.outcome IS NULL OR a.outcome <> ALL (ARRAY['accepted', 'not_submitted', 'password_expired', 'change_forced']))
                AND NOT EXISTS (SELECT FROM public.login_attempt b
                                 WHERE p.lockout_counts = 'consecutive' AND b.login_identity = identity AND b.outcome = 'accepted' AND b.started_at > a.started_at)
                AND NOT EXISTS (SELECT FROM public.login_clearance c WHERE c.login_identity = identity AND c.kind = 'unlocked' AND c.at > a.started_at));
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
