-- Rows that hold a login and have no name of its account yet are named before any is moved, and looked for again by each run: by this index among a million that have one.
CREATE INDEX integration_endpoint_unnamed ON integration_endpoint (id) WHERE has_legacy_credentials AND login_identity IS NULL AND retired_at IS NULL;
