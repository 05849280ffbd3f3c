-- A hand that finds nothing else looks whether the accounts of a pool have healed. What it woke was not given to it where the same tenant also waits at a portal that has no room: the tenant was
-- passed over for the rest of the hand's look. A portal that has no room is passed over as it is; a tenant only where somebody else has what it waits for.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- One turn after the other, the next one first. Of all, the tenant is found by its turn that leads, and is one that nobody has in hand; where its portals have no room, it is asked portal by portal
-- (rcm_next_turn), where a turn may say that it is sooner its tenant's than it is.
CREATE OR REPLACE FUNCTION rcm_next_task(taker text, ttl interval, OUT task_id uuid, OUT org_id text, OUT again boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  scope text := public.rcm_tenant();
  at timestamptz := clock_timestamp();
  due record;
  turn record;
  answer text;
  got uuid;
  by_portal boolean := scope IS NOT NULL;
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
    IF by_portal THEN
      SELECT n.org, n.code, n.running, n.served_at INTO due FROM public.rcm_next_turn(scope, passed, full_portals) n WHERE n.org IS NOT NULL;
      IF FOUND THEN
        PERFORM FROM public.task_tenant t WHERE t.org_id = due.org FOR NO KEY UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
          passed := passed || due.org;
          again := true;
          CONTINUE;
        END IF;
        -- Either somebody was served between the look and the lock, or the turn says too much.
        UPDATE public.task_turn u SET running = t.running, served_at = t.served_at
          FROM public.task_tenant t WHERE t.org_id = due.org AND u.org_id = due.org AND (u.running, u.served_at) IS DISTINCT FROM (t.running, t.served_at);
        CONTINUE WHEN FOUND;
      END IF;
    ELSE
      SELECT l.org_id AS org, NULL AS code, l.running, l.served_at INTO due
        FROM (SELECT f.* FROM public.task_turn f WHERE f.leads AND f.org_id <> ALL (passed) ORDER BY f.running, f.served_at NULLS FIRST, f.org_id LIMIT 200) l
        JOIN public.task_tenant t ON t.org_id = l.org_id
       ORDER BY l.running, l.served_at NULLS FIRST, l.org_id LIMIT 1 FOR NO KEY UPDATE OF t SKIP LOCKED;
      -- In other hands.
      again := again OR (NOT FOUND AND EXISTS (SELECT FROM public.task_turn f WHERE f.leads AND f.org_id <> ALL (passed)));
    END IF;
    IF due.org IS NULL THEN
      -- A free hand may well look whether a pool has healed.
      EXIT WHEN looked_at_sick OR NOT public.rcm_look_at_sick_pools(scope, at);
      looked_at_sick := true;
      CONTINUE;
    END IF;
    answer := 'served';
    FOR turn IN
      SELECT u.org_id AS org, u.portal_type_code AS code FROM public.task_turn u
       WHERE u.org_id = due.org AND u.portal_type_code = coalesce(due.code, u.portal_type_code) AND u.portal_type_code <> ALL (full_portals)
         -- Not where somebody was served between the look and the lock.
         AND EXISTS (SELECT FROM public.task_turn l WHERE l.org_id = due.org AND l.leads AND l.running = due.running AND l.served_at IS NOT DISTINCT FROM due.served_at)
       ORDER BY u.waits_since
    LOOP
      SELECT t.answer, t.task INTO answer, got FROM public.rcm_take_at_portal(turn, taker, ttl, by_portal, waits, at) t;
      IF answer = 'taken' THEN
        task_id := got;
        org_id := turn.org;
        again := false;
        RETURN;
      END IF;
      again := again OR answer IN ('held', 'portal full');
      -- A portal is held to the end of the transaction: while one is, none is waited for.
      waits := waits AND answer IN ('full', 'settled');
      EXIT WHEN answer NOT IN ('full', 'portal full');
      full_portals := full_portals || turn.code;
    END LOOP;
    -- Whose turn was not as it was kept may be the next one still, and so may who waits at a full portal: elsewhere, where an account is found to have healed.
    IF answer = 'held' THEN passed := passed || due.org; ELSE at := clock_timestamp(); END IF;
    -- Many may wait for a portal that has no room: those that wait elsewhere are not looked for among them.
    by_portal := by_portal OR cardinality(full_portals) > 0;
    -- So much was not as it was kept that there may be more.
    again := again OR look = 200;
  END LOOP;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
