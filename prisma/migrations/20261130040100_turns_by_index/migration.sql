-- As before, but each read of the tasks names the index it goes by. What a planner knows of them is from before they were taken: of those in hand it expected none, went through all
-- that had ever been, and sorted a queue for its first; and of the small tables here it remembered that they were empty. What is in hand is told by its claim now, which no other index has.
DROP INDEX portal_task_in_hand, portal_task_in_hand_of_account, portal_task_in_hand_at_portal;
CREATE INDEX portal_task_in_hand ON portal_task (org_id, (coalesce('pool/' || portal_type_code, endpoint_id))) WHERE claimed_until IS NOT NULL;
CREATE INDEX portal_task_in_hand_of_account ON portal_task (org_id, endpoint_id) WHERE claimed_until IS NOT NULL;
CREATE INDEX portal_task_in_hand_at_portal ON portal_task (at_portal) WHERE claimed_until IS NOT NULL;

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
ALTER FUNCTION rcm_next_task(text, interval) SET enable_seqscan = off;
ALTER FUNCTION rcm_take_task(text, interval, uuid, text) SET enable_seqscan = off;

CREATE OR REPLACE FUNCTION rcm_sessions(org text, endpoint text, login text, at timestamptz, OUT running bigint, OUT free_at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  IF login IS NULL THEN
    SELECT count(*), min(t.claimed_until) INTO running, free_at FROM public.portal_task t
     WHERE t.org_id = org AND t.endpoint_id = endpoint AND t.claimed_until > at;
  ELSE
    SELECT count(*), min(t.claimed_until) INTO running, free_at
      FROM public.integration_endpoint s JOIN public.portal_task t ON t.org_id = s.org_id AND t.endpoint_id = s.id AND t.claimed_until > at
     WHERE s.login_identity = login;
  END IF;
END $$;

CREATE OR REPLACE FUNCTION rcm_first_of_queue(org text, of_queue text, at timestamptz, OUT task uuid, OUT endpoint text, OUT pool text, OUT since timestamptz, OUT next_at timestamptz)
  LANGUAGE plpgsql AS $$
DECLARE
  left_by_worker record;
BEGIN
  SELECT t.id, t.endpoint_id, t.portal_type_code, t.not_before INTO task, endpoint, pool, since
    FROM public.portal_task t
   WHERE t.org_id = org AND coalesce('pool/' || t.portal_type_code, t.endpoint_id) = of_queue AND t.state = 'queued' AND t.deadline_at > at
   ORDER BY t.org_id, coalesce('pool/' || t.portal_type_code, t.endpoint_id), t.not_before LIMIT 1;
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
END $$;

CREATE OR REPLACE FUNCTION rcm_tasks_at_portal(code text, at timestamptz, OUT running bigint) LANGUAGE plpgsql AS $$
BEGIN
  SELECT count(*) INTO running FROM public.portal_task t WHERE t.at_portal = code AND t.claimed_until > at;
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
  since timestamptz;
BEGIN
  SELECT count(*), min(t.claimed_until) INTO now_running, next_end
    FROM public.portal_task t WHERE t.org_id = org AND t.claimed_until > at;
  UPDATE public.task_tenant t SET running = now_running, expires_at = next_end, served_at = coalesce(served, t.served_at)
   WHERE t.org_id = org AND (served IS NOT NULL OR (t.running, t.expires_at) IS DISTINCT FROM (now_running, next_end));
  UPDATE public.task_turn u SET running = t.running, served_at = t.served_at
    FROM public.task_tenant t WHERE t.org_id = org AND u.org_id = org AND (u.running, u.served_at) IS DISTINCT FROM (t.running, t.served_at);
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
        ON CONFLICT ON CONSTRAINT task_turn_pkey DO UPDATE SET waits_since = excluded.waits_since WHERE u.waits_since <> excluded.waits_since;
    END IF;
  END LOOP;
END $$;

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
