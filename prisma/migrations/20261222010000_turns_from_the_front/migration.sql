-- Hands that come at once met at the one turn that is first, and each then looked for the next one anew, portal by portal: three times for a task. They look at the first turns of all now, in one order,
-- and take the first of them that is free; only where none of these can be had is it asked portal by portal, as before.
CREATE INDEX task_turn_first ON task_turn (running, served_at NULLS FIRST, org_id, waits_since);

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- The turns to be tried, the next one first: of all, and where some were tried already, the next one of the portals and tenants that are left. `at_once`: what the portal endures; none: whatever comes.
CREATE FUNCTION rcm_turns_to_try(scope text, passed text[], full_portals text[]) RETURNS TABLE (org text, code text, running integer, served_at timestamptz, at_once integer) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF scope IS NULL AND cardinality(passed) = 0 AND cardinality(full_portals) = 0 THEN
    RETURN QUERY
      SELECT f.org_id, f.portal_type_code, f.running, f.served_at, (SELECT p.max_task_concurrency FROM public.portal_type p WHERE p.code = f.portal_type_code)
        FROM (SELECT u.* FROM public.task_turn u ORDER BY u.running, u.served_at NULLS FIRST, u.org_id, u.waits_since LIMIT 8) f;
  ELSE
    -- Of portals that have room.
    RETURN QUERY SELECT n.org, n.code, n.running, n.served_at, NULL::integer FROM public.rcm_next_turn(scope, passed, full_portals) n WHERE n.org IS NOT NULL;
  END IF;
END $$;

-- One turn, tried. `taken`, with its task. Else: `full`, the portal has all that it endures; `elsewhere`, somebody has the tenant in hand; `served`, somebody was served between the look and the lock;
-- `settled`, the turn was not as it was kept, and is now; or what a task's giving says. `waits`: whether the portal's lock may be waited for.
CREATE FUNCTION rcm_try_turn(turn record, taker text, ttl interval, waits boolean, at timestamptz, OUT answer text, OUT task uuid) LANGUAGE plpgsql AS $$
DECLARE
  q text;
  kept_since timestamptz;
  first record;
  account text;
BEGIN
  IF turn.at_once IS NOT NULL AND (SELECT c.running FROM public.rcm_tasks_at_portal(turn.code, clock_timestamp()) c) >= turn.at_once THEN
    answer := 'full';
    RETURN;
  END IF;
  PERFORM FROM public.task_tenant t WHERE t.org_id = turn.org FOR NO KEY UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    answer := 'elsewhere';
    RETURN;
  END IF;
  SELECT k.queue, k.due_at INTO q, kept_since
    FROM public.task_turn u
    LEFT JOIN LATERAL (SELECT w.queue, w.due_at FROM public.task_queue w WHERE w.org_id = turn.org AND w.portal_type_code = turn.code AND NOT w.asleep ORDER BY w.due_at LIMIT 1) k ON true
   WHERE u.org_id = turn.org AND u.portal_type_code = turn.code AND u.running = turn.running AND u.served_at IS NOT DISTINCT FROM turn.served_at;
  IF NOT FOUND THEN
    answer := 'served';
    RETURN;
  END IF;
  SELECT * INTO first FROM public.rcm_first_of_queue(turn.org, q, at);
  account := first.endpoint;
  -- Whether the one account of a queue has room is seen under its login's lock.
  IF first.pool IS NOT NULL THEN account := (SELECT l.account FROM public.rcm_lendable(turn.org, first.endpoint, first.pool, at) l); END IF;
  -- Nobody tells of a deadline that passes: with the task that it ended, the queue may have lost its place.
  IF first.task IS NULL OR account IS NULL OR first.since <> kept_since THEN
    PERFORM public.rcm_settle_turns(turn.org, ARRAY[q], at, NULL);
    answer := 'settled';
    RETURN;
  END IF;
  answer := public.rcm_give_task(turn.org, first.task, account, taker, ttl, waits, false);
  IF answer = 'taken' THEN
    task := first.task;
    PERFORM public.rcm_settle_turns(turn.org, ARRAY[q], s.at, s.at) FROM (SELECT clock_timestamp() AS at) s;
  ELSIF answer NOT IN ('portal full', 'held') THEN
    PERFORM public.rcm_settle_turns(turn.org, ARRAY[q], clock_timestamp(), NULL);
  END IF;
