-- A task's life was eight changes of the rows that keep whose turn it is; it is five, and two of them touch no index. As before (20261130040100), but:
-- a queue in which nothing waits has no row while its tasks are at work: what a claim that runs out leaves is found among the tasks in hand, when its tenant is looked at;
-- when the first claim of a tenant runs out is written when it comes nearer or has come, and not with each task: to look too early costs one look;
-- a turn that goes is not changed first.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_first_of_queue(org text, of_queue text, at timestamptz, OUT task uuid, OUT endpoint text, OUT pool text, OUT since timestamptz, OUT next_at timestamptz)
  LANGUAGE plpgsql AS $$
DECLARE
  left_by_worker record;
  waits boolean;
BEGIN
  SELECT t.id, t.endpoint_id, t.portal_type_code, t.not_before INTO task, endpoint, pool, since
    FROM public.portal_task t
   WHERE t.org_id = org AND coalesce('pool/' || t.portal_type_code, t.endpoint_id) = of_queue AND t.state = 'queued' AND t.deadline_at > at
   ORDER BY t.org_id, coalesce('pool/' || t.portal_type_code, t.endpoint_id), t.not_before LIMIT 1;
  waits := task IS NOT NULL;
  IF since > at THEN
    next_at := since;
    task := NULL; since := NULL;
  END IF;
  FOR left_by_worker IN
    SELECT t.id, t.endpoint_id, t.portal_type_code, t.not_before, t.claimed_until FROM public.portal_task t
     WHERE t.org_id = org AND coalesce('pool/' || t.portal_type_code, t.endpoint_id) = of_queue AND t.claimed_until IS NOT NULL AND t.deadline_at > at
  LOOP
    IF left_by_worker.claimed_until > at THEN
      next_at := least(next_at, left_by_worker.claimed_until);
    ELSIF task IS NULL OR left_by_worker.not_before < since THEN
      task := left_by_worker.id; endpoint := left_by_worker.endpoint_id; pool := left_by_worker.portal_type_code; since := left_by_worker.not_before;
    END IF;
  END LOOP;
  -- What is at work, and nothing else: its claim's end is its tenant's to know.
  IF task IS NULL AND NOT waits THEN next_at := NULL; END IF;
END $$;

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
      INSERT INTO public.task_turn AS u (org_id, portal_type_code, running, served_at, waits_since)
        SELECT org, code, t.running, t.served_at, since FROM public.task_tenant t WHERE t.org_id = org
        ON CONFLICT ON CONSTRAINT task_turn_pkey DO UPDATE SET running = excluded.running, served_at = excluded.served_at, waits_since = excluded.waits_since
          WHERE (u.running, u.served_at, u.waits_since) IS DISTINCT FROM (excluded.running, excluded.served_at, excluded.waits_since);
    END IF;
  END LOOP;
  -- Those at other portals.
  UPDATE public.task_turn u SET running = t.running, served_at = t.served_at
    FROM public.task_tenant t WHERE t.org_id = org AND u.org_id = org AND (u.running, u.served_at) IS DISTINCT FROM (t.running, t.served_at);
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

-- One index for each note, not two: they are read and deleted by tenant alone.
ALTER TABLE task_note DROP CONSTRAINT task_note_pkey;
DROP INDEX task_note_of_tenant;
ALTER TABLE task_note ADD PRIMARY KEY (org_id, id);
