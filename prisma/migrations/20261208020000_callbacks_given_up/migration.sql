-- Callbacks that were given up (docs/tasks.md): seen in a list, and sent again once a person has seen to their receiver.
SELECT set_config('app.tenant_id', '*', true);

-- They are few among all that were delivered.
CREATE INDEX task_callback_given_up ON task_callback (given_up_at DESC, task_id DESC) WHERE given_up_at IS NOT NULL;

-- Opens one again, with the event of the person who wants it sent. Its tries count on, so that one which has had them all is sent once. NULL: none was given up there.
CREATE FUNCTION rcm_tell_again(task uuid, actor text, reason text) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  org text;
BEGIN
  UPDATE public.task_callback c SET given_up_at = NULL, not_before = clock_timestamp()
   WHERE c.task_id = task AND c.given_up_at IS NOT NULL AND (public.rcm_tenant() IN (c.org_id, '*')) IS TRUE RETURNING c.org_id INTO org;
  IF org IS NOT NULL THEN PERFORM public.rcm_record_person(org, actor, 'task.told_again', task::text, reason, '{}'); END IF;
  RETURN org;
END $$;

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_tell_again(uuid, text, text) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_tell_again(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_tell_again(uuid, text, text) TO rcm_operator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
