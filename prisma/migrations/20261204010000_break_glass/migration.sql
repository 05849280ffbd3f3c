-- Break-glass (docs/break-glass.md): a person asks to see one password, another one approves it for some minutes, and whoever asked reads it once, at a terminal. It is one row of
-- login_request, as whatever needs two people (docs/adr/0027), but no rotator does it: it is taken by the person.
SELECT set_config('app.tenant_id', '*', true);

-- A generated column has one expression from its making on; what names it goes, and comes again.
DROP POLICY tells_what_waits ON notice;
DROP INDEX login_request_undecided;
ALTER TABLE login_request
  DROP CONSTRAINT login_request_decided_whole,
  DROP CONSTRAINT login_request_taken_once_approved,
  DROP COLUMN needs_second;
ALTER TABLE login_request
  ADD COLUMN needs_second boolean NOT NULL GENERATED ALWAYS AS (kind IN ('rollback', 'resolve', 'pause', 'resume', 'break_glass')) STORED,
  -- Of `break_glass`: for how long, from its being approved, it may be read.
  ADD COLUMN minutes integer CHECK (minutes BETWEEN 1 AND 60),
  DROP CONSTRAINT login_request_kind_check,
  ADD CONSTRAINT login_request_kind_check CHECK (kind IN ('verify', 'retry', 'unlocked', 'rotate', 'rollback', 'resolve', 'pause', 'resume', 'break_glass')),
  ADD CONSTRAINT login_request_says_how_long CHECK ((minutes IS NOT NULL) = (kind = 'break_glass')),
  ADD CONSTRAINT login_request_decided_whole CHECK (num_nulls(decision, decided_by, decision_reason, decided_at, decided_through) IN (0, 5) AND (needs_second OR decision IS NULL)),
  ADD CONSTRAINT login_request_taken_once_approved CHECK (taken_at IS NULL OR NOT needs_second OR decision IS NOT DISTINCT FROM 'approved'),
  -- Signed in at one place, both: of two names from two places nobody can tell whether they are one person's.
  ADD CONSTRAINT login_request_told_apart CHECK (kind <> 'break_glass' OR decided_by IS NULL OR decision <> 'approved'
    OR (split_part(decided_by, ':', 2) = split_part(actor, ':', 2) AND (decided_by NOT LIKE 'person:oidc:%' OR split_part(decided_by, '#', 1) = split_part(actor, '#', 1)))),
  ADD CONSTRAINT login_request_read_by_who_asked CHECK (kind <> 'break_glass' OR taken_by IS NULL OR split_part(taken_by, ' says ', 1) = split_part(actor, ' says ', 1));
CREATE INDEX login_request_undecided ON login_request (asked_at) WHERE needs_second AND decision IS NULL AND ended_at IS NULL;
-- Whoever's terminal was gone before they could read must be able to ask again, also where no rotator is there to end what is over.
DROP INDEX login_request_once;
CREATE UNIQUE INDEX login_request_once ON login_request (org_id, endpoint_id, portal_type_code, kind) NULLS NOT DISTINCT WHERE ended_at IS NULL AND kind <> 'break_glass';
CREATE INDEX login_request_break_glass ON login_request (asked_at DESC) WHERE kind = 'break_glass';

-- Within its minutes, and never without the event that says so: whoever may take it cannot leave that out.
CREATE FUNCTION rcm_read_break_glass() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.decided_at + make_interval(mins => NEW.minutes) <= clock_timestamp() THEN
    RAISE EXCEPTION 'its minutes are over: this violates constraint "login_request_in_its_minutes"' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM public.rcm_record_person(NEW.org_id, NEW.taken_by, 'secret.shown', NEW.endpoint_id, NEW.reason,
                                   jsonb_build_object('requestId', NEW.id, 'approvedBy', NEW.decided_by, 'minutes', NEW.minutes));
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION rcm_read_break_glass() FROM PUBLIC;
CREATE TRIGGER read_break_glass BEFORE UPDATE OF taken_at ON login_request FOR EACH ROW
  WHEN (NEW.kind = 'break_glass' AND NEW.taken_at IS NOT NULL AND OLD.taken_at IS NULL) EXECUTE FUNCTION rcm_read_break_glass();

-- Asked and decided at a terminal, too; nothing else is.
GRANT INSERT (org_id, endpoint_id, kind, choice, minutes, actor, reason), UPDATE (decision, decided_by, decision_reason, withdrawn_by, withdrawal_reason) ON login_request TO rcm_operator;
GRANT EXECUTE ON FUNCTION rcm_is_person(text) TO rcm_operator;
GRANT INSERT (minutes) ON login_request TO rcm_console;
CREATE POLICY operator_breaks_glass ON login_request AS RESTRICTIVE FOR INSERT TO rcm_operator WITH CHECK ((SELECT rcm_tenant()) <> '*' AND kind = 'break_glass');
CREATE POLICY operator_decides_on_it ON login_request AS RESTRICTIVE FOR UPDATE TO rcm_operator
  USING ((SELECT rcm_tenant()) <> '*' AND kind = 'break_glass' AND ended_at IS NULL AND taken_at IS NULL) WITH CHECK (decision IS NOT NULL OR withdrawn_by IS NOT NULL);

ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'unblocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open',
  'waiting_long', 'left_previous', 'refused', 'found', 'other_account', 'undecided', 'lapsing', 'approval_waiting', 'row_and_store_differ', 'secret_read'));
CREATE POLICY tells_what_waits ON notice AS RESTRICTIVE FOR INSERT TO rcm_console, rcm_operator
  WITH CHECK (kind = 'approval_waiting' AND attempt_id IS NULL AND length(detail) <= 100
              AND EXISTS (SELECT FROM login_request r WHERE dedup_key = 'approval_waiting:' || r.id AND r.needs_second AND r.ended_at IS NULL
                             AND (r.org_id, r.endpoint_id, r.portal_type_code) IS NOT DISTINCT FROM (notice.org_id, notice.endpoint_id, notice.portal_type_code)));
GRANT INSERT (kind, dedup_key, org_id, endpoint_id, portal_type_code, attempt_id, detail) ON notice TO rcm_operator;
