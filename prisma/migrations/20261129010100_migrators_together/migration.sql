-- Several migrators at once: each row is one's at its turn, and all of them together keep to one pace.

-- Who moves an endpoint's login at this moment. It ends by itself, so that a migrator that died holds nothing up.
CREATE TABLE migration_claim (
  endpoint_id   text PRIMARY KEY,
  org_id        text NOT NULL,
  holder        text NOT NULL CHECK (holder <> ''),
  claimed_until timestamptz NOT NULL,
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);
CALL rcm_isolate('migration_claim');
GRANT SELECT, INSERT, DELETE, UPDATE (holder, claimed_until) ON migration_claim TO rcm_migrator;

-- When the next call of a kind may be made, by whoever makes it: a store counts an account's calls, not a process's.
CREATE TABLE migration_pace (
  -- `ssm write 123456789012 us-east-1`: what the store counts together.
  counted text PRIMARY KEY CHECK (counted <> ''),
  next_at timestamptz NOT NULL,
  -- Between two calls; grows while the store says that they come too fast.
  gap_ms  double precision NOT NULL CHECK (gap_ms > 0 AND gap_ms <= 600000)
);
GRANT SELECT, INSERT, UPDATE (next_at, gap_ms) ON migration_pace TO rcm_migrator;
