-- A tenant that waits at ten portals has ten turns, and each said whose turn it is: taking a task of it and ending one wrote all ten, with their indexes. In the order of all turns one of them stands
-- for its tenant now, and what the others say is made true when it is met. Where portals are looked at one by one, what is said there may be too early, which shows under the tenant's lock, and never
-- too late, which nobody would see. And hands that come at once pass over the tenants of each other in the statement that looks for the next one, instead of meeting them one by one.

-- For the owner too, rows are those of the transaction's tenant.
SELECT set_config('app.tenant_id', '*', true);

-- Whoever settles a tenant has its row in hand: none of them is half done from here on.
LOCK TABLE task_tenant IN ACCESS EXCLUSIVE MODE;
ALTER TABLE task_turn ADD COLUMN leads boolean NOT NULL DEFAULT false;
UPDATE task_turn u SET leads = true
 WHERE u.portal_type_code = (SELECT f.portal_type_code FROM task_turn f WHERE f.org_id = u.org_id ORDER BY f.portal_type_code LIMIT 1);
DROP INDEX task_turn_first;
CREATE INDEX task_turn_leads ON task_turn (running, served_at NULLS FIRST, org_id) WHERE leads;

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- As before (20261219000000), with the one that leads.
CREATE OR REPLACE FUNCTION rcm_settle_turns(org text, queues text[], at timestamptz, served timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  q text;
  code text;
  codes text[] := '{}';
  first record;
  lent record;
  now_running integer;
  next_end timestamptz;
  left_by_workers text[];
  since timestamptz;
BEGIN
  SELECT count(*) FILTER (WHERE t.claimed_until > at), min(t.claimed_until) FILTER (WHERE t.claimed_until > at),
         array_agg(DISTINCT coalesce('pool/' || t.portal_type_code, t.endpoint_id)) FILTER (WHERE t.claimed_until <= at)
    INTO now_running, next_end, left_by_workers
    FROM public.portal_task t WHERE t.org_id = org AND t.claimed_until IS NOT NULL;
  UPDATE public.task_tenant t
     SET running = now_running, served_at = coalesce(served, t.served_at),
         expires_at = CASE WHEN t.expires_at > at AND next_end >= t.expires_at IS NOT FALSE THEN t.expires_at ELSE next_end END
   WHERE t.org_id = org
     AND (served IS NOT NULL OR t.running <> now_running OR t.expires_at <= at OR next_end < t.expires_at OR (t.expires_at IS NULL AND next_end IS NOT NULL));
  IF left_by_workers IS NOT NULL THEN
    queues := queues || ARRAY(SELECT w FROM unnest(left_by_workers) w
                               WHERE w <> ALL (queues) AND NOT EXISTS (SELECT FROM public.task_queue k WHERE k.org_id = org AND k.queue = w));
  END IF;
  FOREACH q IN ARRAY queues LOOP
    SELECT * INTO first FROM public.rcm_first_of_queue(org, q, at);
    IF first.task IS NULL AND first.next_at IS NULL THEN
      DELETE FROM public.task_queue d WHERE d.org_id = org AND d.queue = q RETURNING d.portal_type_code INTO code;
      IF code IS NOT NULL THEN codes := codes || code; END IF;
      CONTINUE;
    END IF;
    code := CASE WHEN q LIKE 'pool/%' THEN substr(q, 6) ELSE (SELECT e.portal_type_code FROM public.integration_endpoint e WHERE e.org_id = org AND e.id = q) END;
    CONTINUE WHEN code IS NULL;
    codes := codes || code;
    lent := NULL;
    IF first.task IS NOT NULL THEN
      SELECT * INTO lent FROM public.rcm_lendable(org, first.endpoint, first.pool, at);
    ELSE
      SELECT NULL::text AS account, NULL::timestamptz AS free_at INTO lent;
    END IF;
    INSERT INTO public.task_queue AS k (org_id, queue, portal_type_code, asleep, due_at, unwell)
      SELECT org, q, code, lent.account IS NULL,
             CASE WHEN lent.account IS NOT NULL THEN first.since
                  -- Nothing tells of an account's health.
                  WHEN first.task IS NOT NULL THEN least(first.next_at, lent.free_at, CASE WHEN first.pool IS NOT NULL OR lent.free_at IS NULL THEN at + interval '10 seconds' END)
                  ELSE first.next_at END,
             first.task IS NOT NULL AND lent.account IS NULL AND first.pool IS NOT NULL
      ON CONFLICT ON CONSTRAINT task_queue_pkey DO UPDATE SET portal_type_code = excluded.portal_type_code, asleep = excluded.asleep, due_at = excluded.due_at, unwell = excluded.unwell
        WHERE (k.portal_type_code, k.asleep, k.due_at, k.unwell) IS DISTINCT FROM (excluded.portal_type_code, excluded.asleep, excluded.due_at, excluded.unwell);
  END LOOP;
  FOR code IN SELECT DISTINCT c FROM unnest(codes) c LOOP
    SELECT min(k.due_at) INTO since FROM public.task_queue k WHERE k.org_id = org AND k.portal_type_code = code AND NOT k.asleep;
    IF since IS NULL THEN
      DELETE FROM public.task_turn u WHERE u.org_id = org AND u.portal_type_code = code;
    ELSE
      INSERT INTO public.task_turn AS u (org_id, portal_type_code, running, served_at, waits_since, leads)
        SELECT org, code, t.running, t.served_at, since, NOT EXISTS (SELECT FROM public.task_turn l WHERE l.org_id = org AND l.leads) FROM public.task_tenant t WHERE t.org_id = org
        ON CONFLICT ON CONSTRAINT task_turn_pkey DO UPDATE SET waits_since = excluded.waits_since WHERE u.waits_since <> excluded.waits_since;
    END IF;
  END LOOP;
  -- The one that leads is as its tenant is; another one may say that it is sooner the tenant's turn, never that it is later.
  UPDATE public.task_turn u SET running = t.running, served_at = t.served_at, leads = (u.portal_type_code = l.code)
    FROM public.task_tenant t,
         (SELECT f.portal_type_code AS code FROM public.task_turn f WHERE f.org_id = org ORDER BY f.leads DESC, f.portal_type_code LIMIT 1) l
   WHERE t.org_id = org AND u.org_id = org
     AND CASE WHEN u.portal_type_code = l.code THEN NOT u.leads OR (u.running, u.served_at) IS DISTINCT FROM (t.running, t.served_at)
              ELSE u.leads OR (u.running, coalesce(u.served_at, '-infinity')) > (t.running, coalesce(t.served_at, '-infinity')) END;
END $$;

-- A tenant's turn at a portal, tried by whoever has the tenant in hand; as rcm_take_turn was (20261223010000), which is left for hands that are at it while this is applied, as are rcm_try_turn and
-- rcm_turns_to_try. `taken`, with its task. Else: `full`, the portal has all that it endures; `settled`, the turn was not as it was kept, and is now; or what a task's giving says.
-- `has_room`: of the portal that was seen. `waits`: whether the portal's lock may be waited for.
CREATE FUNCTION rcm_take_at_portal(turn record, taker text, ttl interval, has_room boolean, waits boolean, at timestamptz, OUT answer text, OUT task uuid) LANGUAGE plpgsql AS $$
DECLARE
  q text;
  kept_since timestamptz;
  first record;
  account text;
  at_once integer;
BEGIN
  IF NOT has_room THEN
    at_once := (SELECT p.max_task_concurrency FROM public.portal_type p WHERE p.code = turn.code);
    IF at_once IS NOT NULL AND (SELECT c.running FROM public.rcm_tasks_at_portal(turn.code, clock_timestamp()) c) >= at_once THEN
      answer := 'full';
      RETURN;
    END IF;
  END IF;
  SELECT w.queue, w.due_at INTO q, kept_since FROM public.task_queue w
   WHERE w.org_id = turn.org AND w.portal_type_code = turn.code AND NOT w.asleep ORDER BY w.due_at LIMIT 1;
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
    -- Whose turn was not as it was kept may be the next one still.
    IF answer IN ('full', 'portal full', 'held') THEN passed := passed || due.org; ELSE at := clock_timestamp(); END IF;
    -- Many may wait for a portal that has no room: those that wait elsewhere are not looked for among them.
    by_portal := by_portal OR cardinality(full_portals) > 0;
    -- So much was not as it was kept that there may be more.
    again := again OR look = 200;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION rcm_take_at_portal(record, text, interval, boolean, boolean, timestamptz) FROM PUBLIC;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
