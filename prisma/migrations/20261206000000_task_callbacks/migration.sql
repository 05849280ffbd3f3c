-- Callbacks (docs/tasks.md): whoever asks for a task names one of the organization's callbacks, and its end is told there. A task names it by a name alone: where it leads stands in the
-- configuration of the web-agents, so no row and no request can say where something is sent. That a task has ended is written down by the statement that ends it, whoever sends it.
SELECT set_config('app.tenant_id', '*', true);

ALTER TABLE portal_task ADD COLUMN callback text CONSTRAINT portal_task_callback_is_a_name CHECK (callback ~ '^[a-z0-9][a-z0-9-]{0,62}$');
GRANT SELECT (callback) ON portal_task TO rcm_operator, rcm_console;

CREATE TABLE task_callback (
  task_id      uuid PRIMARY KEY REFERENCES portal_task (id) ON DELETE CASCADE,
  org_id       text NOT NULL,
  name         text NOT NULL,
  ended_at     timestamptz NOT NULL,
  tries        integer NOT NULL DEFAULT 0,
  -- Of an open one: not sent before, because it failed or somebody sends it now. Whoever dies with it in hand gives it back by that.
  not_before   timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- While somebody sends it.
  claimed_until timestamptz,
  delivered_at timestamptz,
  given_up_at  timestamptz,
  -- A word for what went wrong, and the status where the receiver gave one; never anything that it said.
  last_error   text CHECK (last_error ~ '^[a-z_]{1,40}( [1-9][0-9]{2})?$'),
  CONSTRAINT task_callback_ends_once CHECK (num_nonnulls(delivered_at, given_up_at) < 2)
);
CREATE INDEX task_callback_open ON task_callback (not_before) WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX task_callback_open_of_receiver ON task_callback (org_id, name, not_before) WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX task_callback_in_hand ON task_callback (org_id, name) WHERE claimed_until IS NOT NULL;
CALL rcm_isolate('task_callback');
CREATE POLICY every_tenant_is_seen ON task_callback FOR SELECT TO rcm_operator USING ((SELECT rcm_tenant()) = '*');
CREATE POLICY every_tenant_is_shown ON task_callback FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
CREATE POLICY internal ON task_callback TO rcm_internal USING (true);
GRANT SELECT ON task_callback TO rcm_operator, rcm_console;
GRANT SELECT, INSERT, UPDATE (tries, not_before, claimed_until, delivered_at, given_up_at, last_error) ON task_callback TO rcm_internal;

-- A receiver that fails rests, up to a minute, however much waits for it; then one delivery shows how it does. Nobody's but the functions'.
CREATE TABLE task_callback_receiver (
  org_id      text NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
  name        text NOT NULL,
  failures    integer NOT NULL DEFAULT 0,
  rests_until timestamptz NOT NULL DEFAULT '-infinity',
  served_at   timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (org_id, name)
);
ALTER TABLE task_callback_receiver ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_callback_receiver FORCE ROW LEVEL SECURITY;
CREATE POLICY internal ON task_callback_receiver TO rcm_internal USING (true);
GRANT SELECT, INSERT, UPDATE (failures, rests_until, served_at) ON task_callback_receiver TO rcm_internal;

CREATE FUNCTION rcm_note_task_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.task_callback_receiver (org_id, name) VALUES (NEW.org_id, NEW.callback) ON CONFLICT DO NOTHING;
  INSERT INTO public.task_callback (task_id, org_id, name, ended_at) VALUES (NEW.id, NEW.org_id, NEW.callback, NEW.finished_at) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

-- Whether a callback may be there to be sent: only a look.
CREATE FUNCTION rcm_callback_waits() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN EXISTS (SELECT FROM public.task_callback c WHERE c.delivered_at IS NULL AND c.given_up_at IS NULL AND c.not_before <= transaction_timestamp()
                    AND (public.rcm_tenant() IS NULL OR c.org_id = public.rcm_tenant()));

-- Takes the callback whose turn it is, for `ttl`: of the receivers that do not rest, the one that was served longest ago. A receiver is sent two at once, and one that has failed one:
-- so a silent one takes few hands from the others, whatever waits for it. Where the transaction has a tenant, of that tenant only.
CREATE FUNCTION rcm_next_callback(ttl interval) RETURNS TABLE (task_id uuid, org_id text, name text, try integer, age_seconds double precision)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  scope text := public.rcm_tenant();
  at timestamptz := clock_timestamp();
  receiver record;
