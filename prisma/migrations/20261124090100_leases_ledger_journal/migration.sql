-- The right to use or change a login now, every login attempt ever made, and the journal of rotations.

CREATE TABLE login_lease (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  login_identity text NOT NULL REFERENCES login_identity (id),
  org_id         text NOT NULL,
  endpoint_id    text NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('shared', 'exclusive')),
  fence          bigint NOT NULL,
  holder         text NOT NULL CHECK (holder <> ''),
  acquired_at    timestamptz NOT NULL,
  expires_at     timestamptz NOT NULL,
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);

CREATE INDEX login_lease_live ON login_lease (login_identity, expires_at);
CREATE INDEX login_lease_by_endpoint ON login_lease (org_id, endpoint_id);
-- Expired rows are removed under the identity's lock before a new lease is given, so this can be the last line of defence.
CREATE UNIQUE INDEX login_lease_one_exclusive ON login_lease (login_identity) WHERE kind = 'exclusive';

CREATE TABLE rotation_attempt (
  id                 uuid PRIMARY KEY,
  login_identity     text NOT NULL REFERENCES login_identity (id),
  org_id             text NOT NULL,
  endpoint_id        text NOT NULL,
  portal_type_code   text NOT NULL REFERENCES portal_type (code),
  state              text NOT NULL CHECK (state IN ('planned', 'staged', 'submitting', 'applied', 'verified', 'promoted', 'done', 'abandoned', 'waiting', 'blocked')),
  -- The state that `waiting` goes back to, and the one that `blocked` came from.
  waiting_from       text CHECK (waiting_from IN ('planned', 'staged', 'submitting', 'applied', 'verified', 'promoted')),
  waiting_until      timestamptz,
  fence              bigint NOT NULL,
  owner              text NOT NULL CHECK (owner <> ''),
  reason             text NOT NULL CHECK (reason <> ''),
  secret_arn         text NOT NULL,
  base_version       text NOT NULL,
  promoted_version   text,
  previous_version   text,
  recipe_hash        text NOT NULL,
  journal_version    integer NOT NULL DEFAULT 1,
  submit_deadline_at timestamptz,
  probes             integer NOT NULL DEFAULT 0 CHECK (probes >= 0),
  detail             text,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  ended_at           timestamptz,
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id),
  CONSTRAINT rotation_attempt_end_has_time CHECK ((state IN ('done', 'abandoned')) = (ended_at IS NOT NULL)),
  CONSTRAINT rotation_attempt_pause_has_origin CHECK ((state IN ('waiting', 'blocked')) = (waiting_from IS NOT NULL)),
  CONSTRAINT rotation_attempt_wait_has_end CHECK ((state = 'waiting') = (waiting_until IS NOT NULL)),
  CONSTRAINT rotation_attempt_submit_has_deadline CHECK (state <> 'submitting' OR submit_deadline_at IS NOT NULL),
  CONSTRAINT rotation_attempt_promotion_has_version CHECK (state NOT IN ('promoted', 'done') OR promoted_version IS NOT NULL)
);

CREATE UNIQUE INDEX rotation_attempt_one_open ON rotation_attempt (login_identity) WHERE ended_at IS NULL;
CREATE INDEX rotation_attempt_open ON rotation_attempt (created_at) WHERE ended_at IS NULL;
CREATE INDEX rotation_attempt_by_identity ON rotation_attempt (login_identity, created_at DESC);
CREATE INDEX rotation_attempt_by_time ON rotation_attempt (created_at DESC, id);
CREATE INDEX rotation_attempt_by_endpoint ON rotation_attempt (org_id, endpoint_id);

CREATE TABLE login_attempt (
  id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  login_identity      text NOT NULL REFERENCES login_identity (id),
  org_id              text NOT NULL,
  endpoint_id         text NOT NULL,
  -- No foreign key: leases are removed when they end, the ledger is kept.
  lease_id            uuid NOT NULL,
  rotation_attempt_id uuid REFERENCES rotation_attempt (id),
  actor               text NOT NULL CHECK (actor IN ('agent', 'rotator', 'person')),
  version             text NOT NULL CHECK (version <> ''),
  started_at          timestamptz NOT NULL,
  finished_at         timestamptz,
  outcome             text CHECK (outcome IN ('accepted', 'rejected', 'rejected_or_locked', 'locked', 'throttled', 'challenged', 'mfa_required', 'mfa_rejected',
                                              'password_expired', 'change_forced', 'unavailable', 'unknown', 'not_submitted')),
  effect              text CHECK (effect IN ('none', 'provisional', 'suspect', 'version_bad')),
  throttled_until     timestamptz,
  suspect_until       timestamptz,
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id),
  CONSTRAINT login_attempt_finished_whole CHECK (num_nulls(finished_at, outcome, effect) IN (0, 3))
);

CREATE INDEX login_attempt_window ON login_attempt (login_identity, started_at DESC);
CREATE INDEX login_attempt_accepted ON login_attempt (login_identity, version, started_at DESC) WHERE outcome = 'accepted';
CREATE INDEX login_attempt_last_accepted ON login_attempt (login_identity, started_at DESC) WHERE outcome = 'accepted';
CREATE INDEX login_attempt_version_bad ON login_attempt (login_identity, version) WHERE effect = 'version_bad';
CREATE INDEX login_attempt_paused ON login_attempt (login_identity, throttled_until, suspect_until) WHERE throttled_until IS NOT NULL OR suspect_until IS NOT NULL;
