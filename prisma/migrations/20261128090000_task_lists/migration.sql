-- Tasks in lists, an organization's for the API and everybody's for whoever looks after the platform; and the end of a task that is not wanted any more.
SELECT set_config('app.tenant_id', '*', true);

-- A page of a list costs what it shows: the newest of each wanted state, then the newest of those.
CREATE INDEX portal_task_of_tenant_by_state ON portal_task (org_id, state, created_at DESC, id DESC);
CREATE INDEX portal_task_by_state ON portal_task (state, created_at DESC, id DESC);

-- A person ends a task of any organization, with the event of it; `null`: it is not there or has ended. What its worker has begun at the portal ends when it asks
-- for its claim again, and its result is then nobody's.
CREATE FUNCTION rcm_cancel_task(task uuid, actor text, reason text) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  org text;
BEGIN
  UPDATE public.portal_task t SET state = 'failed', error_code = 'cancelled', error_message = 'A person ended the task.', claimed_until = NULL, finished_at = clock_timestamp()
   WHERE t.id = task AND t.state IN ('queued', 'running') AND (public.rcm_tenant() IN (t.org_id, '*')) IS TRUE RETURNING t.org_id INTO org;
  IF org IS NOT NULL THEN PERFORM public.rcm_record_person(org, actor, 'task.cancelled', task::text, reason, '{}'); END IF;
  RETURN org;
END $$;

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_cancel_task(uuid, text, text) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_cancel_task(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_cancel_task(uuid, text, text) TO rcm_operator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
