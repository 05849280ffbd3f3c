-- Whose turn it is, is kept (docs/adr/0024-a-turn-is-kept-by-tenant.md): to look at every account that has something waiting, under one lock for all, took a
-- second with 10,000 of them. Whatever changes a task leaves a note; whoever takes a task next reads the notes of a tenant under that tenant's own lock and
-- derives its turns from the tasks anew. Nothing here is counted up or down, so nothing drifts, and what is lost is made again by a note.

-- For the owner too, rows are those of the transaction's tenant.
SELECT set_config('app.tenant_id', '*', true);

-- A tenant. The lock of its row is that of all its turns.
CREATE TABLE task_tenant (
  org_id     text PRIMARY KEY REFERENCES organization (id) ON DELETE CASCADE,
  -- Tasks at work, those whose claim has run out not counted.
  running    integer NOT NULL DEFAULT 0,
  served_at  timestamptz,
  -- When the first of these claims runs out, and they are counted anew.
  expires_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX task_tenant_expires ON task_tenant (expires_at);

-- A tenant that has something to take at a portal, as far as is known. Gone when it has not.
CREATE TABLE task_turn (
  org_id           text NOT NULL REFERENCES task_tenant (org_id) ON DELETE CASCADE,
  portal_type_code text NOT NULL,
  running          integer NOT NULL,
  served_at        timestamptz,
  waits_since      timestamptz NOT NULL,
  PRIMARY KEY (org_id, portal_type_code)
) WITH (fillfactor = 70);
CREATE INDEX task_turn_next ON task_turn (portal_type_code, running, served_at NULLS FIRST, org_id);

-- What waits for one account, or for any account of a pool.
CREATE TABLE task_queue (
  org_id           text NOT NULL REFERENCES task_tenant (org_id) ON DELETE CASCADE,
  -- An endpoint's id, or `pool/` and a portal type.
  queue            text NOT NULL,
  portal_type_code text NOT NULL,
  -- Awake: since when its first task waits. Asleep: when it is looked at again if nothing changes until then.
  asleep           boolean NOT NULL,
  due_at           timestamptz NOT NULL,
  -- A pool none of whose accounts is well: what heals one leaves no note.
  unwell           boolean NOT NULL,
  PRIMARY KEY (org_id, queue)
) WITH (fillfactor = 70);
CREATE INDEX task_queue_awake ON task_queue (org_id, portal_type_code, due_at) WHERE NOT asleep;
CREATE INDEX task_queue_asleep ON task_queue (due_at) WHERE asleep;
CREATE INDEX task_queue_asleep_of_tenant ON task_queue (org_id, due_at) WHERE asleep;
CREATE INDEX task_queue_unwell ON task_queue (due_at) WHERE unwell;

-- That something changed: in a queue, and where a task has left an account, at that account too.
CREATE TABLE task_note (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id  text NOT NULL,
  queue   text NOT NULL,
  account text
);
CREATE INDEX task_note_of_tenant ON task_note (org_id);

-- Nobody's but the functions'.
DO $$
DECLARE
  inner_table name;
BEGIN
  FOREACH inner_table IN ARRAY ARRAY['task_tenant', 'task_turn', 'task_queue', 'task_note']::name[] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', inner_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', inner_table);
    EXECUTE format('CREATE POLICY internal ON %I TO rcm_internal USING (true)', inner_table);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO rcm_internal', inner_table);
  END LOOP;
END $$;

-- Where its account is, of a task that was taken: what a portal endures is counted by it.
ALTER TABLE portal_task ADD COLUMN at_portal text;
UPDATE portal_task t SET at_portal = e.portal_type_code FROM integration_endpoint e WHERE t.state = 'running' AND e.org_id = t.org_id AND e.id = t.endpoint_id;
CREATE INDEX portal_task_in_hand ON portal_task (org_id, (coalesce('pool/' || portal_type_code, endpoint_id))) WHERE state = 'running';
CREATE INDEX portal_task_in_hand_of_account ON portal_task (org_id, endpoint_id) WHERE state = 'running';
CREATE INDEX portal_task_in_hand_at_portal ON portal_task (at_portal) WHERE state = 'running';
-- The beginning of portal_task_last_of_account.
DROP INDEX portal_task_by_endpoint;
GRANT SELECT (at_portal), UPDATE (at_portal) ON portal_task TO rcm_internal;

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;

