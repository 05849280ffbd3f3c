-- What a task was asked with and what came of it may hold patients' data. Both are written sealed: under a data key of their organization and
-- of one day, which lies here wrapped by a key that is not in the database. A data key goes when no task names it any more, and what was
-- sealed under it is then nobody's to read, wherever its bytes still lie.

-- For the owner too, rows are those of the transaction's tenant.
SELECT set_config('app.tenant_id', '*', true);

CREATE TABLE tenant_data_key (
  id          uuid PRIMARY KEY,
  org_id      text NOT NULL REFERENCES organization (id),
  -- Who wrapped it: the kind of key, and which.
  wrapped_by  text NOT NULL CHECK (wrapped_by ~ '^(kms|vault|file):[!-~]+$' AND length(wrapped_by) <= 2100),
  wrapped     bytea NOT NULL CHECK (octet_length(wrapped) BETWEEN 32 AND 6144),
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- From then on nothing new is sealed under it.
  seals_until timestamptz NOT NULL,
  CONSTRAINT tenant_data_key_of_org UNIQUE (org_id, id),
  CONSTRAINT tenant_data_key_lives_a_day CHECK (seals_until > created_at AND seals_until <= created_at + interval '1 day')
);
CREATE INDEX tenant_data_key_current ON tenant_data_key (org_id, seals_until);
CREATE INDEX tenant_data_key_over ON tenant_data_key (seals_until);
CALL rcm_isolate('tenant_data_key');
GRANT SELECT, INSERT ON tenant_data_key TO rcm_agent;
-- A key of tomorrow, made today, would seal longer than its day.
CREATE POLICY agent_key_is_new ON tenant_data_key AS RESTRICTIVE FOR INSERT TO rcm_agent
  WITH CHECK (created_at BETWEEN clock_timestamp() - interval '5 minutes' AND clock_timestamp());

ALTER TABLE portal_task
  ALTER COLUMN input DROP NOT NULL,
  ADD COLUMN input_sealed  bytea,
  ADD COLUMN input_key_id  uuid,
  ADD COLUMN result_sealed bytea,
  ADD COLUMN result_key_id uuid,
  ADD CONSTRAINT portal_task_input_has_key CHECK ((input_sealed IS NULL) = (input_key_id IS NULL) AND (input IS NULL OR input_sealed IS NULL)),
  ADD CONSTRAINT portal_task_result_has_key CHECK ((result_sealed IS NULL) = (result_key_id IS NULL) AND (result IS NULL OR result_sealed IS NULL)),
  -- A key stays as long as a task names it, and a task names a key of its own organization.
  ADD CONSTRAINT portal_task_input_key FOREIGN KEY (org_id, input_key_id) REFERENCES tenant_data_key (org_id, id),
  ADD CONSTRAINT portal_task_result_key FOREIGN KEY (org_id, result_key_id) REFERENCES tenant_data_key (org_id, id),
  -- Ciphertext does not become smaller, and a sample of it helps no planner; of what was plain there must be none.
  ALTER COLUMN input_sealed SET STORAGE EXTERNAL, ALTER COLUMN result_sealed SET STORAGE EXTERNAL,
  ALTER COLUMN input_sealed SET STATISTICS 0, ALTER COLUMN result_sealed SET STATISTICS 0,
  ALTER COLUMN input SET STATISTICS 0, ALTER COLUMN result SET STATISTICS 0;
CREATE INDEX portal_task_by_input_key ON portal_task (org_id, input_key_id);
CREATE INDEX portal_task_by_result_key ON portal_task (org_id, result_key_id);
CREATE INDEX portal_task_plain ON portal_task (id) WHERE input IS NOT NULL OR result IS NOT NULL;
GRANT UPDATE (input, input_sealed, input_key_id, result_sealed, result_key_id) ON portal_task TO rcm_agent;

