-- What one person asked for and another approved holds for the moment it was asked in (docs/adr/0029): for the rotation that was open or the last then, in the state it was
-- in, and the password that was current. It is the database's own word, and whoever approves or takes is held against it. And whoever asked may take back what they asked for.
SELECT set_config('app.tenant_id', '*', true);

-- How a login stands, in words to be compared and to be read. Of the tenant's own journal alone, whatever else the transaction may see.
CREATE FUNCTION rcm_login_stands(org text, endpoint text) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (
  SELECT coalesce('rotation ' || a.id || ', ' || a.state, 'no rotation yet') || '; ' || coalesce('password of version ' || e.current_version, 'no password yet')
    FROM public.integration_endpoint e
    LEFT JOIN LATERAL (SELECT r.id, r.state FROM public.rotation_attempt r WHERE r.login_identity = e.login_identity AND r.org_id = e.org_id ORDER BY r.created_at DESC LIMIT 1) a ON true
   WHERE e.org_id = org AND e.id = endpoint);
REVOKE ALL ON FUNCTION rcm_login_stands(text, text) FROM PUBLIC;
-- Whoever lists what was asked, too: a function in a statement is asked for at its start, whether its branch is reached or not.
GRANT EXECUTE ON FUNCTION rcm_login_stands(text, text) TO rcm_console, rcm_operator, rcm_rotator, rcm_migrator;

ALTER TABLE login_request
  -- Of what is asked of one rotation. What was asked before this column was there holds for no moment.
  ADD COLUMN login_stood text CHECK (login_stood IS NULL OR kind IN ('rollback', 'resolve')),
  ADD COLUMN withdrawn_by text CHECK (rcm_is_person(withdrawn_by)),
  ADD COLUMN withdrawal_reason text CHECK (btrim(withdrawal_reason) <> '' AND length(withdrawal_reason) <= 500),
  DROP CONSTRAINT login_request_outcome_check,
  ADD CONSTRAINT login_request_outcome_check CHECK (outcome IN ('done', 'failed', 'expired', 'left', 'declined', 'withdrawn', 'outdated')),
  ADD CONSTRAINT login_request_withdrawn_whole CHECK (num_nulls(withdrawn_by, withdrawal_reason) IN (0, 2) AND (withdrawn_by IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'withdrawn')),
  ADD CONSTRAINT login_request_withdrawn_by_who_asked CHECK (withdrawn_by IS NULL OR split_part(withdrawn_by, ' says ', 1) = split_part(actor, ' says ', 1)),
  ADD CONSTRAINT login_request_withdrawn_in_time CHECK (withdrawn_by IS NULL OR taken_at IS NULL);

CREATE FUNCTION rcm_note_login_stood() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.login_stood := public.rcm_login_stands(NEW.org_id, NEW.endpoint_id);
  RETURN NEW;
END $$;
CREATE FUNCTION rcm_must_stand() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (NEW.login_stood = public.rcm_login_stands(NEW.org_id, NEW.endpoint_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'the login has moved on since it was asked: this violates constraint "login_request_of_that_moment"' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION rcm_withdraw_request() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.ended_at := clock_timestamp();
  NEW.outcome := 'withdrawn';
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION rcm_note_login_stood(), rcm_must_stand(), rcm_withdraw_request() FROM PUBLIC;
CREATE TRIGGER stood BEFORE INSERT ON login_request FOR EACH ROW WHEN (NEW.kind IN ('rollback', 'resolve')) EXECUTE FUNCTION rcm_note_login_stood();
CREATE TRIGGER must_stand BEFORE UPDATE OF decision, taken_at ON login_request FOR EACH ROW
  WHEN (NEW.kind IN ('rollback', 'resolve')
        AND ((NEW.decision = 'approved' AND OLD.decision IS DISTINCT FROM NEW.decision) OR (NEW.taken_at IS NOT NULL AND OLD.taken_at IS NULL)))
  EXECUTE FUNCTION rcm_must_stand();
CREATE TRIGGER withdrawn BEFORE UPDATE OF withdrawn_by, withdrawal_reason ON login_request FOR EACH ROW EXECUTE FUNCTION rcm_withdraw_request();

-- Once, and within the hour: nobody is to be surprised by what was wanted yesterday. Said here, and no longer by the policy, which lets through what is withdrawn, too.
CREATE OR REPLACE FUNCTION rcm_decide_request() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.decision IS NOT NULL OR OLD.ended_at IS NOT NULL OR OLD.asked_at <= clock_timestamp() - interval '1 hour' THEN
    RETURN NULL;
  END IF;
  NEW.decided_at := clock_timestamp();
  NEW.decided_through := session_user;
  IF NEW.decision = 'declined' THEN
    NEW.ended_at := NEW.decided_at;
    NEW.outcome := 'declined';
  END IF;
  RETURN NEW;
END $$;
DROP POLICY decides_once ON login_request;
CREATE POLICY decides_or_withdraws ON login_request AS RESTRICTIVE FOR UPDATE TO rcm_console
  USING (ended_at IS NULL AND taken_at IS NULL) WITH CHECK (decision IS NOT NULL OR withdrawn_by IS NOT NULL);
GRANT UPDATE (withdrawn_by, withdrawal_reason) ON login_request TO rcm_console;

-- That something waits for a second person is told, and nothing else by the console.
ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'unblocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open',
  'waiting_long', 'left_previous', 'refused', 'found', 'other_account', 'undecided', 'lapsing', 'approval_waiting'));
CREATE POLICY tells_what_waits ON notice AS RESTRICTIVE FOR INSERT TO rcm_console
  WITH CHECK (kind = 'approval_waiting' AND attempt_id IS NULL AND length(detail) <= 100
              AND EXISTS (SELECT FROM login_request r WHERE dedup_key = 'approval_waiting:' || r.id AND r.needs_second AND r.ended_at IS NULL
                             AND (r.org_id, r.endpoint_id, r.portal_type_code) IS NOT DISTINCT FROM (notice.org_id, notice.endpoint_id, notice.portal_type_code)));
CREATE POLICY tells_of_no_tenant ON notice FOR INSERT TO rcm_console WITH CHECK (org_id IS NULL AND (SELECT rcm_tenant()) = '*');
GRANT INSERT (kind, dedup_key, org_id, endpoint_id, portal_type_code, attempt_id, detail) ON notice TO rcm_console;