-- Notes: written by every statement that changes a task, whoever sends it, and never waited for.

CREATE FUNCTION rcm_note_new_tasks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.task_note (org_id, queue)
    SELECT DISTINCT n.org_id, coalesce('pool/' || n.portal_type_code, n.endpoint_id) FROM new_tasks n WHERE n.state IN ('queued', 'running');
  RETURN NULL;
END $$;

CREATE FUNCTION rcm_note_changed_task() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.task_note (org_id, queue, account)
    VALUES (OLD.org_id, coalesce('pool/' || OLD.portal_type_code, OLD.endpoint_id), CASE WHEN OLD.state = 'running' THEN OLD.endpoint_id END);
  IF TG_OP = 'UPDATE' AND (NEW.org_id, coalesce('pool/' || NEW.portal_type_code, NEW.endpoint_id)) <> (OLD.org_id, coalesce('pool/' || OLD.portal_type_code, OLD.endpoint_id)) THEN
    INSERT INTO public.task_note (org_id, queue) VALUES (NEW.org_id, coalesce('pool/' || NEW.portal_type_code, NEW.endpoint_id));
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION rcm_note_tenant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.task_tenant (org_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

-- Reading: what the tasks say. These run with the rights of whoever calls them, which is one of the functions below.

-- Sessions of an account, over all organizations that have its login, and when the first of them ends by itself.
CREATE FUNCTION rcm_sessions(org text, endpoint text, login text, at timestamptz, OUT running bigint, OUT free_at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  IF login IS NULL THEN
    SELECT count(*), min(t.claimed_until) INTO running, free_at FROM public.portal_task t
     WHERE t.org_id = org AND t.endpoint_id = endpoint AND t.state = 'running' AND t.claimed_until > at;
  ELSE
    SELECT count(*), min(t.claimed_until) INTO running, free_at
      FROM public.integration_endpoint s JOIN public.portal_task t ON t.org_id = s.org_id AND t.endpoint_id = s.id AND t.state = 'running' AND t.claimed_until > at
     WHERE s.login_identity = login;
  END IF;
END $$;

-- The account that a task is lent: its own if that has a session left; of a pool's that are well, the one with the fewest sessions, then the one that has rested
-- longest. NULL: none, and when a session ends by itself.
CREATE FUNCTION rcm_lendable(org text, endpoint text, pool text, at timestamptz, OUT account text, OUT login text, OUT free_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
  a record;
BEGIN
  FOR a IN
    SELECT e.id, e.login_identity, s.running < p.max_sessions_per_account AS free, s.free_at
      FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
      CROSS JOIN LATERAL public.rcm_sessions(e.org_id, e.id, e.login_identity, at) s
     WHERE e.org_id = org AND e.id = endpoint AND pool IS NULL
    UNION ALL
    (SELECT e.id, e.login_identity, s.running < p.max_sessions_per_account, s.free_at
       FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
       CROSS JOIN LATERAL public.rcm_sessions(e.org_id, e.id, e.login_identity, at) s
      WHERE e.org_id = org AND e.portal_type_code = pool
      ORDER BY s.running, (SELECT max(u.started_at) FROM public.portal_task u WHERE u.org_id = e.org_id AND u.endpoint_id = e.id) NULLS FIRST, e.id)
  LOOP
    free_at := least(free_at, a.free_at);
    IF a.free AND (pool IS NULL OR public.rcm_account_is_well(org, a.id)) THEN
      account := a.id;
      login := a.login_identity;
      RETURN;
    END IF;
  END LOOP;
END $$;

-- The first task of a queue that could be done now, one whose worker let its claim run out among them; and when another one could.
CREATE FUNCTION rcm_first_of_queue(org text, of_queue text, at timestamptz, OUT task uuid, OUT endpoint text, OUT pool text, OUT since timestamptz, OUT next_at timestamptz)
  LANGUAGE plpgsql AS $$
DECLARE
  left_by_worker record;
BEGIN
  SELECT t.id, t.endpoint_id, t.portal_type_code, t.not_before INTO task, endpoint, pool, since
    FROM public.portal_task t
   WHERE t.org_id = org AND coalesce('pool/' || t.portal_type_code, t.endpoint_id) = of_queue AND t.state = 'queued' AND t.deadline_at > at
   ORDER BY t.not_before LIMIT 1;
  IF since > at THEN
    next_at := since;
    task := NULL; since := NULL;
  END IF;
  FOR left_by_worker IN
    SELECT t.id, t.endpoint_id, t.portal_type_code, t.not_before, t.claimed_until FROM public.portal_task t
     WHERE t.org_id = org AND coalesce('pool/' || t.portal_type_code, t.endpoint_id) = of_queue AND t.state = 'running' AND t.deadline_at > at
  LOOP
    IF left_by_worker.claimed_until > at THEN
      next_at := least(next_at, left_by_worker.claimed_until);
    ELSIF task IS NULL OR left_by_worker.not_before < since THEN
      task := left_by_worker.id; endpoint := left_by_worker.endpoint_id; pool := left_by_worker.portal_type_code; since := left_by_worker.not_before;
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION rcm_tasks_at_portal(code text, at timestamptz, OUT running bigint) LANGUAGE plpgsql AS $$
BEGIN
  SELECT count(*) INTO running FROM public.portal_task t WHERE t.at_portal = code AND t.state = 'running' AND t.claimed_until > at;
END $$;

-- Writing: by whoever has locked the tenant's row.

-- Derives these queues of a tenant anew, and its turns with them. `served`: it has just been given one.
CREATE FUNCTION rcm_settle_turns(org text, queues text[], at timestamptz, served timestamptz) RETURNS void LANGUAGE plpgsql AS $$
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
    FROM public.portal_task t WHERE t.org_id = org AND t.state = 'running' AND t.claimed_until > at;
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

-- Reads the notes of tenants, and looks again where time has come. `true`: some of it is in other hands at this moment.
CREATE FUNCTION rcm_follow_tasks(scope text, at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
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
      queues := queues || ARRAY(SELECT unnest(ARRAY[e.id, 'pool/' || e.portal_type_code]) FROM public.integration_endpoint e WHERE e.org_id = org AND e.id = ANY (accounts));
      -- A session of one organization's is a session of every other's that has the login.
      WITH told AS (
        INSERT INTO public.task_note (org_id, queue)
          SELECT o.org_id, unnest(ARRAY[o.id, 'pool/' || o.portal_type_code])
            FROM public.integration_endpoint e JOIN public.integration_endpoint o ON o.login_identity = e.login_identity AND o.id <> e.id
           WHERE scope IS NULL AND e.org_id = org AND e.id = ANY (accounts) RETURNING org_id)
      SELECT array_agg(DISTINCT t.org_id) INTO others FROM told t;
      orgs := orgs || others;
    END IF;
    PERFORM public.rcm_settle_turns(org, ARRAY(SELECT q FROM unnest(queues) q
                                               UNION (SELECT k.queue FROM public.task_queue k WHERE k.org_id = org AND k.asleep AND k.due_at <= at ORDER BY k.due_at LIMIT 100)), at, NULL);
  END LOOP;
  RETURN in_other_hands;
END $$;

-- Looks again at the pools that wait for an account to be well, some at a time; `true`: at any.
CREATE FUNCTION rcm_look_at_sick_pools(scope text, at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  sick record;
  looked boolean := false;
BEGIN
  FOR sick IN
    SELECT s.org_id, array_agg(s.queue) AS queues
      FROM (SELECT k.org_id, k.queue FROM public.task_queue k WHERE k.unwell AND (scope IS NULL OR k.org_id = scope) ORDER BY k.due_at LIMIT 16) s GROUP BY s.org_id
  LOOP
    PERFORM FROM public.task_tenant t WHERE t.org_id = sick.org_id FOR NO KEY UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    PERFORM public.rcm_settle_turns(sick.org_id, sick.queues, at, NULL);
    looked := true;
  END LOOP;
  RETURN looked;
END $$;

-- Gives a task to a worker if its portal and its account still have room when both are held. `held`: somebody else has one of them at this moment, and is not waited
-- for. Whoever comes here holds the tenant's row, then takes the portal's, then the login's: in this order no two wait for each other.
CREATE FUNCTION rcm_give_task(org text, task uuid, account text, taker text, ttl interval, waits_for_portal boolean, waits_for_login boolean, OUT answer text) LANGUAGE plpgsql AS $$
DECLARE
  a record;
BEGIN
  answer := 'held';
  SELECT e.portal_type_code AS code, e.login_identity AS login, p.max_sessions_per_account AS sessions, p.max_task_concurrency AS at_once INTO a
    FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code WHERE e.org_id = org AND e.id = account;
  IF a.at_once IS NOT NULL THEN
    IF waits_for_portal THEN PERFORM FROM public.portal_type p WHERE p.code = a.code FOR NO KEY UPDATE;
    ELSE PERFORM FROM public.portal_type p WHERE p.code = a.code FOR NO KEY UPDATE SKIP LOCKED; END IF;
    IF NOT FOUND THEN RETURN; END IF;
    IF public.rcm_tasks_at_portal(a.code, clock_timestamp()) >= a.at_once THEN answer := 'portal full'; RETURN; END IF;
  END IF;
  IF a.login IS NOT NULL THEN
    IF waits_for_login THEN PERFORM FROM public.login_identity l WHERE l.id = a.login FOR NO KEY UPDATE;
    ELSE PERFORM FROM public.login_identity l WHERE l.id = a.login FOR NO KEY UPDATE SKIP LOCKED; END IF;
    IF NOT FOUND THEN RETURN; END IF;
    IF (SELECT s.running FROM public.rcm_sessions(org, account, a.login, clock_timestamp()) s) >= a.sessions THEN answer := 'account full'; RETURN; END IF;
  END IF;
  UPDATE public.portal_task u
     SET state = 'running', worker = taker, claimed_until = clock_timestamp() + ttl, tries = u.tries + 1, started_at = clock_timestamp(), endpoint_id = account, at_portal = a.code
   WHERE u.id = task AND u.deadline_at > clock_timestamp()
     AND ((u.state = 'queued' AND u.not_before <= clock_timestamp()) OR (u.state = 'running' AND u.claimed_until <= clock_timestamp()));
  answer := CASE WHEN FOUND THEN 'taken' ELSE 'gone' END;
END $$;

-- Whose turn it is: of the tenants with something to take, at portals that have room, the one with the fewest tasks at work, then the one that has waited longest.
CREATE FUNCTION rcm_next_turn(scope text, passed text[], full_portals text[], OUT org text, OUT code text, OUT running integer, OUT served_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  WITH RECURSIVE waited_for AS (
    (SELECT u.portal_type_code AS code FROM public.task_turn u ORDER BY u.portal_type_code LIMIT 1)
    UNION ALL
    SELECT (SELECT u.portal_type_code FROM public.task_turn u WHERE u.portal_type_code > w.code ORDER BY u.portal_type_code LIMIT 1) FROM waited_for w WHERE w.code IS NOT NULL)
  SELECT t.org_id, t.portal_type_code, t.running, t.served_at INTO org, code, running, served_at
    FROM waited_for w JOIN public.portal_type p ON p.code = w.code
    CROSS JOIN LATERAL (
      SELECT u.* FROM public.task_turn u
       WHERE u.portal_type_code = w.code AND (scope IS NULL OR u.org_id = scope) AND u.org_id <> ALL (passed)
       ORDER BY u.running, u.served_at NULLS FIRST, u.org_id LIMIT 1) t
   WHERE w.code <> ALL (full_portals)
     AND (p.max_task_concurrency IS NULL OR (SELECT c.running FROM public.rcm_tasks_at_portal(w.code, clock_timestamp()) c) < p.max_task_concurrency)
   ORDER BY t.running, t.served_at NULLS FIRST, t.org_id, t.waits_since LIMIT 1;
END $$;

-- Takes the task whose turn it is. Nothing taken and `again`: somebody else was at what there is at this very moment; ask once more, in another transaction.
CREATE FUNCTION rcm_next_task(taker text, ttl interval, OUT task_id uuid, OUT org_id text, OUT again boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scope text := public.rcm_tenant();
  at timestamptz := clock_timestamp();
  turn record;
  q text;
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
    SELECT k.queue INTO q FROM public.task_queue k WHERE k.org_id = turn.org AND k.portal_type_code = turn.code AND NOT k.asleep ORDER BY k.due_at LIMIT 1;
    SELECT * INTO first FROM public.rcm_first_of_queue(turn.org, q, at);
    SELECT * INTO lent FROM public.rcm_lendable(turn.org, first.endpoint, first.pool, at);
    IF first.task IS NULL OR lent.account IS NULL THEN
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

-- As before: takes a task that is named, for the tenant of the transaction, or the one whose turn it is, for web-agents of before.
CREATE OR REPLACE FUNCTION rcm_take_task(taker text, ttl interval, only_task uuid, only_org text) RETURNS TABLE (task_id uuid, org_id text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  at timestamptz := clock_timestamp();
  named record;
  lent record;
BEGIN
  IF ttl IS NULL OR ttl <= interval '0' OR ttl > interval '1 hour' THEN
    RAISE EXCEPTION 'a task is taken for at most an hour' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF only_task IS NULL THEN
    RETURN QUERY SELECT n.task_id, n.org_id FROM public.rcm_next_task(taker, ttl) n WHERE n.task_id IS NOT NULL;
    RETURN;
  END IF;
  IF only_org IS DISTINCT FROM public.rcm_tenant() THEN
    RAISE EXCEPTION 'a task is taken by name only for the tenant of the transaction' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM FROM public.task_tenant t WHERE t.org_id = only_org FOR NO KEY UPDATE;
  SELECT t.endpoint_id, t.portal_type_code AS pool, coalesce('pool/' || t.portal_type_code, t.endpoint_id) AS queue INTO named
    FROM public.portal_task t
   WHERE t.id = only_task AND t.org_id = only_org AND t.deadline_at > at AND ((t.state = 'queued' AND t.not_before <= at) OR (t.state = 'running' AND t.claimed_until <= at));
  IF NOT FOUND THEN RETURN; END IF;
  SELECT * INTO lent FROM public.rcm_lendable(only_org, named.endpoint_id, named.pool, at);
  IF lent.account IS NULL OR public.rcm_give_task(only_org, only_task, lent.account, taker, ttl, true, true) <> 'taken' THEN RETURN; END IF;
  at := clock_timestamp();
  PERFORM public.rcm_settle_turns(only_org, ARRAY[named.queue], at, at);
  RETURN QUERY SELECT only_task, only_org;
END $$;

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

CREATE TRIGGER organization_has_turns AFTER INSERT ON organization FOR EACH ROW EXECUTE FUNCTION rcm_note_tenant();
CREATE TRIGGER portal_task_asked AFTER INSERT ON portal_task REFERENCING NEW TABLE AS new_tasks FOR EACH STATEMENT EXECUTE FUNCTION rcm_note_new_tasks();
-- Not a claim that goes on, nor one that is taken by the functions above: they derive the turns themselves.
CREATE TRIGGER portal_task_changed AFTER UPDATE ON portal_task FOR EACH ROW
  WHEN ((OLD.state IN ('queued', 'running') OR NEW.state IN ('queued', 'running'))
        AND ((OLD.state, OLD.not_before, OLD.deadline_at, OLD.endpoint_id, OLD.portal_type_code) IS DISTINCT FROM (NEW.state, NEW.not_before, NEW.deadline_at, NEW.endpoint_id, NEW.portal_type_code)
             OR NEW.claimed_until < OLD.claimed_until)
        AND NOT (current_user = 'rcm_internal' AND NEW.state = 'running'))
  EXECUTE FUNCTION rcm_note_changed_task();
CREATE TRIGGER portal_task_removed AFTER DELETE ON portal_task FOR EACH ROW WHEN (OLD.state IN ('queued', 'running')) EXECUTE FUNCTION rcm_note_changed_task();

SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_note_new_tasks(), rcm_note_changed_task(), rcm_note_tenant(), rcm_sessions(text, text, text, timestamptz), rcm_lendable(text, text, text, timestamptz),
  rcm_first_of_queue(text, text, timestamptz), rcm_tasks_at_portal(text, timestamptz), rcm_settle_turns(text, text[], timestamptz, timestamptz), rcm_follow_tasks(text, timestamptz),
  rcm_look_at_sick_pools(text, timestamptz), rcm_give_task(text, uuid, text, text, interval, boolean, boolean), rcm_next_turn(text, text[], text[]), rcm_next_task(text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_next_task(text, interval) TO rcm_agent;

-- What is there already. The first takers read it in, some tenants at a time.
INSERT INTO task_tenant (org_id, served_at) SELECT o.id, (SELECT max(t.started_at) FROM portal_task t WHERE t.org_id = o.id) FROM organization o;
INSERT INTO task_note (org_id, queue) SELECT DISTINCT t.org_id, coalesce('pool/' || t.portal_type_code, t.endpoint_id) FROM portal_task t WHERE t.state IN ('queued', 'running');
RESET ROLE;
-- What it was for stands in the tenant's row now.
DROP INDEX portal_task_last_of_tenant;
