-- What each run of the migrator was asked for, and how far it came. A run works on every tenant, so its row is none's: filters name an organization or an
-- endpoint, counts are of all. Whether a run that did not end is dead is said by whoever reads it: by its process, or because nothing was heard of it for long.
CREATE TABLE migration_run (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  command    text NOT NULL CHECK (command IN ('apply', 'verify', 'scrub', 'rollback')),
  -- {"orgId", "portalType", "endpointId", "limit"}, as far as they were given.
  filters    jsonb NOT NULL CHECK (jsonb_typeof(filters) = 'object' AND length(filters::text) <= 1000),
  actor      text NOT NULL CHECK (actor <> '' AND length(actor) <= 500),
  reason     text CHECK (reason <> ''),
  -- The process, by its name.
  holder     text NOT NULL CHECK (holder <> ''),
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When it last wrote its counts; at least twice a minute.
  seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Endpoints by how they ended: {"migrated": 312, "failed": 2}.
  counts     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(counts) = 'object' AND length(counts::text) <= 1000),
  ended_at   timestamptz,
  -- `breaker`: store or database did not answer any more. `failed`: it could not go on for another reason.
  ended      text CHECK (ended IN ('done', 'stopped', 'breaker', 'failed')),
  CONSTRAINT migration_run_ends_once CHECK ((ended_at IS NULL) = (ended IS NULL))
);
CREATE INDEX migration_run_newest ON migration_run (command, id DESC);
GRANT SELECT, INSERT (command, filters, actor, reason, holder), UPDATE (seen_at, counts, ended_at, ended) ON migration_run TO rcm_migrator;
