-- A person asks in the console that the chain of their organization is checked (docs/audit.md): the process that signs heads does it, with an auditor's login, as `audit verify` does.
CREATE TABLE audit_check (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  org_id        text NOT NULL REFERENCES organization (id),
  actor         text NOT NULL CHECK (rcm_is_person(actor)),
  reason        text NOT NULL CHECK (btrim(reason) <> '' AND length(reason) <= 1000),
  asked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  asked_through text NOT NULL DEFAULT session_user,
  taken_at      timestamptz,
  taken_by      text CHECK (taken_by <> ''),
  ended_at      timestamptz,
  -- unproven: nothing is wrong with it, and there is no head that says so.
  outcome       text CHECK (outcome IN ('sound', 'unproven', 'broken', 'failed')),
  -- Of what failed: its stable code. Of what was checked: how much, up to which head, and what is wrong.
  code          text CHECK (code ~ '^[a-z_]{1,64}$'),
  report        jsonb CHECK (jsonb_typeof(report) = 'object' AND octet_length(report::text) <= 65536),
  CONSTRAINT audit_check_taken_by_somebody CHECK ((taken_at IS NULL) = (taken_by IS NULL)),
  CONSTRAINT audit_check_ends_once CHECK ((ended_at IS NULL) = (outcome IS NULL) AND (ended_at IS NULL OR taken_at IS NOT NULL)),
  CONSTRAINT audit_check_says_what CHECK (outcome IS NULL OR CASE outcome WHEN 'failed' THEN code IS NOT NULL AND report IS NULL ELSE code IS NULL AND report IS NOT NULL END)
);
CREATE INDEX audit_check_waiting ON audit_check (asked_at) WHERE taken_at IS NULL;
CREATE INDEX audit_check_of_organization ON audit_check (org_id, asked_at DESC);
CALL rcm_isolate('audit_check');
CREATE POLICY every_tenant_is_shown ON audit_check FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
CREATE POLICY every_check ON audit_check TO rcm_head_writer USING ((SELECT rcm_tenant()) = '*');
-- What was said once stays said.
CREATE POLICY ends_once ON audit_check AS RESTRICTIVE FOR UPDATE TO rcm_head_writer USING (ended_at IS NULL) WITH CHECK (true);
GRANT SELECT, INSERT (org_id, actor, reason) ON audit_check TO rcm_console;
GRANT SELECT (id, org_id, asked_at, taken_at, taken_by, ended_at), UPDATE (taken_at, taken_by, ended_at, outcome, code, report) ON audit_check TO rcm_head_writer;
-- Asked by the checks of the table, of whoever writes a row or ends one.
GRANT EXECUTE ON FUNCTION rcm_is_person(text) TO rcm_head_writer;
