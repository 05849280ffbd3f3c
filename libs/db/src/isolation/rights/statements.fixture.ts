import type { Asking } from '../two-tenants.fixture.ts';

/** Within one's own tenant: what a role's work needs, and what it does not. `$org`, `$endpoint`, `$login` and `$uuid` are the tenant's own. */
export type Right = readonly [role: Asking, may: 'may' | 'may not', statement: string];

/** What a person asks for a login. The test environment's own rows ask that each be verified, which is not asked twice at once. */
export function asked(actor: string, reason: string, kind: 'verify' | 'rotate' | 'rollback' | 'set' = 'verify'): string {
  return `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) VALUES ('$org', '$endpoint', '${kind}', '${actor}', '${reason}')`;
}

/** For what was asked. */
export function typingKey(): string {
  return `INSERT INTO login_typing (request_id, org_id, public_key, open_until) SELECT r.id, r.org_id, decode(repeat('00', 44), 'hex'), now() + interval '1 minute' FROM login_request r WHERE r.kind = 'verify'`;
}

export function clearance(kind: 'unlocked' | 'retry'): string {
  return `INSERT INTO login_clearance (login_identity, org_id, endpoint_id, kind, actor, reason) VALUES ('$login', '$org', '$endpoint', '${kind}', 'a', 'b')`;
}

export function event(actor = 'a'): string {
  return `INSERT INTO audit_event (org_id, seq, at, actor, action, subject, reason, previous_hash, hash) VALUES ('$org', 0, now(), '${actor}', 'b', 'c', 'd', '', '')`;
}

export function person(actor: string): string {
  return `SELECT rcm_record_person('$org', '${actor}', 'b', 'c', 'd', '{}')`;
}

export function task(requester: string): string {
  return `INSERT INTO portal_task (id, org_id, endpoint_id, name, requested_by, requested_issuer) VALUES (gen_random_uuid(), '$org', '$endpoint', 'n', ${requester})`;
}

/** A login for a task. */
export function attempt(taskId: string): string {
  return `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, task_id) VALUES ('$login', '$org', '$endpoint', gen_random_uuid(), 'agent', '1', clock_timestamp(), ${taskId})`;
}

export function request(): string {
  return `INSERT INTO rotation_request (org_id, endpoint_id, kind, chosen_version, actor, reason) VALUES ('$org', '$endpoint', 'rollback', '1', 'a', 'b')`;
}

export function lease(kind: 'shared' | 'exclusive'): string {
  return `INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at) VALUES ('$login', '$org', '$endpoint', '${kind}', 2, 'h', now(), now())`;
}

/** A run of the migrator. */
export const begunRun = `INSERT INTO migration_run (command, filters, actor, reason, holder) VALUES ('apply', '{}', 'person:os:jane', 'r', 'migrator')`;
