-- Who looks after the logins (docs/rcm.md): sees the books of every tenant, and neither a payload, a task's data nor an event's details.
-- And what a login's standing is, kept with the login, so that lists of what is wrong are found by index among a million.
SELECT set_config('app.tenant_id', '*', true);

DO $$
BEGIN
  IF to_regrole('rcm_operator') IS NULL THEN
    BEGIN
      CREATE ROLE rcm_operator NOLOGIN;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role rcm_operator is missing and % may not create it; see docs/database-roles.md', current_user USING ERRCODE = 'insufficient_privilege';
    END;
  END IF;
  IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'rcm_operator' AND (r.rolsuper OR r.rolbypassrls)) THEN
    RAISE EXCEPTION 'role rcm_operator must be neither superuser nor BYPASSRLS' USING ERRCODE = 'invalid_role_specification';
  END IF;
END $$;

-- Since when the portal refuses the login: the first refusal after the last login that proved its password; NULL while none stands. And when
-- it was first used with success. Both change rarely, so a login that is as the one before writes neither.
ALTER TABLE login_identity ADD COLUMN refused_since timestamptz, ADD COLUMN first_accepted_at timestamptz,
  -- It lies in several organizations or under several secrets, and so is not rotated by itself.
  ADD COLUMN shared boolean NOT NULL DEFAULT false;
CREATE INDEX login_attempt_refused ON login_attempt (login_identity, started_at) WHERE effect IN ('suspect', 'bad') OR outcome = 'locked';
CREATE INDEX login_attempt_proved ON login_attempt (login_identity, started_at) WHERE proved OR outcome = 'accepted';

-- Three steps in two indexes, however long the login's history is.
CREATE FUNCTION rcm_note_standing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.login_identity i SET refused_since = s.refused_since, first_accepted_at = s.first_accepted_at
    FROM (SELECT p.first AS first_accepted_at,
                 (SELECT min(a.started_at) FROM public.login_attempt a
                   WHERE a.login_identity = NEW.login_identity AND (a.effect IN ('suspect', 'bad') OR a.outcome = 'locked')
                     AND a.started_at > coalesce(p.last, '-infinity')) AS refused_since
            FROM (SELECT min(a.started_at) AS first, max(a.started_at) AS last FROM public.login_attempt a
                   WHERE a.login_identity = NEW.login_identity AND (a.proved OR a.outcome = 'accepted')) p) s
   WHERE i.id = NEW.login_identity AND (i.refused_since, i.first_accepted_at) IS DISTINCT FROM (s.refused_since, s.first_accepted_at);
  RETURN NULL;
END $$;

CREATE TRIGGER login_attempt_says_standing AFTER INSERT ON login_attempt
  FOR EACH ROW WHEN (NEW.outcome IS NOT NULL) EXECUTE FUNCTION rcm_note_standing();
-- Also where a line comes to another name of the same account.
CREATE TRIGGER login_attempt_changes_standing AFTER UPDATE OF outcome, login_identity ON login_attempt
  FOR EACH ROW WHEN (NEW.proved OR NEW.outcome IN ('accepted', 'locked') OR NEW.effect IN ('suspect', 'bad')) EXECUTE FUNCTION rcm_note_standing();

CREATE FUNCTION rcm_note_shared() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  login text;
  is_shared boolean;
BEGIN
  -- In the order of their ids, so that two that meet at two logins cannot wait for each other.
  FOREACH login IN ARRAY ARRAY(SELECT DISTINCT w.id FROM unnest(ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.login_identity END,
                                                                      CASE WHEN TG_OP <> 'DELETE' THEN NEW.login_identity END]) w (id) WHERE w.id IS NOT NULL ORDER BY 1) LOOP
    PERFORM FROM public.login_identity i WHERE i.id = login FOR NO KEY UPDATE;
    SELECT count(DISTINCT e.org_id) > 1 OR count(DISTINCT coalesce(e.secret_arn, '')) > 1 INTO is_shared FROM public.integration_endpoint e WHERE e.login_identity = login;
    UPDATE public.login_identity i SET shared = is_shared WHERE i.id = login AND i.shared <> is_shared;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER integration_endpoint_shares_login AFTER INSERT OR DELETE ON integration_endpoint FOR EACH ROW EXECUTE FUNCTION rcm_note_shared();
CREATE TRIGGER integration_endpoint_changes_login AFTER UPDATE OF org_id, secret_arn, login_identity ON integration_endpoint
  FOR EACH ROW WHEN ((OLD.org_id, OLD.secret_arn, OLD.login_identity) IS DISTINCT FROM (NEW.org_id, NEW.secret_arn, NEW.login_identity)) EXECUTE FUNCTION rcm_note_shared();
