-- Whether the secret of a retired login was removed: noted by a migrator that found nothing where it lay (docs/retiring.md). One from before the retirement says nothing.
ALTER TABLE integration_endpoint ADD COLUMN retired_secret_removed_at timestamptz;
GRANT SELECT (retired_secret_removed_at) ON integration_endpoint TO rcm_agent, rcm_rotator, rcm_operator, rcm_console, rcm_internal;
GRANT UPDATE (retired_secret_removed_at) ON integration_endpoint TO rcm_migrator;
