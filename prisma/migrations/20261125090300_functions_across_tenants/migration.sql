-- A portal locks an account, whoever uses it: leases, budget and journal of a login are counted over all organizations that have it.
-- These functions are the only way past a tenant's border. Each answers with counts, times, states or ids, never a row; those about a
-- login answer only to a tenant that has it. They run as rcm_internal, which has the few rights they need and no others.

CREATE FUNCTION rcm_tenant_has_login(identity text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN EXISTS (SELECT FROM public.integration_endpoint e WHERE e.login_identity = identity AND e.org_id = public.rcm_tenant());

-- Removes what has expired (a dead holder's lease is free), then counts what is left. The caller holds the identity's row.
CREATE FUNCTION rcm_live_leases(identity text, OUT exclusive integer, OUT shared integer) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT public.rcm_tenant_has_login(identity) THEN RETURN; END IF;
  DELETE FROM public.login_lease l WHERE l.login_identity = identity AND l.expires_at <= clock_timestamp();
  SELECT count(*) FILTER (WHERE l.kind = 'exclusive'), count(*) FILTER (WHERE l.kind = 'shared') INTO exclusive, shared
    FROM public.login_lease l WHERE l.login_identity = identity;
END $$;

-- The open rotation of a login, whoever's: no row where there is none. `mine`: it is the asking tenant's.
CREATE FUNCTION rcm_open_rotation(identity text) RETURNS TABLE (state text, waiting_from text, mine boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT a.state, a.waiting_from, a.org_id = public.rcm_tenant() FROM public.rotation_attempt a
     WHERE a.login_identity = identity AND a.ended_at IS NULL AND public.rcm_tenant_has_login(identity);
  END;

-- What the ledger says about a login now; no row where the tenant does not have it. All figures come from one statement, so they belong
-- together. What counts and why: docs/adr/0003 and libs/db/src/ledger/budget.ts.
CREATE FUNCTION rcm_login_ledger(identity text)
  RETURNS TABLE (threshold integer, budget integer, window_seconds integer, failures integer, in_flight integer, oldest_leaves_at timestamptz,
                 newest_leaves_at timestamptz, locked_until timestamptz, may_be_locked boolean, throttled_until timestamptz, now timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH limits AS (
      SELECT min(p.lockout_threshold) AS threshold, min(p.lockout_threshold - p.lockout_margin) AS budget, max(p.lockout_window_seconds) AS seconds
        FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code WHERE e.login_identity = identity
    ), accepted AS (
      SELECT a.started_at FROM public.login_attempt a WHERE a.login_identity = identity AND a.outcome = 'accepted' ORDER BY a.started_at DESC LIMIT 1
    ), recent AS (
      SELECT a.started_at, a.finished_at, a.outcome, a.started_at + make_interval(secs => l.seconds) AS leaves_at,
             coalesce(a.finished_at, a.started_at) + make_interval(secs => l.seconds) AS unlocks_at,
             a.outcome IS NULL AND EXISTS (SELECT FROM public.login_lease w WHERE w.id = a.lease_id AND w.expires_at > clock_timestamp()) AS in_flight
        FROM public.login_attempt a CROSS JOIN limits l
       WHERE a.login_identity = identity AND a.started_at > transaction_timestamp() - make_interval(secs => l.seconds)
    ), counted AS (
      SELECT r.* FROM recent r LEFT JOIN accepted ok ON true
       WHERE (r.outcome IS NULL OR r.outcome NOT IN ('accepted', 'not_submitted', 'password_expired', 'change_forced'))
         AND (ok.started_at IS NULL OR r.in_flight OR coalesce(r.finished_at, r.started_at) > ok.started_at)
    )
    SELECT l.threshold, l.budget, l.seconds, (SELECT count(*) FROM counted)::int, (SELECT count(*) FROM counted c WHERE c.in_flight)::int,
           (SELECT min(c.leaves_at) FROM counted c), (SELECT max(c.leaves_at) FROM counted c),
           (SELECT max(c.unlocks_at) FROM counted c WHERE c.outcome = 'locked'),
           (SELECT coalesce(bool_or(c.outcome = 'rejected_or_locked'), false) FROM counted c),
           (SELECT max(a.throttled_until) FROM public.login_attempt a WHERE a.login_identity = identity AND a.throttled_until > clock_timestamp()),
           clock_timestamp()
      FROM limits l WHERE public.rcm_tenant_has_login(identity);
  END;

-- Tasks that should long have been taken, marked as sent again. Ids only; whoever takes one sets its tenant and asks for it by name.
CREATE FUNCTION rcm_stray_tasks(idle interval, most integer) RETURNS TABLE (task_id uuid, org_id text)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    UPDATE public.portal_task u SET job_sent_at = clock_timestamp()
     WHERE u.id IN (SELECT t.id FROM public.portal_task t
                     WHERE (t.state = 'queued' OR (t.state = 'running' AND t.claimed_until <= clock_timestamp()))
                       AND greatest(t.job_sent_at, t.not_before) <= clock_timestamp() - idle
                     ORDER BY t.job_sent_at LIMIT most FOR UPDATE SKIP LOCKED)
    RETURNING u.id, u.org_id;
  END;

-- Whose an endpoint is, for a person who names it on the command line. An id for an id.
CREATE FUNCTION rcm_organization_of(endpoint_id text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN (SELECT e.org_id FROM public.integration_endpoint e WHERE e.id = endpoint_id);

-- Triggers that must see more than who fires them: the end of the audit chain is nobody's to read, and a host may be in use by any tenant.
ALTER FUNCTION rcm_chain_audit_event() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION rcm_refuse_orphaned_hosts() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

CREATE POLICY internal ON integration_endpoint FOR SELECT TO rcm_internal USING (true);
CREATE POLICY internal ON login_lease TO rcm_internal USING (true);
CREATE POLICY internal ON login_attempt FOR SELECT TO rcm_internal USING (true);
CREATE POLICY internal ON rotation_attempt FOR SELECT TO rcm_internal USING (true);
CREATE POLICY internal ON portal_task TO rcm_internal USING (true);
CREATE POLICY internal ON audit_event FOR SELECT TO rcm_internal USING (true);

GRANT SELECT (id, org_id, login_identity, portal_type_code, base_url) ON integration_endpoint TO rcm_internal;
GRANT SELECT ON portal_type TO rcm_internal;
GRANT SELECT (id, login_identity, kind, expires_at), DELETE ON login_lease TO rcm_internal;
GRANT SELECT (login_identity, lease_id, outcome, started_at, finished_at, throttled_until) ON login_attempt TO rcm_internal;
GRANT SELECT (org_id, login_identity, state, waiting_from, ended_at) ON rotation_attempt TO rcm_internal;
GRANT SELECT (id, org_id, state, claimed_until, job_sent_at, not_before), UPDATE (job_sent_at) ON portal_task TO rcm_internal;
GRANT SELECT (org_id, seq, hash) ON audit_event TO rcm_internal;

-- Only an owner with CREATE on the schema can be given a function; it keeps the function without it.
GRANT USAGE, CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_tenant_has_login(text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_live_leases(text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_open_rotation(text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_login_ledger(text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_stray_tasks(interval, integer) OWNER TO rcm_internal;
ALTER FUNCTION rcm_organization_of(text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_chain_audit_event() OWNER TO rcm_internal;
ALTER FUNCTION rcm_refuse_orphaned_hosts() OWNER TO rcm_internal;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
