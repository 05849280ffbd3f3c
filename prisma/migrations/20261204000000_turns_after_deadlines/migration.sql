-- As before, but a queue whose first task is another than when it was derived is derived anew before anything is taken: a task whose deadline passed kept the place of what it
-- had waited for, and with it its tenant's other portals behind.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_next_task(taker text, ttl interval, OUT task_id uuid, OUT org_id text, OUT again boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
  scope text := public.rcm_tenant();
  at timestamptz := clock_timestamp();
  turn record;
  q text;
  kept_since timestamptz;
  first record;
  lent record;
  answer text;
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
    SELECT * INTO turn FROM public.rcm_next_turn(scope, passed, full_portals);
    IF turn.org IS NULL THEN
      -- A free hand may well look whether a pool has healed.
      EXIT WHEN looked_at_sick OR NOT public.rcm_look_at_sick_pools(scope, at);
      looked_at_sick := true;
      CONTINUE;
    END IF;
    PERFORM FROM public.task_tenant t WHERE t.org_id = turn.org FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      passed := passed || turn.org;
      again := true;
      CONTINUE;
    END IF;
    -- Somebody may have been served between the look and the lock.
    CONTINUE WHEN NOT EXISTS (SELECT FROM public.task_turn u WHERE u.org_id = turn.org AND u.portal_type_code = turn.code AND u.running = turn.running
                                 AND u.served_at IS NOT DISTINCT FROM turn.served_at);
    SELECT k.queue, k.due_at INTO q, kept_since FROM public.task_queue k WHERE k.org_id = turn.org AND k.portal_type_code = turn.code AND NOT k.asleep ORDER BY k.due_at LIMIT 1;
    SELECT * INTO first FROM public.rcm_first_of_queue(turn.org, q, at);
    SELECT * INTO lent FROM public.rcm_lendable(turn.org, first.endpoint, first.pool, at);
    -- Nobody tells of a deadline that passes: with the task that it ended, the queue may have lost its place.
    IF first.task IS NULL OR lent.account IS NULL OR first.since <> kept_since THEN
      PERFORM public.rcm_settle_turns(turn.org, ARRAY[q], at, NULL);
      CONTINUE;
    END IF;
    answer := public.rcm_give_task(turn.org, first.task, lent.account, taker, ttl, waits, false);
    CASE answer
      WHEN 'taken' THEN
        at := clock_timestamp();
        PERFORM public.rcm_settle_turns(turn.org, ARRAY[q], at, at);
        task_id := first.task;
        org_id := turn.org;
        again := false;
        RETURN;
      WHEN 'portal full' THEN full_portals := full_portals || turn.code;
      WHEN 'held' THEN passed := passed || turn.org;
      ELSE
        at := clock_timestamp();
        PERFORM public.rcm_settle_turns(turn.org, ARRAY[q], at, NULL);
    END CASE;
    -- A portal is held to the end of the transaction: while one is, none is waited for.
    waits := false;
    again := again OR answer IN ('held', 'portal full');
  END LOOP;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