-- From here on nobody writes a plain value, the owner neither. Rows that have one keep it until it is sealed; it only goes, and never changes.
CREATE FUNCTION rcm_refuse_plain_task() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (NEW.input IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.input IS DISTINCT FROM OLD.input))
     OR (NEW.result IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.result IS DISTINCT FROM OLD.result)) THEN
    RAISE EXCEPTION 'what a task was asked with, and what came of it, is written sealed only' USING ERRCODE = 'check_violation', CONSTRAINT = 'portal_task_is_sealed';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION rcm_refuse_plain_task() FROM PUBLIC;
CREATE TRIGGER portal_task_is_sealed BEFORE INSERT OR UPDATE OF input, result ON portal_task FOR EACH ROW EXECUTE FUNCTION rcm_refuse_plain_task();

-- How long an ended task is kept, where the organization says so itself.
ALTER TABLE organization ADD COLUMN task_keep_days integer CONSTRAINT organization_keeps_tasks CHECK (task_keep_days BETWEEN 1 AND 400);
CREATE INDEX portal_task_ended_of_tenant ON portal_task (org_id, finished_at) WHERE finished_at IS NOT NULL;

CREATE POLICY internal ON tenant_data_key TO rcm_internal USING (true);
CREATE POLICY internal ON organization FOR SELECT TO rcm_internal USING (true);
GRANT SELECT (id, org_id, seals_until), DELETE, UPDATE (seals_until) ON tenant_data_key TO rcm_internal;
GRANT SELECT (id, task_keep_days) ON organization TO rcm_internal;
GRANT SELECT (input, result, input_key_id, result_key_id) ON portal_task TO rcm_internal;

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;

-- As before, but each organization's tasks are kept as long as it says, and by one step in an index for each.
CREATE OR REPLACE FUNCTION rcm_tidy_tasks(kept interval, most integer, OUT expired integer, OUT deleted integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scope text := public.rcm_tenant();
  ended uuid[];
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
  -- As an array: joined, the planner may read all tasks for a handful that end.
  ended := ARRAY(SELECT e.id
                   FROM public.organization o CROSS JOIN LATERAL (
                     SELECT p.id FROM public.portal_task p
                      WHERE p.org_id = o.id AND p.finished_at <= now() - coalesce(make_interval(days => o.task_keep_days), kept)
                      ORDER BY p.finished_at LIMIT most FOR UPDATE SKIP LOCKED) e
                  WHERE scope IS NULL OR o.id = scope LIMIT most);
  DELETE FROM public.portal_task u WHERE u.id = ANY (ended);
  GET DIAGNOSTICS deleted = ROW_COUNT;
END $$;

-- Forgets data keys whose day is over and that no task names. An hour is left to whoever still holds one: then a task under it is refused,
-- and asked for again under another.
CREATE FUNCTION rcm_forget_data_keys(most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  scope text := public.rcm_tenant();
  forgotten integer;
BEGIN
  IF most IS NULL OR most < 1 OR most > 10000 THEN
    RAISE EXCEPTION 'at most 10000 data keys are forgotten at once' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  DELETE FROM public.tenant_data_key d
   WHERE d.id IN (SELECT k.id FROM public.tenant_data_key k
                   WHERE k.seals_until <= now() - interval '1 hour' AND (scope IS NULL OR k.org_id = scope)
                     AND NOT EXISTS (SELECT FROM public.portal_task t WHERE t.org_id = k.org_id AND t.input_key_id = k.id)
                     AND NOT EXISTS (SELECT FROM public.portal_task t WHERE t.org_id = k.org_id AND t.result_key_id = k.id)
                   ORDER BY k.seals_until LIMIT most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END $$;

-- Tasks that still have a plain value, for whoever seals them: ids alone.
CREATE FUNCTION rcm_plain_tasks(most integer) RETURNS TABLE (task_id uuid, org_id text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT t.id, t.org_id FROM public.portal_task t
     WHERE (t.input IS NOT NULL OR t.result IS NOT NULL) AND (public.rcm_tenant() IS NULL OR t.org_id = public.rcm_tenant())
     ORDER BY t.id LIMIT least(most, 10000);
  END;
REVOKE ALL ON FUNCTION rcm_forget_data_keys(integer), rcm_plain_tasks(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_forget_data_keys(integer), rcm_plain_tasks(integer) TO rcm_agent;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
