-- What each role may do to which column, and nothing beyond it. `config`, which may hold plaintext, is the migrator's alone.

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_tenant(), rcm_is_id(text), rcm_url_host(text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_audit_hash(text, text, bigint, timestamptz, text, text, text, text, jsonb) TO rcm_internal;
GRANT EXECUTE ON FUNCTION rcm_tenant_has_login(text), rcm_live_leases(text), rcm_open_rotation(text) TO rcm_agent, rcm_rotator, rcm_migrator;
GRANT EXECUTE ON FUNCTION rcm_login_ledger(text) TO rcm_agent, rcm_rotator;
GRANT EXECUTE ON FUNCTION rcm_stray_tasks(interval, integer), rcm_organization_of(text) TO rcm_agent;

GRANT USAGE ON SCHEMA public TO rcm_agent, rcm_rotator, rcm_migrator;
GRANT USAGE ON SEQUENCE login_fence TO rcm_agent, rcm_rotator, rcm_migrator;
GRANT SELECT ON portal_type, organization TO rcm_agent, rcm_rotator, rcm_migrator;

-- Endpoints: everybody but the migrator sees all columns except `config`.
GRANT SELECT (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity, last_rotated_at, rotation_status,
              next_rotation_at, has_legacy_credentials, created_at, updated_at) ON integration_endpoint TO rcm_agent, rcm_rotator;
GRANT UPDATE (current_version, updated_at) ON integration_endpoint TO rcm_agent;
GRANT UPDATE (current_version, rotation_status, last_rotated_at, next_rotation_at, updated_at) ON integration_endpoint TO rcm_rotator;
GRANT SELECT, UPDATE (config, secret_arn, current_version, login_identity, rotation_status, next_rotation_at, updated_at) ON integration_endpoint TO rcm_migrator;

-- Logins. An UPDATE of some column is also what locking the row takes.
GRANT SELECT ON login_identity TO rcm_agent, rcm_rotator, rcm_migrator;
GRANT UPDATE (last_totp_step) ON login_identity TO rcm_agent;
GRANT UPDATE (fence, exclusive_wanted_by, exclusive_wanted_since, exclusive_wanted_until, exclusive_rest_until, last_totp_step) ON login_identity TO rcm_rotator;
GRANT INSERT (id), UPDATE (fence, exclusive_wanted_by, exclusive_wanted_since, exclusive_wanted_until, exclusive_rest_until) ON login_identity TO rcm_migrator;

-- A rollback of the migrator takes the exclusive lease too, so that nobody works with the login meanwhile.
GRANT SELECT, INSERT, UPDATE (expires_at), DELETE ON login_lease TO rcm_agent, rcm_rotator, rcm_migrator;

-- The ledger and the journal are never deleted from.
GRANT SELECT, INSERT, UPDATE (finished_at, outcome, effect, throttled_until, suspect_until) ON login_attempt TO rcm_agent, rcm_rotator;
GRANT SELECT (id, org_id, login_identity, promoted_version, updated_at, ended_at) ON rotation_attempt TO rcm_agent;
GRANT SELECT, INSERT, UPDATE (state, waiting_from, waiting_until, fence, owner, promoted_version, previous_version, submit_deadline_at, probes, detail,
                              updated_at, ended_at) ON rotation_attempt TO rcm_rotator;
GRANT SELECT ON rotation_attempt TO rcm_migrator;

GRANT SELECT, INSERT, UPDATE (state, worker, claimed_until, tries, requeues, requeue_reason, not_before, result, error_code, error_message, job_sent_at,
                              started_at, finished_at) ON portal_task TO rcm_agent;

-- Written by all, read by none of them, changed by nobody.
GRANT INSERT ON audit_event TO rcm_agent, rcm_rotator, rcm_migrator;

GRANT SELECT, INSERT ON migration_proof TO rcm_migrator;
GRANT SELECT, INSERT, UPDATE (scrubbed_at, rewritten_as_of) ON storage_state TO rcm_migrator;
