-- Rotators take due logins from their rows, as web-agents take tasks: no queue stands between (ADR 25).

-- Which rotator has taken a login whose rotation is not in the journal yet. It ends by itself, so that a rotator that died holds nothing up.
CREATE TABLE rotation_claim (
  endpoint_id   text PRIMARY KEY,
  org_id        text NOT NULL,
  holder        text NOT NULL CHECK (holder <> ''),
  claimed_until timestamptz NOT NULL,
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);
CALL rcm_isolate('rotation_claim');
GRANT SELECT, INSERT, DELETE, UPDATE (holder, claimed_until) ON rotation_claim TO rcm_rotator;
