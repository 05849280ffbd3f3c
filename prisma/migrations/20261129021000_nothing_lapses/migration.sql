-- Accounts die of not being used: what a portal says about that, and what is known of each login. docs/rotation.md#nothing-lapses
SELECT set_config('app.tenant_id', '*', true);

ALTER TABLE portal_type
  -- After how many days without a login the portal disables it; NULL: never, or nobody knows.
  ADD COLUMN dormant_after_days integer CHECK (dormant_after_days BETWEEN 2 AND 3660),
  -- Whether every login counts as one, or only one with its second factor.
  ADD COLUMN dormant_counts text NOT NULL DEFAULT 'login' CHECK (dormant_counts IN ('login', 'second_factor')),
  -- How often a person confirms at the portal that the login is still wanted.
  ADD COLUMN recertify_every_days integer CHECK (recertify_every_days BETWEEN 2 AND 3660),
  -- How many backup codes the portal gives for one login.
  ADD COLUMN backup_codes integer CHECK (backup_codes BETWEEN 1 AND 1000);

ALTER TABLE login_attempt ADD COLUMN with_code boolean NOT NULL DEFAULT false;
ALTER TABLE login_identity
  ADD COLUMN last_login_at timestamptz,
  ADD COLUMN last_code_login_at timestamptz,
  -- A person's word: they logged in by themselves, and they recertified.
  ADD COLUMN person_login_at timestamptz,
  ADD COLUMN recertified_at timestamptz,
  -- Until when a login that only keeps it alive rests.
  ADD COLUMN keep_alive_after timestamptz;

CREATE FUNCTION rcm_note_login() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.login_identity i
     SET last_login_at = greatest(i.last_login_at, NEW.started_at),
         last_code_login_at = CASE WHEN NEW.with_code THEN greatest(i.last_code_login_at, NEW.started_at) ELSE i.last_code_login_at END
   WHERE i.id = NEW.login_identity;
  RETURN NULL;
END $$;
-- Also where a line comes to another name of the same account.
CREATE TRIGGER login_attempt_keeps_alive AFTER INSERT ON login_attempt FOR EACH ROW WHEN (NEW.outcome = 'accepted') EXECUTE FUNCTION rcm_note_login();
CREATE TRIGGER login_attempt_kept_alive AFTER UPDATE OF outcome, login_identity ON login_attempt
  FOR EACH ROW WHEN (NEW.outcome = 'accepted') EXECUTE FUNCTION rcm_note_login();
-- Whether a code was typed was not written down: those of before count as logins only.
UPDATE login_identity i SET last_login_at = a.at
  FROM (SELECT login_identity, max(started_at) AS at FROM login_attempt WHERE outcome = 'accepted' GROUP BY 1) a WHERE a.login_identity = i.id;
CREATE INDEX login_identity_used ON login_identity (last_login_at);

GRANT UPDATE (with_code) ON login_attempt TO rcm_agent, rcm_rotator;
GRANT SELECT (with_code) ON login_attempt TO rcm_internal;
GRANT UPDATE (last_login_at, last_code_login_at) ON login_identity TO rcm_internal;
GRANT UPDATE (person_login_at, recertified_at, keep_alive_after) ON login_identity TO rcm_rotator;
GRANT SELECT (with_code) ON login_attempt TO rcm_operator;

ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'unblocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open',
  'waiting_long', 'left_previous', 'refused', 'found', 'other_account', 'undecided', 'lapsing'));

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_note_login() OWNER TO rcm_internal;
SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_note_login() FROM PUBLIC;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;
