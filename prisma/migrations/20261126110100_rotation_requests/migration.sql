-- Who wants a rotation for another reason than its date says so in a row, with its audit event in the same transaction. The journal takes reason
-- and chosen version from that row and from nowhere else: no message to a rotator, and no rotator's own word, is enough to begin a rollback.

CREATE TABLE rotation_request (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  org_id         text NOT NULL,
  endpoint_id    text NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('demand', 'compromise', 'rollback')),
  -- Of a rollback: the version whose password it goes back to.
  chosen_version text CHECK (chosen_version <> ''),
  actor          text NOT NULL CHECK (actor <> ''),
  reason         text NOT NULL CHECK (reason <> ''),
  requested_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id),
  CONSTRAINT rotation_request_rollback_has_version CHECK ((kind = 'rollback') = (chosen_version IS NOT NULL)),
  -- For the journal to refer to.
  CONSTRAINT rotation_request_as_asked UNIQUE (id, org_id, endpoint_id, kind),
  CONSTRAINT rotation_request_version UNIQUE (id, chosen_version)
);
CREATE INDEX rotation_request_by_endpoint ON rotation_request (org_id, endpoint_id);
CALL rcm_isolate('rotation_request');
CREATE POLICY adds_for_one ON rotation_request AS RESTRICTIVE FOR INSERT TO rcm_rotator WITH CHECK ((SELECT rcm_tenant()) <> '*');
-- Written once by the commands of the operations people, who log in as the rotator does; changed by nobody, and no other role's to see.
GRANT SELECT, INSERT ON rotation_request TO rcm_rotator;

ALTER TABLE rotation_attempt
  ADD COLUMN request_id uuid,
  -- What is asked for once is begun once.
  ADD CONSTRAINT rotation_attempt_request_once UNIQUE (request_id),
  ADD CONSTRAINT rotation_attempt_as_asked FOREIGN KEY (request_id, org_id, endpoint_id, reason) REFERENCES rotation_request (id, org_id, endpoint_id, kind),
  ADD CONSTRAINT rotation_attempt_version_as_asked FOREIGN KEY (request_id, chosen_version) REFERENCES rotation_request (id, chosen_version),
  -- Attempts of before these rows have none.
  ADD CONSTRAINT rotation_attempt_asked_for CHECK ((reason IN ('demand', 'compromise', 'rollback')) = (request_id IS NOT NULL)) NOT VALID,
  ADD CONSTRAINT rotation_attempt_chosen_when_asked CHECK ((reason = 'rollback') = (chosen_version IS NOT NULL)) NOT VALID;
