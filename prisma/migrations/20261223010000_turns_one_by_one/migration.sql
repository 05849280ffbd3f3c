-- Of the first eight turns most were of one tenant, which has one at each portal that it waits for, so that hands that came at once looked portal by portal after all. They follow the order as
-- far as they have to. And a tenant is settled only where something is to be settled: not again where another hand has just done so, and no pool in which nothing waits.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- One turn, tried, as rcm_try_turn did (20261222010000); whether the portal has room is asked where that was not seen yet. That one and rcm_turns_to_try are left for hands that are at it
-- while this is applied, and may go once no version calls them.
CREATE FUNCTION rcm_take_turn(turn record, taker text, ttl interval, waits boolean, at timestamptz, OUT answer text, OUT task uuid) LANGUAGE plpgsql AS $$
DECLARE
  q text;
  kept_since timestamptz;
  first record;
  account text;
  at_once integer;
BEGIN
  IF NOT turn.has_room THEN
    at_once := (SELECT p.max_task_concurrency FROM public.portal_type p WHERE p.code = turn.code);
    IF at_once IS NOT NULL AND (SELECT c.running FROM public.rcm_tasks_at_portal(turn.code, clock_timestamp()) c) >= at_once THEN
      answer := 'full';
      RETURN;
    END IF;
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

-- As before (20261222010000), one turn after the other.
CREATE OR REPLACE FUNCTION rcm_next_task(taker text, ttl interval, OUT task_id uuid, OUT org_id text, OUT again boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
  scope text := public.rcm_tenant();
  at timestamptz := clock_timestamp();
  turns refcursor;
  turn record;
  any_left boolean;
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
    -- The next one first: of all, and where some were tried already, the next one of the portals and tenants that are left, at a portal that has room. Read no further than it is followed.
    IF scope IS NULL AND cardinality(passed) = 0 AND cardinality(full_portals) = 0 THEN
      OPEN turns FOR SELECT u.org_id AS org, u.portal_type_code AS code, u.running, u.served_at, false AS has_room
                       FROM public.task_turn u ORDER BY u.running, u.served_at NULLS FIRST, u.org_id, u.waits_since LIMIT 200;
    ELSE
      OPEN turns FOR SELECT n.org, n.code, n.running, n.served_at, true AS has_room FROM public.rcm_next_turn(scope, passed, full_portals) n WHERE n.org IS NOT NULL;
    END IF;
    any_left := false;
    LOOP
      FETCH turns INTO turn;
      EXIT WHEN NOT FOUND;
      any_left := true;
      CONTINUE WHEN turn.org = ANY (passed) OR turn.code = ANY (full_portals);
      SELECT t.answer, t.task INTO tried FROM public.rcm_take_turn(turn, taker, ttl, waits, at) t;
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
    CLOSE turns;
    -- A free hand may well look whether a pool has healed.
    IF NOT any_left THEN
      EXIT WHEN looked_at_sick OR NOT public.rcm_look_at_sick_pools(scope, at);
      looked_at_sick := true;
    END IF;
  END LOOP;
END $$;

-- As before (20261130040200).
CREATE OR REPLACE FUNCTION rcm_follow_tasks(scope text, at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  orgs text[];
  org text;
  place integer := 1;
  queues text[];
  accounts text[];
  others text[];
  in_other_hands boolean := false;
BEGIN
  IF scope IS NOT NULL THEN
    orgs := ARRAY[scope];
  ELSE
    orgs := ARRAY(
      WITH RECURSIVE noted AS (
        (SELECT n.org_id FROM public.task_note n ORDER BY n.org_id LIMIT 1)
        UNION ALL
        SELECT (SELECT n.org_id FROM public.task_note n WHERE n.org_id > p.org_id ORDER BY n.org_id LIMIT 1) FROM noted p WHERE p.org_id IS NOT NULL)
      (SELECT p.org_id FROM noted p WHERE p.org_id IS NOT NULL LIMIT 32)
      UNION (SELECT t.org_id FROM public.task_tenant t WHERE t.expires_at <= at ORDER BY t.expires_at LIMIT 32)
      UNION (SELECT k.org_id FROM public.task_queue k WHERE k.asleep AND k.due_at <= at ORDER BY k.due_at LIMIT 32));
  END IF;
  WHILE place <= cardinality(orgs) LOOP
    org := orgs[place];
    place := place + 1;
    PERFORM FROM public.task_tenant t WHERE t.org_id = org FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      IF EXISTS (SELECT FROM public.task_tenant t WHERE t.org_id = org) THEN in_other_hands := true;
      ELSE DELETE FROM public.task_note n WHERE n.org_id = org; END IF;
      CONTINUE;
    END IF;
    IF scope IS NULL THEN
      WITH gone AS (DELETE FROM public.task_note n WHERE n.org_id = org RETURNING n.queue, n.account)
      SELECT array_agg(DISTINCT g.queue), array_agg(DISTINCT g.account) FILTER (WHERE g.account IS NOT NULL) INTO queues, accounts FROM gone g;
    ELSE
      -- What another organization has to know of it is left to who works for all.
      SELECT array_agg(DISTINCT n.queue), array_agg(DISTINCT n.account) FILTER (WHERE n.account IS NOT NULL) INTO queues, accounts FROM public.task_note n WHERE n.org_id = org;
    END IF;
    IF accounts IS NOT NULL THEN
      -- Where nothing waits, nothing is to be woken.
      queues := queues || ARRAY(SELECT k.queue FROM public.integration_endpoint e JOIN public.task_queue k ON k.org_id = e.org_id AND k.queue IN (e.id, 'pool/' || e.portal_type_code)
                                 WHERE e.org_id = org AND e.id = ANY (accounts));
      -- A session of one organization's is a session of every other's that has the login.
      WITH told AS (
        INSERT INTO public.task_note (org_id, queue)
          SELECT o.org_id, unnest(ARRAY[o.id, 'pool/' || o.portal_type_code])
            FROM public.integration_endpoint e JOIN public.integration_endpoint o ON o.login_identity = e.login_identity AND o.id <> e.id
           WHERE scope IS NULL AND e.org_id = org AND e.id = ANY (accounts) RETURNING org_id)
      SELECT array_agg(DISTINCT t.org_id) INTO others FROM told t;
      orgs := orgs || others;
    END IF;
    queues := ARRAY(SELECT q FROM unnest(queues) q
                                               UNION (SELECT k.queue FROM public.task_queue k WHERE k.org_id = org AND k.asleep AND k.due_at <= at ORDER BY k.due_at LIMIT 100)
                                               UNION (SELECT coalesce('pool/' || t.portal_type_code, t.endpoint_id) FROM public.portal_task t WHERE t.org_id = org AND t.claimed_until <= at LIMIT 100));
    -- Whoever held it before has seen to what was noted.
    IF cardinality(queues) > 0 OR EXISTS (SELECT FROM public.task_tenant t WHERE t.org_id = org AND t.expires_at <= at) THEN
      PERFORM public.rcm_settle_turns(org, queues, at, NULL);
    END IF;
  END LOOP;
  RETURN in_other_hands;
END $$;
REVOKE ALL ON FUNCTION rcm_take_turn(record, text, interval, boolean, timestamptz) FROM PUBLIC;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
