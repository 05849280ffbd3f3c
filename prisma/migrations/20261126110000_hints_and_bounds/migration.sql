-- A job is a hint, never an order, and a login of an agent's that somebody has taken over changes nothing of another tenant: what works
-- across tenants bounds its arguments itself, and what an agent writes of its own tenant's is bounded to what an agent's work needs.

-- Agents ask the rows for work and have no job: nothing of the queue's tables is theirs any more (the owner takes the rights away with
-- the next installation of the queue, jobs-install.ts).
DROP FUNCTION rcm_stray_tasks(interval, integer);
DROP INDEX portal_task_queued;
ALTER TABLE portal_task DROP COLUMN job_sent_at;
-- Whether there is a task to take is asked twice a second by each idle web-agent: one step in an index, however many wait for later.
CREATE INDEX portal_task_next ON portal_task (not_before) WHERE state = 'queued';
CREATE FUNCTION rcm_task_waits() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN EXISTS (SELECT FROM public.portal_task t WHERE t.state = 'queued' AND t.not_before <= transaction_timestamp() AND (public.rcm_tenant() IS NULL OR t.org_id = public.rcm_tenant()))
      OR EXISTS (SELECT FROM public.portal_task t WHERE t.state = 'running' AND t.claimed_until <= transaction_timestamp() AND (public.rcm_tenant() IS NULL OR t.org_id = public.rcm_tenant()));

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_task_waits() OWNER TO rcm_internal;

