-- A rotation that failed or could not start rests until then; what a portal says of a password's end brings nothing forward into its rest.
ALTER TABLE integration_endpoint ADD COLUMN rotation_not_before timestamptz;
GRANT SELECT (rotation_not_before) ON integration_endpoint TO rcm_agent, rcm_rotator;
GRANT UPDATE (rotation_not_before) ON integration_endpoint TO rcm_rotator;

-- Since when the row names its secret. A version of SSM or Vault is a small number that the next secret of the same login counts from one
-- again: what the ledger knows of a version holds for the secret it was a version of.
ALTER TABLE integration_endpoint ADD COLUMN secret_taken_at timestamptz;
CREATE FUNCTION rcm_note_secret_taken() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.secret_taken_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER integration_endpoint_secret_taken BEFORE UPDATE ON integration_endpoint
  FOR EACH ROW WHEN (OLD.secret_arn IS DISTINCT FROM NEW.secret_arn) EXECUTE FUNCTION rcm_note_secret_taken();
GRANT SELECT (secret_taken_at) ON integration_endpoint TO rcm_agent, rcm_rotator, rcm_internal;
GRANT SELECT (secret_arn) ON integration_endpoint TO rcm_internal;

-- What the breaker looks for. The ledger grows with every login; of these there are few.
CREATE INDEX login_attempt_unclear ON login_attempt (started_at) WHERE effect = 'suspect' OR outcome = 'unknown';
DROP INDEX login_attempt_suspect;
CREATE INDEX rotation_attempt_by_secret ON rotation_attempt (secret_arn, created_at DESC);
CREATE INDEX notice_delivery_open ON notice_delivery (channel, not_before) WHERE delivered_at IS NULL AND given_up_at IS NULL;

-- As before, but with the time of the transaction: a time that may differ from row to row is found by no index.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_tidy_tasks(kept interval, most integer, OUT expired integer, OUT deleted integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.portal_task u SET state = 'failed', error_code = 'deadline_exceeded', error_message = 'The task was not done by its deadline.', claimed_until = NULL, finished_at = clock_timestamp()
   WHERE u.id IN (SELECT t.id FROM public.portal_task t
                   WHERE (t.state = 'queued' AND t.deadline_at <= now()) OR (t.state = 'running' AND t.claimed_until <= now() AND t.deadline_at <= now())
                   LIMIT most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS expired = ROW_COUNT;
  DELETE FROM public.portal_task u
   WHERE u.id IN (SELECT t.id FROM public.portal_task t WHERE t.finished_at <= now() - kept LIMIT most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS deleted = ROW_COUNT;
END $$;

-- As before, but what the ledger knows of a version is asked of this secret.
CREATE OR REPLACE FUNCTION rcm_account_is_well(org text, endpoint text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN EXISTS (
    SELECT FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
     WHERE e.org_id = org AND e.id = endpoint AND e.login_identity IS NOT NULL AND e.rotation_status IS DISTINCT FROM 'failed'
       AND NOT EXISTS (SELECT FROM public.rotation_pause r WHERE r.org_id = e.org_id AND r.endpoint_id = e.id)
       AND NOT EXISTS (SELECT FROM public.login_lease l WHERE l.login_identity = e.login_identity AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp())
       AND NOT EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL
                          AND coalesce(a.waiting_from, a.state) IN ('submitting', 'applied', 'verified', 'blocked'))
       AND NOT EXISTS (SELECT FROM public.login_attempt a JOIN public.integration_endpoint o ON o.id = a.endpoint_id
                        WHERE a.login_identity = e.login_identity AND a.effect = 'version_bad' AND a.version = e.current_version
                          AND o.org_id = e.org_id AND o.secret_arn = e.secret_arn AND a.started_at >= coalesce(o.secret_taken_at, '-infinity'))
       AND NOT EXISTS (SELECT FROM public.login_attempt a WHERE a.login_identity = e.login_identity
                          AND (a.throttled_until > clock_timestamp() OR a.suspect_until > clock_timestamp()
                               OR (a.outcome = 'locked' AND coalesce(a.finished_at, a.started_at) > clock_timestamp() - make_interval(secs => p.lockout_window_seconds)))));
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
