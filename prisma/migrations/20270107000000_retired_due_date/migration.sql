-- When a login's password was to be changed was forgotten with its retirement, and one that came back got a whole interval anew: also a password that a person had read a moment before
-- (docs/break-glass.md), or one that its portal lets expire. The date stays beside the row's secret until the row names one again.
ALTER TABLE integration_endpoint ADD COLUMN retired_due_at timestamptz;
GRANT SELECT (retired_due_at) ON integration_endpoint TO rcm_agent, rcm_rotator, rcm_operator, rcm_console, rcm_internal;
GRANT UPDATE (retired_due_at) ON integration_endpoint TO rcm_internal;

GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- As before (20261205010000), and the date stays: with the row, and with whoever else has the secret.
CREATE OR REPLACE FUNCTION rcm_retire_endpoint(endpoint text, actor text, reason text, dry boolean) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own record;
  known text;
  task uuid;
BEGIN
  -- The login before the row, as whoever takes a lease does; it may have followed its secret to another account meanwhile.
  FOR tried IN 1..3 LOOP
    SELECT e.login_identity INTO known FROM public.integration_endpoint e WHERE e.id = endpoint AND (public.rcm_tenant() IN (e.org_id, '*')) IS TRUE;
    IF NOT FOUND THEN RETURN 'unknown'; END IF;
    PERFORM FROM public.login_identity i WHERE i.id = known FOR UPDATE;
    SELECT e.org_id, e.login_identity, e.secret_arn, e.retired_at, e.has_legacy_credentials, e.next_rotation_at INTO own FROM public.integration_endpoint e WHERE e.id = endpoint FOR UPDATE;
    EXIT WHEN own.login_identity IS NOT DISTINCT FROM known;
    IF tried = 3 THEN RETURN 'in_use'; END IF;
  END LOOP;
  IF own.retired_at IS NOT NULL THEN RETURN 'already'; END IF;
  IF own.has_legacy_credentials THEN RETURN 'plaintext'; END IF;
  IF EXISTS (SELECT FROM public.rotation_attempt a WHERE a.org_id = own.org_id AND a.endpoint_id = endpoint AND a.ended_at IS NULL) THEN RETURN 'rotation'; END IF;
  IF EXISTS (SELECT FROM public.login_lease l WHERE l.org_id = own.org_id AND l.endpoint_id = endpoint AND l.expires_at > clock_timestamp())
    OR EXISTS (SELECT FROM public.portal_task t WHERE t.org_id = own.org_id AND t.endpoint_id = endpoint AND t.state = 'running') THEN
    RETURN 'in_use';
  END IF;
  IF dry THEN RETURN 'would_retire'; END IF;
  FOR task IN UPDATE public.portal_task t SET state = 'failed', error_code = 'endpoint_retired', error_message = 'The login was retired.', claimed_until = NULL, finished_at = clock_timestamp()
               WHERE t.org_id = own.org_id AND t.endpoint_id = endpoint AND t.state = 'queued' RETURNING t.id LOOP
    PERFORM public.rcm_record_person(own.org_id, actor, 'task.cancelled', task::text, reason, '{}');
  END LOOP;
  -- A secret that others of the organization name is theirs to change from here on.
  UPDATE public.integration_endpoint o SET next_rotation_at = least(o.next_rotation_at, own.next_rotation_at), updated_at = clock_timestamp()
   WHERE o.org_id = own.org_id AND o.secret_arn = own.secret_arn AND o.id <> endpoint AND own.next_rotation_at < coalesce(o.next_rotation_at, 'infinity');
  UPDATE public.integration_endpoint e SET secret_arn = NULL, current_version = NULL, login_identity = NULL, next_rotation_at = NULL, search_wanted_at = NULL,
         retired_due_at = own.next_rotation_at, retired_at = clock_timestamp(), retired_secret_arn = coalesce(own.secret_arn, e.retired_secret_arn), updated_at = clock_timestamp()
   WHERE e.id = endpoint;
  PERFORM public.rcm_record_person(own.org_id, actor, 'endpoint.retired', endpoint, reason, jsonb_build_object('secretArn', own.secret_arn));
  RETURN 'retired';
END $$;

-- As before (20261205010000), and the date is the one that it was, or that of whoever has had the secret since.
CREATE OR REPLACE FUNCTION rcm_reinstate_endpoint(endpoint text, actor text, reason text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own record;
BEGIN
  SELECT e.org_id, e.retired_at, e.retired_secret_arn, e.retired_due_at INTO own FROM public.integration_endpoint e
   WHERE e.id = endpoint AND (public.rcm_tenant() IN (e.org_id, '*')) IS TRUE FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF own.retired_at IS NULL THEN RETURN 'not_retired'; END IF;
  UPDATE public.integration_endpoint e
     SET retired_at = NULL, retired_due_at = NULL,
         next_rotation_at = coalesce((SELECT min(o.next_rotation_at) FROM public.integration_endpoint o WHERE o.org_id = own.org_id AND o.secret_arn = own.retired_secret_arn), own.retired_due_at),
         updated_at = clock_timestamp() WHERE e.id = endpoint;
  PERFORM public.rcm_record_person(own.org_id, actor, 'endpoint.reinstated', endpoint, reason, jsonb_build_object('secretArn', own.retired_secret_arn));
  RETURN 'reinstated';
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
