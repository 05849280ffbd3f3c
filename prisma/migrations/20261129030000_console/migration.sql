-- The console (docs/console.md): a person's browser reads the books as an operator does, asks for acts on a login, and ends or pauses what needs no secret. Whatever
-- needs a portal or a store is done by a rotator, by the very functions of its own commands: the console can reach neither.
SELECT set_config('app.tenant_id', '*', true);

DO $$
BEGIN
  IF to_regrole('rcm_console') IS NULL THEN
    BEGIN
      CREATE ROLE rcm_console NOLOGIN;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role rcm_console is missing and % may not create it; see docs/database-roles.md', current_user USING ERRCODE = 'insufficient_privilege';
    END;
  END IF;
  IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'rcm_console' AND (r.rolsuper OR r.rolbypassrls)) THEN
    RAISE EXCEPTION 'role rcm_console must be neither superuser nor BYPASSRLS' USING ERRCODE = 'invalid_role_specification';
  END IF;
END $$;

-- What a person asks of a rotator about one login, from a browser. Taken once and never again: a login that was spent and not told of is not spent twice.
CREATE TABLE login_request (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  org_id        text NOT NULL,
  endpoint_id   text NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('verify', 'retry', 'unlocked', 'rotate')),
  actor         text NOT NULL CHECK (rcm_is_person(actor)),
  reason        text NOT NULL CHECK (btrim(reason) <> '' AND length(reason) <= 500),
  asked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Which login of Postgres wrote it: whoever holds one decides what name stands in `actor`.
  asked_through text NOT NULL DEFAULT session_user,
  taken_at      timestamptz,
  taken_by      text CHECK (taken_by <> ''),
  ended_at      timestamptz,
  outcome       text CHECK (outcome IN ('done', 'failed', 'expired', 'left')),
  -- Of what failed: its stable code. And what a person is told, at most this much.
  code          text CHECK (code ~ '^[a-z_]{1,64}$'),
  words         text CHECK (length(words) <= 1000),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id),
  CONSTRAINT login_request_taken_by_somebody CHECK ((taken_at IS NULL) = (taken_by IS NULL)),
  CONSTRAINT login_request_ends_once CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX login_request_open ON login_request (asked_at) WHERE ended_at IS NULL;
-- Of two that ask for the same at once, one does.
CREATE UNIQUE INDEX login_request_once ON login_request (org_id, endpoint_id, kind) WHERE ended_at IS NULL;
CREATE INDEX login_request_of_login ON login_request (org_id, endpoint_id, asked_at DESC);
CALL rcm_isolate('login_request');
CREATE POLICY asks_for_one ON login_request AS RESTRICTIVE FOR INSERT TO rcm_console WITH CHECK ((SELECT rcm_tenant()) <> '*');
CREATE POLICY ends_once ON login_request AS RESTRICTIVE FOR UPDATE TO rcm_rotator USING (ended_at IS NULL AND (SELECT rcm_tenant()) <> '*') WITH CHECK ((SELECT rcm_tenant()) <> '*');
GRANT SELECT, UPDATE (taken_at, taken_by, ended_at, outcome, code, words) ON login_request TO rcm_rotator;
GRANT SELECT, INSERT (id, org_id, endpoint_id, kind, actor, reason) ON login_request TO rcm_console;
GRANT SELECT ON login_request TO rcm_operator;

-- Who is signed in. The browser holds the id; whoever reads this table cannot be anybody by it.
CREATE TABLE console_session (
  id_hash    bytea PRIMARY KEY CHECK (length(id_hash) = 32),
  person     text NOT NULL CHECK (rcm_is_person(person)),
  name       text NOT NULL CHECK (length(name) <= 100),
  -- {"hospital-1": ["operator"], "*": ["viewer"]}, as the groups were at the sign-in.
  roles      jsonb NOT NULL CHECK (jsonb_typeof(roles) = 'object'),
  -- Of the browser's own words for itself: an id alone, taken elsewhere, is not enough.
  agent_hash bytea NOT NULL CHECK (length(agent_hash) = 32),
  begun_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  ends_at    timestamptz NOT NULL,
  CONSTRAINT console_session_short CHECK (ends_at <= begun_at + interval '1 day')
);
CREATE INDEX console_session_of_person ON console_session (person, begun_at);
CREATE INDEX console_session_ends ON console_session (ends_at);
GRANT SELECT, INSERT, UPDATE (seen_at), DELETE ON console_session TO rcm_console;

-- What an operator sees, less what no page shows.
GRANT USAGE ON SCHEMA public TO rcm_console;
GRANT SELECT ON portal_type, portal_gate, organization, database_restore, login_identity, login_lease, login_clearance, rotation_request, rotation_attempt, rotation_pause, notice TO rcm_console;
GRANT SELECT (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity, last_rotated_at, rotation_status, next_rotation_at,
              rotation_not_before, search_wanted_at, searched_at, search_wishes, has_legacy_credentials, created_at, updated_at)
  ON integration_endpoint TO rcm_console;
GRANT SELECT (id, login_identity, org_id, endpoint_id, lease_id, rotation_attempt_id, actor, version, started_at, finished_at, outcome, effect, throttled_until,
              rests_until, proved, task_id, process) ON login_attempt TO rcm_console;
GRANT SELECT (id, org_id, endpoint_id, portal_type_code, name, state, worker, claimed_until, tries, requeues, requeue_reason, not_before, error_code, deadline_at,
              created_at, started_at, finished_at, requested_by, requested_issuer) ON portal_task TO rcm_console;
GRANT SELECT (org_id, seq, at, actor, action, subject, reason) ON audit_event TO rcm_console;
-- A pause needs neither store nor portal, and must work while no rotator answers. Of one login: the policies leave no other.
GRANT INSERT, DELETE ON rotation_pause TO rcm_console;
CREATE POLICY all_are_told ON rotation_pause FOR SELECT TO rcm_console USING (org_id IS NULL);

DO $$
DECLARE
  seen name;
BEGIN
  FOREACH seen IN ARRAY ARRAY['organization', 'integration_endpoint', 'login_identity', 'login_lease', 'login_attempt', 'login_clearance', 'rotation_request',
                              'rotation_attempt', 'rotation_pause', 'notice', 'portal_task', 'audit_event', 'login_request']::name[] LOOP
    EXECUTE format('CREATE POLICY every_tenant_is_shown ON %I FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = ''*'')', seen);
  END LOOP;
  CREATE POLICY every_tenant_is_seen ON login_request FOR SELECT TO rcm_operator USING ((SELECT rcm_tenant()) = '*');
END $$;

SET ROLE rcm_internal;
GRANT EXECUTE ON FUNCTION rcm_tenant_has_login(text), rcm_login_ledger(text), rcm_locked_until(text), rcm_migrations(),
                          rcm_record_person(text, text, text, text, text, jsonb), rcm_cancel_task(uuid, text, text) TO rcm_console;
RESET ROLE;
-- Asked by the checks of the two tables above, of whoever writes a row or ends one.
GRANT EXECUTE ON FUNCTION rcm_is_person(text) TO rcm_console, rcm_rotator;
