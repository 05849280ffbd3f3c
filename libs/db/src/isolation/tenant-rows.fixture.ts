/**
 * How to make one row of every table that holds a tenant's data: `$1` its organization, `$2` its endpoint, `$3` its login identity,
 * `$4` a UUID that is the tenant's own. A table that the catalogue has and this list does not fails the tests of isolation.
 */
export const TENANT_ROWS: Readonly<Record<string, string>> = {
  organization: `INSERT INTO organization (id, name) VALUES ($1, $2 || $3 || $4)`,
  login_identity: `INSERT INTO login_identity (id) SELECT $3 WHERE $1 || $2 || $4 <> ''`,
  integration_endpoint: `
    INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, config, secret_arn, current_version, login_identity, next_rotation_at)
    VALUES ($2, $1, 'alpine', 'account', 'https://alpine.example/', jsonb_build_object('note', $4::text), 'arn:aws:ssm:' || $2, '1', $3, now())`,
  login_lease: `
    INSERT INTO login_lease (id, login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at)
    VALUES ($4::uuid, $3, $1, $2, 'shared', 1, 'holder', now(), now() + interval '1 hour')`,
  rotation_attempt: `
    INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash)
    VALUES ($4::uuid, $3, $1, $2, 'alpine', 'planned', 1, 'rotator', 'due', 'arn:aws:ssm:x', '1', 'h')`,
  login_attempt: `
    INSERT INTO login_attempt (id, login_identity, org_id, endpoint_id, lease_id, actor, version, started_at)
    VALUES ($4::uuid, $3, $1, $2, $4::uuid, 'agent', '1', now())`,
  login_clearance: `
    INSERT INTO login_clearance (login_identity, org_id, endpoint_id, kind, actor, reason) VALUES ($3, $1, $2, 'retry', 'person', $4)`,
  backup_code_spent: `
    INSERT INTO backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, left_then) VALUES ($3, '1:' || repeat(replace($4, '-', ''), 2), $1, $2, 5)`,
  code_request: `
    INSERT INTO code_request (id, org_id, endpoint_id, lease_id, public_key, turn_until)
    SELECT $4::uuid, $1, $2, $4::uuid, decode(repeat('00', 294), 'hex'), clock_timestamp() + interval '59 minutes' WHERE $3 <> ''`,
  tenant_data_key: `
    INSERT INTO tenant_data_key (id, org_id, wrapped_by, wrapped, created_at, seals_until)
    SELECT $4::uuid, $1, 'file:test', convert_to($2 || $3, 'UTF8'), n.at, n.at + interval '1 day' FROM (SELECT clock_timestamp() AS at) n`,
  portal_task: `
    INSERT INTO portal_task (id, org_id, endpoint_id, name, input_sealed, input_key_id) VALUES ($4::uuid, $1, $2, 'claim_status', convert_to($3, 'UTF8'), $4::uuid)`,
  task_callback: `INSERT INTO task_callback (task_id, org_id, name, ended_at) SELECT $4::uuid, $1, 'claims', now() WHERE $2 || $3 <> ''`,
  rotation_request: `INSERT INTO rotation_request (org_id, endpoint_id, kind, actor, reason) VALUES ($1, $2, 'demand', 'person', $3 || $4)`,
  login_request: `INSERT INTO login_request (id, org_id, endpoint_id, kind, actor, reason) VALUES ($4::uuid, $1, $2, 'verify', 'person:os:jane', $3)`,
  break_glass_reading: `
    INSERT INTO break_glass_reading (request_id, org_id, actor, public_key)
    SELECT $4::uuid, $1, 'person:os:jane', decode(repeat('00', 44), 'hex') WHERE $2 || $3 <> ''`,
  login_typing: `
    INSERT INTO login_typing (request_id, org_id, public_key, open_until)
    SELECT $4::uuid, $1, decode(repeat('00', 44), 'hex'), clock_timestamp() + interval '9 minutes' WHERE $2 || $3 <> ''`,
  portal_look: `
    INSERT INTO portal_look (id, org_id, endpoint_id, portal_type_code, actor, findings) SELECT $4::uuid, $1, $2, 'alpine', 'person:os:jane', '[]' WHERE $3 <> ''`,
  portal_look_picture: `
    INSERT INTO portal_look_picture (look_id, part, org_id, png) SELECT $4::uuid, 'login', $1, '\\x89504e470d0a1a0a' WHERE $2 || $3 <> ''`,
  audit_check: `INSERT INTO audit_check (id, org_id, actor, reason) SELECT $4::uuid, $1, 'person:os:jane', $2 || $3`,
  audit_event: `
    INSERT INTO audit_event (org_id, seq, at, actor, action, subject, reason, previous_hash, hash)
    VALUES ($1, 0, now(), 'actor', 'noun.verb', $2, $3 || $4, '', '')`,
  migration_proof: `INSERT INTO migration_proof (org_id, endpoint_id, step, version, fingerprint) VALUES ($1, $2, 'verified', '1', $3 || $4)`,
  migration_claim: `INSERT INTO migration_claim (org_id, endpoint_id, holder, claimed_until) VALUES ($1, $2, $3 || $4, now())`,
  newest_look: `INSERT INTO newest_look (org_id, endpoint_id, number) SELECT $1, $2, 1 WHERE $3 || $4 <> ''`,
  unnamed_secret: `INSERT INTO unnamed_secret (org_id, endpoint_id, place, why) VALUES ($1, $2, $3 || $4, 'copy')`,
  login_device: `INSERT INTO login_device (org_id, endpoint_id, kept_at) SELECT $1, $2, now() WHERE $3 || $4 <> ''`,
  rotation_claim: `INSERT INTO rotation_claim (org_id, endpoint_id, holder, claimed_until) VALUES ($1, $2, $3 || $4, now())`,
  adopted_id: `INSERT INTO adopted_id (source, kind, source_id, org_id, endpoint_id) VALUES ('crm', 'endpoint', $3 || $4, $1, $2)`,
  storage_state: `INSERT INTO storage_state (org_id, scrubbed_at) SELECT $1, now() WHERE $2 || $3 || $4 <> ''`,
  rotation_pause: `INSERT INTO rotation_pause (org_id, endpoint_id, actor, reason) VALUES ($1, $2, 'person', $3 || $4)`,
  notice: `INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, detail) VALUES ('failed', $4, $1, $2, $3)`,
  login_upkeep: `INSERT INTO login_upkeep (endpoint_id, org_id, portal_type_code) SELECT $2, $1, 'alpine' WHERE $3 || $4 <> '' ON CONFLICT DO NOTHING`,
  manual_watch: `INSERT INTO manual_watch (org_id, endpoint_id, known_version, looked_at) VALUES ($1, $2, $3 || $4, now())`,
};

