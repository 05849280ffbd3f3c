-- Whether a login is locked is asked for each of a thousand refused ones, by the overview, the list of the locked and the figures, and of every login at each sign-in. Few were ever called
-- locked: to set up the question of when a lock ends took three times as long as to see that nobody ever told of one. So that is seen first, in the one place that everybody asks.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- When the lock that the portal last told of ends: `infinity` where only a person can end it, NULL where a later login or a person says that it is over.
CREATE FUNCTION rcm_told_lock_until(identity text) RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
  BEGIN ATOMIC
    WITH names AS (SELECT n.id, n.until FROM public.rcm_login_names(identity) n)
    SELECT CASE WHEN l.lock_seconds IS NULL THEN 'infinity'::timestamptz ELSE a.at + make_interval(secs => l.lock_seconds) END
      FROM public.rcm_login_limits(identity) l
      CROSS JOIN (SELECT max(coalesce(t.finished_at, t.started_at)) AS at
                    FROM names n JOIN public.login_attempt t ON t.login_identity = n.id AND t.started_at <= n.until WHERE t.outcome = 'locked') a
     WHERE a.at IS NOT NULL
       AND NOT EXISTS (SELECT FROM names n JOIN public.login_attempt ok ON ok.login_identity = n.id AND ok.started_at <= n.until
                        WHERE ok.outcome = 'accepted' AND ok.started_at > a.at)
       AND NOT EXISTS (SELECT FROM names n JOIN public.login_clearance c ON c.login_identity = n.id AND c.at <= n.until WHERE c.kind = 'unlocked' AND c.at > a.at);
  END;
REVOKE ALL ON FUNCTION rcm_told_lock_until(text) FROM PUBLIC;

-- The same, and NULL where no lock was ever told of, by the login's name of today or by one of before.
CREATE OR REPLACE FUNCTION rcm_locked_until(identity text) RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
  RETURN CASE WHEN EXISTS (SELECT FROM public.login_attempt t WHERE t.login_identity = identity AND t.outcome = 'locked')
                OR EXISTS (SELECT FROM public.login_identity_past p JOIN public.login_attempt t ON t.login_identity = p.former
                            WHERE p.identity = rcm_locked_until.identity AND t.outcome = 'locked')
              THEN public.rcm_told_lock_until(identity) END;

CREATE OR REPLACE FUNCTION rcm_locked_count(identities text[]) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN (SELECT count(*)::integer FROM unnest(identities) i WHERE public.rcm_locked_until(i) > clock_timestamp());
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
