-- What a row named before it followed its store, and when it did: for a moment a store may still answer that. A version, as `current_version` is.
ALTER TABLE integration_endpoint ADD COLUMN followed_from text, ADD COLUMN followed_at timestamptz;
GRANT SELECT (followed_from, followed_at) ON integration_endpoint TO rcm_agent, rcm_rotator, rcm_operator, rcm_console, rcm_internal;
GRANT UPDATE (followed_from, followed_at) ON integration_endpoint TO rcm_agent, rcm_rotator;
