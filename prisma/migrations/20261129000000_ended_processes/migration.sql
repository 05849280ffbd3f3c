-- Of a process that has ended for certain no login can come late: whoever meets its unanswered login on the same machine says so (hasEnded, libs/telemetry). Whoever may
-- end an attempt may say it, of the tenant's own. The ledger's function heeds it from the next migration on.
ALTER TABLE login_attempt ADD COLUMN process_ended_at timestamptz;
GRANT UPDATE (process_ended_at) ON login_attempt TO rcm_agent, rcm_rotator;
GRANT SELECT (process_ended_at) ON login_attempt TO rcm_internal;
