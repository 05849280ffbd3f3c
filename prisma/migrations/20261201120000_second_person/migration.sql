-- What may cost much is asked by one person and approved by another (docs/console.md). It is one row from the asking to its end: nobody but who asks writes what is
-- asked, and nobody but somebody else decides, so what is approved is what was asked. Pausing a portal type, or everything, is of no tenant.
SELECT set_config('app.tenant_id', '*', true);

ALTER TABLE login_request
  ALTER COLUMN org_id DROP NOT NULL,
  ALTER COLUMN endpoint_id DROP NOT NULL,
  ADD COLUMN portal_type_code text REFERENCES portal_type (code),
  -- Of `resolve`: which password the portal accepts, as the person says.
  ADD COLUMN choice text CHECK (choice IN ('current', 'found')),
  ADD COLUMN needs_second boolean NOT NULL GENERATED ALWAYS AS (kind IN ('rollback', 'resolve', 'pause', 'resume')) STORED,
  ADD COLUMN decision text CHECK (decision IN ('approved', 'declined')),
  ADD COLUMN decided_by text CHECK (rcm_is_person(decided_by)),
  ADD COLUMN decision_reason text CHECK (btrim(decision_reason) <> '' AND length(decision_reason) <= 500),
  -- These two are the database's own.
  ADD COLUMN decided_at timestamptz,
  ADD COLUMN decided_through text,
  DROP CONSTRAINT login_request_kind_check,
  ADD CONSTRAINT login_request_kind_check CHECK (kind IN ('verify', 'retry', 'unlocked', 'rotate', 'rollback', 'resolve', 'pause', 'resume')),
  DROP CONSTRAINT login_request_outcome_check,
  ADD CONSTRAINT login_request_outcome_check CHECK (outcome IN ('done', 'failed', 'expired', 'left', 'declined')),
  ADD CONSTRAINT login_request_one_scope CHECK (num_nulls(org_id, endpoint_id) IN (0, 2) AND (org_id IS NULL) = (kind IN ('pause', 'resume')) AND (org_id IS NULL OR portal_type_code IS NULL)),
  ADD CONSTRAINT login_request_says_which CHECK ((choice IS NOT NULL) = (kind = 'resolve')),
  ADD CONSTRAINT login_request_decided_whole CHECK (num_nulls(decision, decided_by, decision_reason, decided_at, decided_through) IN (0, 5) AND (needs_second OR decision IS NULL)),
  -- Whatever name somebody gives themselves behind the one that they signed in with.
  ADD CONSTRAINT login_request_decided_by_another CHECK (decided_by IS NULL OR split_part(decided_by, ' says ', 1) <> split_part(actor, ' says ', 1)),
  ADD CONSTRAINT login_request_taken_once_approved CHECK (taken_at IS NULL OR NOT needs_second OR decision IS NOT DISTINCT FROM 'approved'),
  ADD CONSTRAINT login_request_declined CHECK ((outcome IS NOT DISTINCT FROM 'declined') = (decision IS NOT DISTINCT FROM 'declined'));

DROP INDEX login_request_once;
CREATE UNIQUE INDEX login_request_once ON login_request (org_id, endpoint_id, portal_type_code, kind) NULLS NOT DISTINCT WHERE ended_at IS NULL;
-- What waits for a second person, of one organization and of all.
CREATE INDEX login_request_undecided ON login_request (asked_at) WHERE needs_second AND decision IS NULL AND ended_at IS NULL;
CREATE INDEX login_request_of_no_tenant ON login_request (asked_at DESC) WHERE org_id IS NULL;

-- When, and by which login of Postgres; what is declined has ended.
CREATE FUNCTION rcm_decide_request() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.decided_at := clock_timestamp();
  NEW.decided_through := session_user;
  IF NEW.decision = 'declined' THEN
    NEW.ended_at := NEW.decided_at;
    NEW.outcome := 'declined';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION rcm_decide_request() FROM PUBLIC;
CREATE TRIGGER decided BEFORE UPDATE OF decision, decided_by, decision_reason ON login_request FOR EACH ROW EXECUTE FUNCTION rcm_decide_request();

-- Of one tenant's login, or of no tenant's; the latter in the scope of every tenant, as its audit events stand in the chain of each.
DROP POLICY asks_for_one ON login_request;
CREATE POLICY asks_for_one ON login_request AS RESTRICTIVE FOR INSERT TO rcm_console WITH CHECK ((SELECT rcm_tenant()) <> '*' OR org_id IS NULL);
CREATE POLICY asks_for_all ON login_request FOR INSERT TO rcm_console WITH CHECK (org_id IS NULL AND (SELECT rcm_tenant()) = '*');
CREATE POLICY decides_for_all ON login_request FOR UPDATE TO rcm_console USING (org_id IS NULL AND (SELECT rcm_tenant()) = '*');
-- Once, and within the hour: nobody is to be surprised by what was wanted yesterday.
CREATE POLICY decides_once ON login_request AS RESTRICTIVE FOR UPDATE TO rcm_console
  USING (needs_second AND decision IS NULL AND ended_at IS NULL AND asked_at > clock_timestamp() - interval '1 hour') WITH CHECK (decision IS NOT NULL);
DROP POLICY ends_once ON login_request;
CREATE POLICY ends_once ON login_request AS RESTRICTIVE FOR UPDATE TO rcm_rotator
  USING (ended_at IS NULL AND ((SELECT rcm_tenant()) <> '*' OR org_id IS NULL)) WITH CHECK ((SELECT rcm_tenant()) <> '*' OR org_id IS NULL);
GRANT INSERT (portal_type_code, choice), UPDATE (decision, decided_by, decision_reason) ON login_request TO rcm_console;