/** Tables that hold nothing of a tenant's, and why. */
export const SHARED_TABLES: Readonly<Record<string, string>> = {
  portal_type: 'a product of a payer: the same for all',
  portal_type_change: 'what a portal type is to be, and who has approved it: the same for all',
  migration_pace: 'when the next call that a store counts may be made',
  migration_run: 'what each run of the migrator was asked for, over every tenant; for the migrator alone',
  storage_outside: 'which kinds of copies of the storage a person still has to deal with',
  backup_run: 'when secrets were backed up, and how many; of no tenant',
  inbound_seen: 'which messages were taken, by keyed fingerprints; of no tenant',
  mailbox_turn: 'which process reads which mailbox, by keyed fingerprints; of no tenant',
  key_check: 'which keys processes have, by what each gives for a text that everybody knows',
  console_session: 'who is signed in to the console, by a hash; for its process alone',
  console_person: 'who was ever signed in to the console; for its process alone',
  console_view: 'names that people in the console give to pages; for its process alone',
  database_place: 'on which server, and in which database of it, processes have started',
  database_restore: 'what was said, or noticed, of the database being restored',
  portal_gate: 'whether a portal is well',
  portal_logins: 'how many logins a portal has, whoever’s',
  notice_delivery: 'times and tries by the id of a notification; the notification itself is isolated',
  _prisma_migrations: 'history of the schema',
};

/** Tables that only functions read and write: no app sees a row of them, its own or another tenant's. */
export const INNER_TABLES: Readonly<Record<string, string>> = {
  login_identity_past: 'which logins were one account, whoever has them',
  task_callback_receiver: 'how a receiver of callbacks does, and which was served last',
  task_tenant: 'how many tasks of a tenant are at work',
  task_turn: 'at which portals a tenant has something to take',
  task_queue: 'when there is something to take for an account',
  task_note: 'in which queues something has changed',
  task_tidying: 'whose ended tasks were looked at last, by an organization’s id',
  ledger_thinned: 'up to when the ledger of a portal was thinned',
};

/** Which column says whose a row is; `null`: it is told by what refers to it. */
export const tenantColumn = (table: string): string | null => {
  if (table === 'organization') return 'id';
  return table === 'login_identity' ? null : 'org_id';
};
