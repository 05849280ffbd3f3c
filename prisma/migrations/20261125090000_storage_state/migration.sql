-- Whether removed plaintext may still be on disk, per organization: one row, instead of a search in an audit log that only grows.
CREATE TABLE storage_state (
  org_id          text PRIMARY KEY REFERENCES organization (id),
  -- When plaintext was last removed from one of its rows.
  scrubbed_at     timestamptz NOT NULL,
  -- What the last finished rewrite covers: everything removed before this moment.
  rewritten_as_of timestamptz
);

INSERT INTO storage_state (org_id, scrubbed_at, rewritten_as_of)
SELECT org_id, max(at) FILTER (WHERE action = 'endpoint.scrubbed'), max((details->>'asOf')::timestamptz) FILTER (WHERE action = 'storage.rewritten')
  FROM audit_event WHERE action IN ('endpoint.scrubbed', 'storage.rewritten') GROUP BY org_id HAVING bool_or(action = 'endpoint.scrubbed');

DROP INDEX audit_event_storage;