SET ROLE rcm_internal;
-- As before, but for an hour at most; and where the transaction has a tenant, a task of that tenant. Over all tenants only without a name:
-- whoever names a task says for whom.
CREATE OR REPLACE FUNCTION rcm_take_task(taker text, ttl interval, only_task uuid, only_org text) RETURNS TABLE (task_id uuid, org_id text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  scope text := public.rcm_tenant();
BEGIN
  IF ttl IS NULL OR ttl <= interval '0' OR ttl > interval '1 hour' THEN
    RAISE EXCEPTION 'a task is taken for at most an hour' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF only_task IS NOT NULL AND only_org IS DISTINCT FROM scope THEN
    RAISE EXCEPTION 'a task is taken by name only for the tenant of the transaction' USING ERRCODE = 'invalid_parameter_value';
  END IF;
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
    SELECT f.id, f.org_id, f.endpoint_id, f.portal_type_code AS pool, f.not_before FROM first f WHERE f.not_before <= (SELECT n.at FROM now_is n) AND (scope IS NULL OR f.org_id = scope)
    UNION ALL
    SELECT t.id, t.org_id, t.endpoint_id, t.portal_type_code, t.not_before
      FROM public.portal_task t CROSS JOIN now_is n
     WHERE t.state = 'running' AND t.claimed_until <= n.at AND t.deadline_at > n.at AND only_task IS NULL AND (scope IS NULL OR t.org_id = scope)
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

-- As before, but nothing goes that ended less than a day ago, whoever asks for it, and where the transaction has a tenant, only of that tenant.
CREATE OR REPLACE FUNCTION rcm_tidy_tasks(kept interval, most integer, OUT expired integer, OUT deleted integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scope text := public.rcm_tenant();
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
  DELETE FROM public.portal_task u
   WHERE u.id IN (SELECT t.id FROM public.portal_task t WHERE t.finished_at <= now() - kept AND (scope IS NULL OR t.org_id = scope) LIMIT most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS deleted = ROW_COUNT;
END $$;

-- The last step of a login's one-time codes that may be reserved now, by Postgres's clock: the current one, and as many as the portal type says
-- that its portal accepts ahead. NULL where the tenant does not have the login.
CREATE FUNCTION rcm_last_totp_step(identity text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN (SELECT max(floor(extract(epoch FROM clock_timestamp()) / p.totp_period_seconds)::bigint + p.totp_skew)
            FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
           WHERE e.login_identity = identity AND public.rcm_tenant_has_login(identity));
REVOKE ALL ON FUNCTION rcm_last_totp_step(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_last_totp_step(text) TO rcm_agent, rcm_rotator;

-- Rights on a function are its owner's to give and to take. Where whoever migrates is no superuser, the statements before, which came after the
-- function had changed hands, had no effect but a warning: every login could call it.
REVOKE ALL ON FUNCTION rcm_task_waits(), rcm_tenant_has_login(text), rcm_live_leases(text), rcm_open_rotation(text), rcm_login_ledger(text), rcm_organization_of(text),
  rcm_rotations_under_way(text), rcm_account_is_well(text, text), rcm_take_task(text, interval, uuid, text), rcm_tidy_tasks(interval, integer), rcm_login_limits(text),
  rcm_locked_until(text), rcm_password_record(text, text[], timestamptz), rcm_portal_health(text, text, timestamptz, interval, integer),
  rcm_follow_account(text, text, text, text, uuid, text[]), rcm_forget_passwords(text, text[]), rcm_chain_audit_event(), rcm_refuse_orphaned_hosts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_tenant_has_login(text), rcm_live_leases(text), rcm_open_rotation(text) TO rcm_agent, rcm_rotator, rcm_migrator;
GRANT EXECUTE ON FUNCTION rcm_login_ledger(text), rcm_password_record(text, text[], timestamptz), rcm_portal_health(text, text, timestamptz, interval, integer) TO rcm_agent, rcm_rotator;
GRANT EXECUTE ON FUNCTION rcm_organization_of(text), rcm_take_task(text, interval, uuid, text), rcm_tidy_tasks(interval, integer), rcm_task_waits() TO rcm_agent;
GRANT EXECUTE ON FUNCTION rcm_rotations_under_way(text), rcm_follow_account(text, text, text, text, uuid, text[]), rcm_forget_passwords(text, text[]) TO rcm_rotator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

-- Whether a change is an app's own statement: not one of the functions, which run as rcm_internal, nor the owner's.
CREATE FUNCTION rcm_is_app(changed regclass) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  RETURN current_user <> 'rcm_internal' AND NOT pg_has_role(current_user, (SELECT c.relowner FROM pg_class c WHERE c.oid = changed), 'USAGE');
REVOKE ALL ON FUNCTION rcm_is_app(regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_is_app(regclass) TO rcm_agent, rcm_rotator, rcm_migrator, rcm_internal;

-- A step that is far ahead would let nobody log in for years, one that goes back lets a code be used twice.
CREATE FUNCTION rcm_bound_totp_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF public.rcm_is_app(TG_RELID) AND (NEW.last_totp_step < OLD.last_totp_step OR NEW.last_totp_step > public.rcm_last_totp_step(NEW.id) IS NOT FALSE) THEN
    RAISE EXCEPTION 'a step of one-time codes goes forward, and no further than the portal accepts now' USING ERRCODE = 'check_violation', CONSTRAINT = 'login_identity_totp_step_near_now';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER login_identity_totp_step_near_now BEFORE UPDATE OF last_totp_step ON login_identity
  FOR EACH ROW WHEN (NEW.last_totp_step <> OLD.last_totp_step) EXECUTE FUNCTION rcm_bound_totp_step();

-- A rotation is brought forward by an agent that was told of an expiry, and by nobody put off but the rotator.
CREATE FUNCTION rcm_bound_due_date() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF public.rcm_is_app(TG_RELID) AND NOT pg_has_role(current_user, 'rcm_rotator', 'USAGE') AND NOT pg_has_role(current_user, 'rcm_migrator', 'USAGE')
     AND (NEW.next_rotation_at IS NULL OR NEW.next_rotation_at >= OLD.next_rotation_at OR NEW.next_rotation_at < NEW.rotation_not_before) THEN
    RAISE EXCEPTION 'an agent brings a rotation forward, not into its rest, and never puts it off' USING ERRCODE = 'check_violation', CONSTRAINT = 'integration_endpoint_due_sooner';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER integration_endpoint_due_sooner BEFORE UPDATE OF next_rotation_at ON integration_endpoint
  FOR EACH ROW WHEN (NEW.next_rotation_at IS DISTINCT FROM OLD.next_rotation_at) EXECUTE FUNCTION rcm_bound_due_date();
REVOKE ALL ON FUNCTION rcm_bound_totp_step(), rcm_bound_due_date() FROM PUBLIC;

-- What an agent writes lasts as long as an agent's work may last. Times are Postgres's: nothing is dated ahead, where it would forgive what the
-- portal still counts, and nothing holds a login, an account or a task for longer than a process may be away.
CREATE POLICY agent_lease_ends ON login_lease AS RESTRICTIVE FOR INSERT TO rcm_agent WITH CHECK (expires_at <= clock_timestamp() + interval '1 hour');
CREATE POLICY agent_lease_ends_too ON login_lease AS RESTRICTIVE FOR UPDATE TO rcm_agent USING (true) WITH CHECK (expires_at <= clock_timestamp() + interval '1 hour');
CREATE POLICY agent_attempt_is_now ON login_attempt AS RESTRICTIVE FOR INSERT TO rcm_agent
  WITH CHECK (started_at BETWEEN clock_timestamp() - interval '5 minutes' AND clock_timestamp() AND (outcome IS NULL OR outcome = 'not_submitted') AND NOT proved
              AND (finished_at IS NULL OR finished_at BETWEEN started_at AND clock_timestamp())
              AND (throttled_until IS NULL OR throttled_until <= clock_timestamp() + interval '31 days') AND rests_until IS NULL);
CREATE POLICY agent_word_is_now ON login_attempt AS RESTRICTIVE FOR UPDATE TO rcm_agent USING (true)
  WITH CHECK ((finished_at IS NULL OR finished_at BETWEEN started_at AND clock_timestamp())
              AND (throttled_until IS NULL OR throttled_until <= clock_timestamp() + interval '1 day')
              AND (rests_until IS NULL OR rests_until <= clock_timestamp() + interval '8 days'));
CREATE POLICY agent_task_is_new ON portal_task AS RESTRICTIVE FOR INSERT TO rcm_agent
  WITH CHECK (state = 'queued' AND tries = 0 AND deadline_at <= clock_timestamp() + interval '31 days' AND not_before <= clock_timestamp() + interval '31 days');
CREATE POLICY agent_claim_ends ON portal_task AS RESTRICTIVE FOR UPDATE TO rcm_agent USING (true)
  WITH CHECK ((claimed_until IS NULL OR claimed_until <= clock_timestamp() + interval '1 hour') AND not_before <= clock_timestamp() + interval '31 days'
              AND (started_at IS NULL OR started_at <= clock_timestamp()) AND (finished_at IS NULL OR finished_at <= clock_timestamp()));

-- What is told is told once for each organization: one's own word silences nobody else's.
ALTER TABLE notice DROP CONSTRAINT notice_dedup_key_key;
ALTER TABLE notice ADD CONSTRAINT notice_once UNIQUE NULLS NOT DISTINCT (org_id, dedup_key);
-- An agent tells of a login that was locked or refused, and of nothing else: that an attempt failed or is blocked is the rotator's to say, and a
-- notice of an agent's in its place would keep it from being said.
CREATE POLICY agent_tells ON notice AS RESTRICTIVE FOR INSERT TO rcm_agent
  WITH CHECK (org_id IS NOT NULL AND endpoint_id IS NOT NULL AND portal_type_code IS NULL AND attempt_id IS NULL AND (detail IS NULL OR length(detail) <= 300)
              AND created_at <= clock_timestamp()
              AND ((kind = 'refused' AND dedup_key IN ('refused:' || endpoint_id || to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD'),
                                                       'refused:' || endpoint_id || to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD')))
                OR (kind = 'locked' AND substr(dedup_key, 72) IN (to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD"T"HH24'), to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD"T"HH24'))
                    AND left(dedup_key, 7) = 'locked:'
                    AND EXISTS (SELECT FROM login_attempt a WHERE a.login_identity = substr(notice.dedup_key, 8, 64) AND a.org_id = notice.org_id AND a.endpoint_id = notice.endpoint_id))));

-- Makes tables' policies, as nobody but the owner can; nobody else need call it.
REVOKE ALL ON PROCEDURE rcm_isolate(regclass, name) FROM PUBLIC;