UPDATE login_identity i SET shared = true WHERE EXISTS (
  SELECT FROM integration_endpoint e JOIN integration_endpoint o ON o.login_identity = e.login_identity
   WHERE e.login_identity = i.id AND (o.org_id <> e.org_id OR o.secret_arn IS DISTINCT FROM e.secret_arn));

UPDATE login_identity i SET first_accepted_at = p.first FROM (
  SELECT a.login_identity, min(a.started_at) AS first FROM login_attempt a WHERE a.proved OR a.outcome = 'accepted' GROUP BY 1) p WHERE i.id = p.login_identity;
UPDATE login_identity i SET refused_since = r.since FROM (
  SELECT a.login_identity, min(a.started_at) AS since FROM login_attempt a
   WHERE (a.effect IN ('suspect', 'bad') OR a.outcome = 'locked')
     AND NOT EXISTS (SELECT FROM login_attempt ok WHERE ok.login_identity = a.login_identity AND (ok.proved OR ok.outcome = 'accepted') AND ok.started_at >= a.started_at)
   GROUP BY 1) r WHERE i.id = r.login_identity;

CREATE INDEX login_identity_refused ON login_identity (refused_since, id) WHERE refused_since IS NOT NULL;
CREATE INDEX login_identity_unused ON login_identity (created_at, id) WHERE first_accepted_at IS NULL;
CREATE INDEX login_identity_shared ON login_identity (created_at, id) WHERE shared;
CREATE INDEX integration_endpoint_of_portal_type ON integration_endpoint (portal_type_code, id);
DROP INDEX integration_endpoint_by_portal_type;
CREATE INDEX integration_endpoint_ageing ON integration_endpoint (portal_type_code, last_rotated_at, id) WHERE secret_arn IS NOT NULL;
-- What people did to one login; of a chain of millions it is little.
CREATE INDEX audit_event_of_people ON audit_event (org_id, subject, seq DESC) WHERE actor LIKE 'person:%' OR actor LIKE 'sql:%';

GRANT SELECT (login_identity, started_at, outcome, effect, proved) ON login_attempt TO rcm_internal;
GRANT UPDATE (refused_since, first_accepted_at, shared) ON login_identity TO rcm_internal;

GRANT USAGE ON SCHEMA public TO rcm_operator;
GRANT SELECT ON portal_type, portal_gate, organization, login_identity, login_lease, login_clearance, rotation_request, rotation_attempt, rotation_pause, notice TO rcm_operator;
GRANT SELECT (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, secret_taken_at, login_identity, last_rotated_at, rotation_status,
              next_rotation_at, rotation_not_before, search_wanted_at, searched_at, search_wishes, has_legacy_credentials, created_at, updated_at)
  ON integration_endpoint TO rcm_operator;
-- Not the fingerprints of passwords.
GRANT SELECT (id, login_identity, org_id, endpoint_id, lease_id, rotation_attempt_id, actor, version, started_at, finished_at, outcome, effect, throttled_until,
              rests_until, proved, task_id, process) ON login_attempt TO rcm_operator;
-- Not what was asked and answered.
GRANT SELECT (id, org_id, endpoint_id, portal_type_code, name, state, worker, claimed_until, tries, requeues, requeue_reason, not_before, error_code, deadline_at,
              created_at, started_at, finished_at, requested_by, requested_issuer) ON portal_task TO rcm_operator;
-- Who did what to what, when and why.
GRANT SELECT (org_id, seq, at, actor, action, subject, reason) ON audit_event TO rcm_operator;

DO $$
DECLARE
  seen name;
BEGIN
  FOREACH seen IN ARRAY ARRAY['organization', 'integration_endpoint', 'login_identity', 'login_lease', 'login_attempt', 'login_clearance', 'rotation_request',
                              'rotation_attempt', 'rotation_pause', 'notice', 'portal_task', 'audit_event']::name[] LOOP
    EXECUTE format('CREATE POLICY every_tenant_is_seen ON %I FOR SELECT TO rcm_operator USING ((SELECT rcm_tenant()) = ''*'')', seen);
  END LOOP;
END $$;

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_note_standing() OWNER TO rcm_internal;
ALTER FUNCTION rcm_note_shared() OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_note_standing(), rcm_note_shared() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_tenant_has_login(text), rcm_login_ledger(text), rcm_locked_until(text) TO rcm_operator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