END $$;

-- As before (20261204000000), but that a look may find several.
CREATE OR REPLACE FUNCTION rcm_next_task(taker text, ttl interval, OUT task_id uuid, OUT org_id text, OUT again boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
  scope text := public.rcm_tenant();
  at timestamptz := clock_timestamp();
  turn record;
  tried record;
  passed text[] := '{}';
  full_portals text[] := '{}';
  waits boolean := true;
  looked_at_sick boolean := false;
BEGIN
  IF ttl IS NULL OR ttl <= interval '0' OR ttl > interval '1 hour' THEN
    RAISE EXCEPTION 'a task is taken for at most an hour' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  again := public.rcm_follow_tasks(scope, at);
  FOR look IN 1..200 LOOP
    FOR turn IN SELECT t.org, t.code, t.running, t.served_at, t.at_once FROM public.rcm_turns_to_try(scope, passed, full_portals) t LOOP
      CONTINUE WHEN turn.org = ANY (passed) OR turn.code = ANY (full_portals);
      SELECT t.answer, t.task INTO tried FROM public.rcm_try_turn(turn, taker, ttl, waits, at) t;
      CASE tried.answer
        WHEN 'taken' THEN
          task_id := tried.task;
          org_id := turn.org;
          again := false;
          RETURN;
        WHEN 'elsewhere' THEN passed := passed || turn.org;
        WHEN 'held' THEN passed := passed || turn.org;
        WHEN 'full' THEN full_portals := full_portals || turn.code;
        WHEN 'portal full' THEN full_portals := full_portals || turn.code;
        ELSE at := clock_timestamp();
      END CASE;
      again := again OR tried.answer IN ('elsewhere', 'held', 'portal full');
      -- A portal is held to the end of the transaction: while one is, none is waited for.
      waits := waits AND tried.answer IN ('full', 'elsewhere', 'served', 'settled');
      -- Whose turn was not as it was kept may be the next one still.
      EXIT WHEN tried.answer NOT IN ('full', 'elsewhere', 'served', 'held', 'portal full');
    END LOOP;
    -- A free hand may well look whether a pool has healed.
    IF NOT FOUND THEN
      EXIT WHEN looked_at_sick OR NOT public.rcm_look_at_sick_pools(scope, at);
      looked_at_sick := true;
    END IF;
  END LOOP;
END $$;

-- As before (20261130040000), but that the one account of a queue is looked up without a pool's list.
CREATE OR REPLACE FUNCTION rcm_lendable(org text, endpoint text, pool text, at timestamptz, OUT account text, OUT login text, OUT free_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
  a record;
BEGIN
  IF pool IS NULL THEN
    SELECT e.id, e.login_identity, s.running < p.max_sessions_per_account AS free, s.free_at INTO a
      FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
      CROSS JOIN LATERAL public.rcm_sessions(e.org_id, e.id, e.login_identity, at) s
     WHERE e.org_id = org AND e.id = endpoint;
    free_at := a.free_at;
    IF a.free THEN
      account := a.id;
      login := a.login_identity;
    END IF;
    RETURN;
  END IF;
  FOR a IN
    SELECT e.id, e.login_identity, s.running < p.max_sessions_per_account AS free, s.free_at
      FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
      CROSS JOIN LATERAL public.rcm_sessions(e.org_id, e.id, e.login_identity, at) s
     WHERE e.org_id = org AND e.portal_type_code = pool
     ORDER BY s.running, (SELECT max(u.started_at) FROM public.portal_task u WHERE u.org_id = e.org_id AND u.endpoint_id = e.id) NULLS FIRST, e.id
  LOOP
    free_at := least(free_at, a.free_at);
    IF a.free AND public.rcm_account_is_well(org, a.id) THEN
      account := a.id;
      login := a.login_identity;
      RETURN;
    END IF;
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION rcm_turns_to_try(text, text[], text[]), rcm_try_turn(record, text, interval, boolean, timestamptz) FROM PUBLIC;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