BEGIN
  IF ttl IS NULL OR ttl < interval '1 second' OR ttl > interval '10 minutes' THEN
    RAISE EXCEPTION 'a callback is taken for a second to ten minutes' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT r.org_id, r.name, CASE WHEN r.failures = 0 THEN 2 ELSE 1 END AS at_once INTO receiver FROM public.task_callback_receiver r
   WHERE (scope IS NULL OR r.org_id = scope) AND r.rests_until <= at
     AND EXISTS (SELECT FROM public.task_callback c
                  WHERE c.org_id = r.org_id AND c.name = r.name AND c.delivered_at IS NULL AND c.given_up_at IS NULL AND c.not_before <= at)
     AND (SELECT count(*) FROM (SELECT FROM public.task_callback c WHERE c.org_id = r.org_id AND c.name = r.name AND c.claimed_until > at LIMIT 2) h)
         < CASE WHEN r.failures = 0 THEN 2 ELSE 1 END
   ORDER BY r.served_at, r.org_id, r.name LIMIT 1 FOR NO KEY UPDATE OF r SKIP LOCKED;
  IF NOT FOUND THEN RETURN; END IF;
  -- Once more, under its lock: others may have begun since the statement above did.
  IF (SELECT count(*) FROM public.task_callback c WHERE c.org_id = receiver.org_id AND c.name = receiver.name AND c.claimed_until > at) >= receiver.at_once THEN RETURN; END IF;
  UPDATE public.task_callback_receiver r SET served_at = at WHERE r.org_id = receiver.org_id AND r.name = receiver.name;
  RETURN QUERY
    UPDATE public.task_callback u SET tries = u.tries + 1, not_before = at + ttl, claimed_until = at + ttl
     WHERE u.task_id = (SELECT c.task_id FROM public.task_callback c
                         WHERE c.org_id = receiver.org_id AND c.name = receiver.name AND c.delivered_at IS NULL AND c.given_up_at IS NULL AND c.not_before <= at
                         ORDER BY c.not_before LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING u.task_id, u.org_id, u.name, u.tries, extract(epoch FROM at - u.ended_at)::double precision;
END $$;

-- What became of a try: `failure` NULL, it was taken; else it is tried again after `retry`, or never where that is NULL. `false`: nothing was open, or another try has begun since.
-- Taken is taken, whoever sends it meanwhile.
CREATE FUNCTION rcm_end_callback_try(task uuid, try integer, failure text, retry interval) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamptz := clock_timestamp();
  receiver text;
BEGIN
  IF retry < interval '0' OR retry > interval '1 day' THEN
    RAISE EXCEPTION 'a callback is tried again within a day' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  UPDATE public.task_callback c
     SET last_error = failure,
         claimed_until = NULL,
         delivered_at = CASE WHEN failure IS NULL THEN at END,
         given_up_at = CASE WHEN failure IS NOT NULL AND retry IS NULL THEN at END,
         not_before = at + coalesce(retry, interval '0')
   WHERE c.task_id = task AND c.org_id = public.rcm_tenant() AND c.delivered_at IS NULL AND c.given_up_at IS NULL AND (failure IS NULL OR c.tries = try)
  RETURNING c.name INTO receiver;
  IF receiver IS NULL THEN RETURN false; END IF;
  UPDATE public.task_callback_receiver r
     SET failures = CASE WHEN failure IS NULL THEN 0 ELSE least(r.failures + 1, 1000) END,
         rests_until = CASE WHEN failure IS NULL THEN '-infinity' ELSE at + least(interval '1 minute', interval '1 second' * (2 ^ least(r.failures, 6))) END
   WHERE r.org_id = public.rcm_tenant() AND r.name = receiver;
  RETURN true;
END $$;

CREATE TRIGGER portal_task_end_is_told AFTER UPDATE OF state ON portal_task FOR EACH ROW
  WHEN (NEW.callback IS NOT NULL AND OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION rcm_note_task_end();

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_note_task_end() OWNER TO rcm_internal;
ALTER FUNCTION rcm_callback_waits() OWNER TO rcm_internal;
ALTER FUNCTION rcm_next_callback(interval) OWNER TO rcm_internal;
ALTER FUNCTION rcm_end_callback_try(uuid, integer, text, interval) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_note_task_end(), rcm_callback_waits(), rcm_next_callback(interval), rcm_end_callback_try(uuid, integer, text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_callback_waits(), rcm_next_callback(interval), rcm_end_callback_try(uuid, integer, text, interval) TO rcm_agent;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
