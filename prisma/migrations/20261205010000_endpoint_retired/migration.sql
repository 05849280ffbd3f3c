-- A login that an organization uses no more is retired (docs/retiring.md): its row names no secret and no account from then on, so nothing that looks for logins to use, rotate or
-- keep alive finds it. The secret stays in the store as it is, and everything that was written down about the login stays too.
ALTER TABLE integration_endpoint
  ADD COLUMN retired_at timestamptz,
  -- What the row named; stays once it is reinstated, until the row names a secret again.
  ADD COLUMN retired_secret_arn text,
  ADD CONSTRAINT integration_endpoint_retired_names_nothing CHECK (retired_at IS NULL OR num_nonnulls(secret_arn, current_version, login_identity, next_rotation_at, search_wanted_at) = 0);
CREATE INDEX integration_endpoint_retired ON integration_endpoint (id) WHERE retired_at IS NOT NULL;
GRANT SELECT (retired_at, retired_secret_arn) ON integration_endpoint TO rcm_agent, rcm_rotator, rcm_operator, rcm_console, rcm_internal;
GRANT UPDATE (retired_secret_arn) ON integration_endpoint TO rcm_migrator;

-- `retired`, or why not: `unknown`, `already`, `plaintext` (the migration is not done with the row), `rotation` (one is open), `in_use` (somebody holds the login, or a task of it runs).
-- Tasks that wait for it end, with an event each. In the transaction of the caller, who says why. `dry`: `would_retire` where nothing stands against it, and nothing is done.
CREATE FUNCTION rcm_retire_endpoint(endpoint text, actor text, reason text, dry boolean) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
    SELECT e.org_id, e.login_identity, e.secret_arn, e.retired_at, e.has_legacy_credentials INTO own FROM public.integration_endpoint e WHERE e.id = endpoint FOR UPDATE;
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
  UPDATE public.integration_endpoint e SET secret_arn = NULL, current_version = NULL, login_identity = NULL, next_rotation_at = NULL, search_wanted_at = NULL,
         retired_at = clock_timestamp(), retired_secret_arn = coalesce(own.secret_arn, e.retired_secret_arn), updated_at = clock_timestamp()
   WHERE e.id = endpoint;
  PERFORM public.rcm_record_person(own.org_id, actor, 'endpoint.retired', endpoint, reason, jsonb_build_object('secretArn', own.secret_arn));
  RETURN 'retired';
END $$;

-- `reinstated`, or why not: `unknown`, `not_retired`. The row names a secret again once the migrator has read the one that lies there.
CREATE FUNCTION rcm_reinstate_endpoint(endpoint text, actor text, reason text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own record;
BEGIN
  SELECT e.org_id, e.retired_at, e.retired_secret_arn INTO own FROM public.integration_endpoint e
   WHERE e.id = endpoint AND (public.rcm_tenant() IN (e.org_id, '*')) IS TRUE FOR UPDATE;
  IF NOT FOUND THEN RETURN 'unknown'; END IF;
  IF own.retired_at IS NULL THEN RETURN 'not_retired'; END IF;
  UPDATE public.integration_endpoint e SET retired_at = NULL, updated_at = clock_timestamp() WHERE e.id = endpoint;
  PERFORM public.rcm_record_person(own.org_id, actor, 'endpoint.reinstated', endpoint, reason, jsonb_build_object('secretArn', own.retired_secret_arn));
  RETURN 'reinstated';
END $$;

GRANT SELECT (next_rotation_at, search_wanted_at, has_legacy_credentials), UPDATE (secret_arn, current_version, login_identity, next_rotation_at, search_wanted_at, retired_at, retired_secret_arn)
  ON integration_endpoint TO rcm_internal;
GRANT SELECT (org_id, endpoint_id) ON login_lease, rotation_attempt, portal_task TO rcm_internal;
GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_retire_endpoint(text, text, text, boolean) OWNER TO rcm_internal;
ALTER FUNCTION rcm_reinstate_endpoint(text, text, text) OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_retire_endpoint(text, text, text, boolean), rcm_reinstate_endpoint(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_retire_endpoint(text, text, text, boolean), rcm_reinstate_endpoint(text, text, text) TO rcm_operator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
