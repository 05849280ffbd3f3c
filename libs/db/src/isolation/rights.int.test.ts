import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_ROLES, APP_ROLES, CONSOLE_ROLE, OPERATOR_ROLE, READER_ROLES } from '../roles/app-role.ts';
import { type Asking, openTwoTenants, type TwoTenants } from './two-tenants.fixture.ts';

let w: TwoTenants;
beforeAll(async () => void (w = await openTwoTenants()));
afterAll(() => w.close());

const DENIED = { refused: '42501' };

const begunRun = `INSERT INTO migration_run (command, filters, actor, reason, holder) VALUES ('apply', '{}', 'person:os:jane', 'r', 'migrator')`;

const BACKED_UP = `INSERT INTO backup_run (began_at, place, organizations, logins, copies, missing) VALUES (now() - interval '1 s', 'x', 1, 1, 0, 0)`;
const GONE = `'arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/prod/o/endpoints/e/a-AbCdEf'`;
const MADE = `'arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/prod/o/endpoints/e/a-GhIjKl'`;

/** Within one's own tenant: what a role's work needs, and what it does not. `$org`, `$endpoint`, `$login` and `$uuid` are the tenant's own. */
const RIGHTS: readonly (readonly [Asking, 'may' | 'may not', string])[] = [
  ['rcm_agent', 'may not', 'SELECT config FROM integration_endpoint'],
  ['rcm_agent', 'may not', 'SELECT e FROM integration_endpoint e'],
  ['rcm_rotator', 'may not', 'SELECT config FROM integration_endpoint'],
  ['rcm_migrator', 'may', 'SELECT config FROM integration_endpoint'],
  ['rcm_agent', 'may not', `UPDATE integration_endpoint SET secret_arn = 'arn:aws:ssm:x'`],
  ['rcm_agent', 'may not', `UPDATE integration_endpoint SET login_identity = NULL`],
  ['rcm_agent', 'may not', `UPDATE integration_endpoint SET rotation_status = 'active'`],
  ['rcm_agent', 'may', `UPDATE integration_endpoint SET current_version = '2', updated_at = now()`],
  ['rcm_rotator', 'may not', `UPDATE integration_endpoint SET secret_arn = 'arn:aws:ssm:x'`],
  ['rcm_rotator', 'may not', `UPDATE integration_endpoint SET base_url = 'https://alpine.example/x'`],
  ['rcm_migrator', 'may', `UPDATE integration_endpoint SET config = config - 'note'`],
  ['rcm_migrator', 'may not', `UPDATE integration_endpoint SET base_url = 'https://alpine.example/x'`],
  ['rcm_migrator', 'may not', 'DELETE FROM integration_endpoint'],

  ['rcm_agent', 'may', `UPDATE integration_endpoint SET search_wanted_at = now()`],
  ['rcm_agent', 'may not', `UPDATE integration_endpoint SET searched_at = now()`],
  ['rcm_rotator', 'may', `UPDATE integration_endpoint SET searched_at = now()`],
  ['rcm_migrator', 'may not', `UPDATE integration_endpoint SET searched_at = now()`],

  ['rcm_agent', 'may not', `UPDATE rotation_attempt SET state = 'done', ended_at = now()`],
  ['rcm_agent', 'may not', 'SELECT secret_arn FROM rotation_attempt'],
  ['rcm_agent', 'may not', 'DELETE FROM rotation_attempt'],
  ['rcm_rotator', 'may', `UPDATE rotation_attempt SET state = 'staged'`],
  ['rcm_rotator', 'may', `UPDATE rotation_attempt SET found = 'staged/14', held_since = now(), refused_rule = 'r'`],
  ['rcm_agent', 'may not', `UPDATE rotation_attempt SET found = 'staged'`],
  ['rcm_rotator', 'may not', `UPDATE rotation_attempt SET login_identity = '$login'`],
  ['rcm_rotator', 'may not', `UPDATE rotation_attempt SET base_version = '9'`],
  ['rcm_rotator', 'may not', 'DELETE FROM rotation_attempt'],
  ['rcm_migrator', 'may not', `UPDATE rotation_attempt SET state = 'staged'`],

  ['rcm_agent', 'may not', 'DELETE FROM login_attempt'],
  ['rcm_rotator', 'may not', 'DELETE FROM login_attempt'],
  ['rcm_agent', 'may not', `UPDATE login_attempt SET started_at = started_at - interval '1 day'`],
  ['rcm_agent', 'may', `UPDATE login_attempt SET outcome = 'accepted', effect = 'none', finished_at = now()`],
  ['rcm_agent', 'may', `UPDATE login_attempt SET proved = true, rests_until = now()`],
  ['rcm_agent', 'may not', `UPDATE login_attempt SET fingerprint = NULL`],
  ['rcm_rotator', 'may not', `UPDATE login_attempt SET fingerprint = NULL`],
  ['rcm_rotator', 'may not', `UPDATE login_attempt SET login_identity = '$login'`],
  ['rcm_rotator', 'may not', `UPDATE integration_endpoint SET login_identity = '$login'`],
  ['rcm_migrator', 'may not', 'SELECT 1 FROM login_attempt'],

  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const).flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => [
    ...['person:os:jane', 'person', 'person the-ceo', 'Person:os:jane', ' person:os:jane', 'реrson:os:jane', 'sql:postgres', ''].map(
      (actor) => [role, 'may not', event(actor)] as const,
    ),
    [role, role === 'rcm_agent' ? 'may not' : 'may', person('person:os:jane')],
  ]),
  ...['person:os:jane says the-ceo', 'person:sts:arn:aws:sts::123456789012:assumed-role/Ops/jane'].map(
    (actor) => ['rcm_rotator', 'may', person(actor)] as const,
  ),
  ...(['rcm_agent', 'rcm_rotator'] as const).flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => {
    const own = role === 'rcm_agent' ? ['token:anna', 'terminal:root@host', 'web-agent@host:1'] : ['rotator@host:1', 'migrator'];
    const others = role === 'rcm_agent' ? ['rotator@host:1', 'rotator', 'migrator'] : ['token:anna', 'terminal:root@host', 'web-agent@host:1'];
    return [...own.map((actor) => [role, 'may', event(actor)] as const), ...others.map((actor) => [role, 'may not', event(actor)] as const)];
  }),
  ['rcm_agent', 'may', task(`'token:anna', 'https://identity.example/'`)],
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const).flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => [
    ...['person:os:jane', 'person', 'person the-ceo', 'Person:os:jane', ' person:os:jane', 'реrson:os:jane', 'sql:postgres', ''].map(
      (actor) => [role, 'may not', event(actor)] as const,
    ),
    [role, role === 'rcm_agent' ? 'may not' : 'may', person('person:os:jane')],
  ]),
  ...['person:os:jane says the-ceo', 'person:sts:arn:aws:sts::123456789012:assumed-role/Ops/jane'].map(
    (actor) => ['rcm_rotator', 'may', person(actor)] as const,
  ),
  ...(['rcm_agent', 'rcm_rotator'] as const).flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => {
    const own = role === 'rcm_agent' ? ['token:anna', 'terminal:root@host', 'web-agent@host:1'] : ['rotator@host:1', 'migrator'];
    const others = role === 'rcm_agent' ? ['rotator@host:1', 'rotator', 'migrator'] : ['token:anna', 'terminal:root@host', 'web-agent@host:1'];
    return [...own.map((actor) => [role, 'may', event(actor)] as const), ...others.map((actor) => [role, 'may not', event(actor)] as const)];
  }),
  ['rcm_agent', 'may', task(`'terminal:root@host', NULL`)],
  ['rcm_agent', 'may not', task('NULL, NULL')],
  ['rcm_agent', 'may not', task(`'person:the-ceo', NULL`)],
  ['rcm_agent', 'may not', task(`'token:anna', NULL`)],
  ['rcm_agent', 'may not', `UPDATE portal_task SET requested_by = 'token:ben'`],
  ['rcm_agent', 'may', attempt(`'$uuid'`)],
  ['rcm_agent', 'may not', attempt('gen_random_uuid()')],
  ['rcm_rotator', 'may not', attempt(`'$uuid'`)],

  ['rcm_rotator', 'may', request()],
  ['rcm_rotator', 'may not', `UPDATE rotation_request SET chosen_version = '1'`],
  ['rcm_rotator', 'may not', `UPDATE rotation_request SET kind = 'demand'`],
  ['rcm_rotator', 'may', `UPDATE rotation_request SET answer = 'done', answered_at = now()`],
  ['rcm_rotator', 'may not', 'DELETE FROM rotation_request'],
  ...(['rcm_agent', 'rcm_migrator'] as const).flatMap((role): (readonly [Asking, 'may not', string])[] => [
    [role, 'may not', request()],
    [role, 'may not', 'SELECT 1 FROM rotation_request'],
  ]),
  ['rcm_rotator', 'may', 'SELECT 1 FROM backup_code_spent'],
  ['rcm_operator', 'may', 'SELECT left_then, spent_at FROM backup_code_spent'],
  ['rcm_operator', 'may not', 'SELECT fingerprint FROM backup_code_spent'],
  ['rcm_agent', 'may not', 'SELECT 1 FROM backup_code_spent'],
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const).flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => [
    [role, role === 'rcm_migrator' ? 'may not' : 'may', `SELECT * FROM rcm_spend_backup_code('$endpoint', '$uuid', ARRAY['1:' || repeat('a', 64)], '{0}')`],
    [
      role,
      'may not',
      `INSERT INTO backup_code_spent (login_identity, fingerprint, org_id, endpoint_id) VALUES ('$login', '1:' || repeat('a', 64), '$org', '$endpoint')`,
    ],
    [role, 'may not', `UPDATE backup_code_spent SET left_behind = true`],
    [role, 'may not', 'DELETE FROM backup_code_spent'],
  ]),
  ...(['rcm_agent', 'rcm_rotator'] as const).flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => [
    [role, 'may', `SELECT * FROM rcm_take_code_turn('$endpoint', '$uuid', decode(repeat('00', 294), 'hex'), 1000, NULL)`],
    [role, 'may', `SELECT * FROM rcm_take_code('$uuid', gen_random_uuid())`],
    [role, 'may', `SELECT rcm_code_rest('$endpoint')`],
    [role, 'may', `SELECT * FROM rcm_ask_code('$uuid', gen_random_uuid(), 1000)`],
    [role, 'may', `SELECT rcm_end_code_turn('$uuid', gen_random_uuid())`],
    [role, 'may', 'SELECT id, endpoint_id, asked_at, ended_at FROM code_request'],
    [role, 'may not', 'SELECT sealed FROM code_request'],
    [role, 'may not', `SELECT rcm_answer_code('$uuid', decode(repeat('00', 256), 'hex'), 'person:os:jane', 'a reason')`],
  ]),
  ['rcm_operator', 'may', 'SELECT public_key, open_until, answered_by FROM code_request'],
  ['rcm_agent', 'may', 'SELECT public_key, open_until, answered_by, answered_at, taken_at FROM code_request'],
  ['rcm_rotator', 'may not', 'SELECT public_key FROM code_request'],
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator', 'rcm_operator'] as const).flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => [
    [role, 'may not', 'SELECT inboxes FROM code_request'],
    [role, 'may not', 'SELECT 1 FROM inbound_seen'],
    [role, 'may not', `INSERT INTO inbound_seen (print) VALUES ('1:' || repeat('a', 64))`],
    [role, 'may not', 'DELETE FROM inbound_seen'],
    [role, 'may not', `SELECT rcm_see_once(ARRAY['1:' || repeat('a', 64)])`],
    [role, role === 'rcm_agent' ? 'may' : 'may not', `SELECT count(*) FROM rcm_turns_at_inbox(ARRAY['1:' || repeat('a', 64)])`],
    [role, role === 'rcm_agent' ? 'may' : 'may not', byMessage()],
    [role, role === 'rcm_agent' ? 'may' : 'may not', byLastingMessage()],
    [role, role === 'rcm_agent' || role === 'rcm_rotator' ? 'may' : 'may not', lastingCode()],
    [role, 'may not', `SELECT rcm_know_prints(ARRAY['1:' || repeat('a', 64)], interval '400 days')`],
    [role, 'may not', `SELECT rcm_knows_print(ARRAY['1:' || repeat('a', 64)])`],
    [role, 'may not', 'UPDATE inbound_seen SET kept_until = now()'],
    // For no tenant alone.
    [role, 'may not', `SELECT rcm_note_message(ARRAY['1:' || repeat('a', 64)])`],
    [role, 'may not', `SELECT rcm_note_message(ARRAY['1:' || repeat('a', 64)], interval '6 hours')`],
    [role, 'may not', `SELECT rcm_see_once(ARRAY['1:' || repeat('a', 64)], interval '6 hours')`],
    [role, 'may not', `SELECT rcm_forget_old('codes', 30, 1)`],
    [role, 'may not', `SELECT rcm_old_rows('codes', 30, 1)`],
    [role, role === 'rcm_operator' || role === 'rcm_rotator' ? 'may' : 'may not', `SELECT rcm_count_old('codes', 30)`],
    [role, 'may not', 'DELETE FROM migration_proof'],
    [role, 'may not', 'UPDATE migration_proof SET superseded_at = now()'],
    [role, 'may not', `SELECT rcm_take_mailbox_turn('1:' || repeat('a', 64), gen_random_uuid(), 1000)`],
    [role, 'may not', `SELECT rcm_leave_mailbox_turn('1:' || repeat('a', 64), gen_random_uuid())`],
    [role, 'may not', 'SELECT 1 FROM mailbox_turn'],
    [role, 'may not', 'DELETE FROM mailbox_turn'],
    [
      role,
      role === 'rcm_agent' || role === 'rcm_rotator' ? 'may' : 'may not',
      `SELECT * FROM rcm_take_code_turn('$endpoint', '$uuid', decode(repeat('00', 294), 'hex'), 1000, ARRAY['1:' || repeat('a', 64)])`,
    ],
  ]),
  ['rcm_agent', 'may', byToken(`'token:anna', 'https://identity.example/'`)],
  ...[
    `'person:os:jane', 'https://identity.example/'`,
    `'web-agent@host:1', 'https://identity.example/'`,
    `'token:anna', NULL`,
    `'token:anna', ''`,
    `NULL, 'x'`,
  ].map((who) => ['rcm_agent', 'may not', byToken(who)] as const),
  ...(['rcm_rotator', 'rcm_migrator', 'rcm_operator'] as const).map((role) => [role, 'may not', byToken(`'token:anna', 'https://identity.example/'`)] as const),
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator', 'rcm_operator'] as const).flatMap((role): (readonly [Asking, 'may not', string])[] => [
    [role, 'may not', 'SELECT sealed FROM code_request'],
    [role, 'may not', `UPDATE code_request SET sealed = NULL`],
    [role, 'may not', 'DELETE FROM code_request'],
  ]),
  ['rcm_operator', 'may not', `SELECT * FROM rcm_take_code('$uuid', gen_random_uuid())`],
  ['rcm_operator', 'may not', `SELECT rcm_code_rest('$endpoint')`],
  ['rcm_migrator', 'may not', 'SELECT 1 FROM code_request'],
  ...APP_ROLES.flatMap((role): (readonly [Asking, 'may not', string])[] => [
    [role, 'may not', 'SELECT 1 FROM task_callback'],
    [role, 'may not', `INSERT INTO task_callback (task_id, org_id, name, ended_at) VALUES ('$uuid', '$org', 'another', now())`],
    [role, 'may not', 'UPDATE task_callback SET delivered_at = now()'],
    [role, 'may not', 'DELETE FROM task_callback'],
    [role, 'may not', 'SELECT 1 FROM task_callback_receiver'],
    [role, 'may not', `UPDATE portal_task SET callback = 'another'`],
  ]),
  ...APP_ROLES.flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] =>
    ['SELECT rcm_callback_waits()', `SELECT count(*) FROM rcm_next_callback('1 minute')`, `SELECT rcm_end_callback_try('$uuid', 0, NULL, NULL)`].map(
      (statement) => [role, role === 'rcm_agent' ? 'may' : 'may not', statement],
    ),
  ),
  ...([...APP_ROLES, CONSOLE_ROLE] as const).map((role) => [role, 'may not', `SELECT rcm_tell_again('$uuid', 'person:os:jane', 'why')`] as const),
  ['rcm_rotator', 'may', clearance('retry')],
  ['rcm_rotator', 'may', 'SELECT 1 FROM login_clearance'],
  ['rcm_rotator', 'may not', `UPDATE login_clearance SET at = now()`],
  ['rcm_rotator', 'may not', 'DELETE FROM login_clearance'],
  ['rcm_agent', 'may not', clearance('retry')],
  ['rcm_agent', 'may not', 'SELECT 1 FROM login_clearance'],
  ['rcm_migrator', 'may not', clearance('unlocked')],
  [
    'rcm_agent',
    'may not',
    `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at) VALUES ('$login', '$org', '$endpoint', '$uuid', 'rotator', '1', now())`,
  ],

  ['rcm_agent', 'may not', lease('exclusive')],
  ['rcm_agent', 'may', lease('shared')],
  ['rcm_migrator', 'may', lease('exclusive')],
  ['rcm_migrator', 'may not', lease('shared')],
  ['rcm_agent', 'may not', `UPDATE login_lease SET holder = 'another'`],
  ['rcm_agent', 'may not', `UPDATE login_identity SET fence = 0`],
  ['rcm_agent', 'may', `UPDATE login_identity SET last_totp_step = 1`],
  ['rcm_migrator', 'may not', `UPDATE login_identity SET last_totp_step = 0`],
  ['rcm_agent', 'may not', `INSERT INTO login_identity (id) VALUES (repeat('a', 64))`],

  ...APP_ROLES.flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => [
    [role, 'may', event()],
    [role, 'may not', 'SELECT 1 FROM audit_event'],
  ]),
  ...READER_ROLES.flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => [
    [role, 'may', 'SELECT org_id, seq, hash FROM audit_event'],
    [role, role === 'rcm_auditor' ? 'may' : 'may not', 'SELECT * FROM audit_event'],
    [role, role === 'rcm_auditor' ? 'may' : 'may not', 'SELECT details FROM audit_event'],
    [role, 'may not', event()],
    [role, 'may not', 'SELECT 1 FROM organization'],
    [role, 'may not', 'SELECT 1 FROM portal_type'],
    [role, 'may not', 'SELECT 1 FROM integration_endpoint'],
    [role, 'may not', 'SELECT 1 FROM rotation_claim'],
    [role, 'may not', 'SELECT 1 FROM audit_event FOR UPDATE'],
    [role, 'may not', `SELECT nextval('login_fence')`],
    [role, 'may not', `SELECT rcm_locked_until('$login')`],
    [role, 'may not', `INSERT INTO audit_check (org_id, actor, reason) VALUES ('$org', 'person:os:jane', 'r')`],
    [role, 'may not', 'DELETE FROM audit_check'],
    [role, 'may not', 'SELECT actor, reason FROM audit_check'],
    [
      role,
      role === 'rcm_head_writer' ? 'may' : 'may not',
      `UPDATE audit_check SET taken_at = now(), taken_by = 'audit@host:1', ended_at = now(), outcome = 'failed', code = 'x'`,
    ],
  ]),
  ['rcm_console', 'may', `INSERT INTO audit_check (org_id, actor, reason) VALUES ('$org', 'person:os:jane', 'r')`],
  ['rcm_console', 'may', 'SELECT * FROM audit_check'],
  ...['SELECT * FROM portal_look', 'SELECT png FROM portal_look_picture'].map((statement) => ['rcm_console', 'may', statement] as const),
  ...[
    look(),
    'DELETE FROM portal_look',
    'UPDATE portal_look SET looked_at = now()',
    'DELETE FROM portal_look_picture',
    `UPDATE portal_look_picture SET png = png`,
  ].map((statement) => ['rcm_console', 'may not', statement] as const),
  ...(['rcm_console', 'rcm_migrator'] as const).map(
    (role) => [role, 'may', counting(`UPDATE migration_run SET stop_asked_by = 'person:os:jane', stop_reason = 'r', stop_asked_at = now()`)] as const,
  ),
  ['rcm_console', 'may not', `UPDATE migration_run SET ended = 'done', ended_at = now()`],
  ['rcm_console', 'may not', begunRun],
  ['rcm_console', 'may', 'SELECT count(*) FROM storage_outside'],
  ['rcm_console', 'may', counting(`UPDATE storage_outside SET dealt_with_at = now(), dealt_with_by = 'person:os:jane', reason = 'r'`)],
  ['rcm_console', 'may not', 'UPDATE storage_outside SET found_at = now()'],
  ['rcm_console', 'may not', 'DELETE FROM storage_outside'],
  ['rcm_console', 'may not', 'UPDATE organization SET old_readers_gone_at = now()'],
  ...(['rcm_agent', 'rcm_rotator', OPERATOR_ROLE] as const).map((role) => [role, 'may not', `UPDATE migration_run SET stop_reason = 'r'`] as const),
  ['rcm_rotator', 'may', look()],
  ['rcm_rotator', 'may', 'DELETE FROM portal_look'],
  ['rcm_rotator', 'may not', 'UPDATE portal_look SET looked_at = now()'],
  ['rcm_rotator', 'may not', 'SELECT png FROM portal_look_picture'],
  ...(['rcm_agent', 'rcm_migrator', OPERATOR_ROLE, ...READER_ROLES] as const).flatMap((role) => [
    [role, 'may not', 'SELECT 1 FROM portal_look'] as const,
    [role, 'may not', 'SELECT 1 FROM portal_look_picture'] as const,
  ]),
  ['rcm_console', 'may not', `UPDATE audit_check SET reason = 'r'`],
  ['rcm_console', 'may not', 'DELETE FROM audit_check'],
  ['rcm_console', 'may not', `INSERT INTO audit_check (org_id, actor, reason, taken_at) VALUES ('$org', 'person:os:jane', 'r', now())`],
  ...([...APP_ROLES, OPERATOR_ROLE] as const).map((role) => [role, 'may not', 'SELECT 1 FROM audit_check'] as const),
  ...[
    'SELECT id, base_url, secret_arn, search_wanted_at FROM integration_endpoint',
    'SELECT * FROM login_identity',
    'SELECT * FROM login_lease',
    'SELECT version, outcome, effect, process, task_id FROM login_attempt',
    'SELECT * FROM rotation_attempt',
    'SELECT * FROM rotation_request',
    'SELECT * FROM login_clearance',
    'SELECT * FROM rotation_pause',
    'SELECT * FROM notice',
    'SELECT name, state, not_before, error_code, requested_by, callback FROM portal_task',
    'SELECT * FROM task_callback',
    'SELECT at, actor, action, subject, reason FROM audit_event',
    `SELECT * FROM rcm_login_ledger('$login')`,
    `SELECT rcm_locked_until('$login')`,
    `SELECT rcm_tell_again('$uuid', 'person:os:jane', 'why')`,
    person('person:os:jane'),
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) VALUES ('new', '$org', 'alpine', 'another', 'https://alpine.example/')`,
  ].map((statement) => [OPERATOR_ROLE, 'may', statement] as const),
  ...[
    'SELECT config FROM integration_endpoint',
    'SELECT fingerprint FROM login_attempt',
    'SELECT input_sealed FROM portal_task',
    'SELECT result FROM portal_task',
    'SELECT error_message FROM portal_task',
    'SELECT details FROM audit_event',
    'SELECT wrapped FROM tenant_data_key',
    'SELECT 1 FROM migration_proof',
    'SELECT 1 FROM rotation_claim',
    event(),
    event('person:os:jane'),
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, config) VALUES ('new', '$org', 'alpine', 'a2', 'https://alpine.example/', '{}')`,
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn) VALUES ('new', '$org', 'alpine', 'a2', 'https://alpine.example/', 'arn:aws:ssm:x')`,
    `UPDATE integration_endpoint SET base_url = 'https://alpine.example/x'`,
    'DELETE FROM integration_endpoint',
    `UPDATE organization SET name = 'else'`,
    clearance('retry'),
    request(),
    lease('shared'),
    lease('exclusive'),
    task(`'terminal:root@host', NULL`),
    attempt(`'$uuid'`),
    'UPDATE login_identity SET refused_since = NULL',
    'UPDATE integration_endpoint SET next_rotation_at = now()',
    'DELETE FROM login_lease',
    `INSERT INTO login_identity (id) VALUES (repeat('a', 64))`,
    `SELECT * FROM rcm_password_record('$login', '{}', NULL)`,
    `SELECT rcm_organization_of('$endpoint')`,
    `SELECT nextval('login_fence')`,
  ].map((statement) => [OPERATOR_ROLE, 'may not', statement] as const),
  ...[
    'SELECT id, base_url, secret_arn, search_wanted_at FROM integration_endpoint',
    'SELECT secret_taken_at FROM integration_endpoint',
    'SELECT version, outcome, effect, process, task_id FROM login_attempt',
    'SELECT * FROM rotation_attempt',
    'SELECT * FROM login_request',
    'SELECT name, state, not_before, error_code, requested_by FROM portal_task',
    'SELECT at, actor, action, subject, reason FROM audit_event',
    `SELECT * FROM rcm_login_ledger('$login')`,
    `SELECT rcm_locked_until('$login')`,
    person('person:os:jane'),
    asked('person:os:jane', 'because', 'rotate'),
    asked('person:os:jane', 'because', 'rollback'),
    `UPDATE login_request SET withdrawn_by = actor, withdrawal_reason = 'r'`,
    'SELECT * FROM break_glass_reading',
    'DELETE FROM break_glass_reading',
    'SELECT request_id, org_id, public_key, offered_at, open_until, typed_by, typed_at FROM login_typing',
    `UPDATE login_typing SET typed_by = 'person:os:jane', sealed = decode(repeat('00', 8252), 'hex')`,
    'DELETE FROM login_typing',
    asked('person:os:jane', 'because', 'set'),
    'DELETE FROM rotation_pause',
    `INSERT INTO console_session (id_hash, person, name, roles, agent_hash, ends_at)
     VALUES (sha256('a'), 'person:os:jane', 'Jane', '{}', sha256('b'), now() + interval '1 hour')`,
    `INSERT INTO console_view (person, name, path) VALUES ('person:os:jane', 'mine', '/all/logins?show=all')`,
    'SELECT org_id, endpoint_id, step, proved_at, secret_arn FROM migration_proof',
    'SELECT org_id, scrubbed_at, rewritten_as_of FROM storage_state',
  ].map((statement) => [CONSOLE_ROLE, 'may', statement] as const),
  ...[
    'SELECT config FROM integration_endpoint',
    'SELECT fingerprint FROM login_attempt',
    'SELECT input_sealed FROM portal_task',
    'SELECT result FROM portal_task',
    'SELECT error_message FROM portal_task',
    'SELECT details FROM audit_event',
    'SELECT wrapped FROM tenant_data_key',
    'SELECT fingerprint FROM migration_proof',
    'SELECT row_fingerprint FROM migration_proof',
    'DELETE FROM migration_proof',
    begunRun,
    'SELECT 1 FROM rotation_claim',
    event(),
    event('person:os:jane'),
    'UPDATE login_request SET ended_at = now()',
    `INSERT INTO notice (kind, dedup_key, org_id, endpoint_id) VALUES ('blocked', 'b', '$org', '$endpoint')`,
    'DELETE FROM notice',
    // Who is told of what is not to be changed: of what waits for a second person is noted that it waits no longer.
    `UPDATE notice SET detail = 'else'`,
    `UPDATE notice SET kind = 'found'`,
    `UPDATE login_request SET actor = 'person:os:john'`,
    'DELETE FROM login_request',
    ...[
      "decision = 'approved', reason = 'else'",
      "decision = 'approved', kind = 'verify'",
      "decision = 'approved', choice = 'found'",
      'decided_at = now()',
      `decided_through = 'else'`,
      `login_stood = 'else'`,
      `withdrawn_by = 'person:os:jane', withdrawal_reason = 'r', outcome = 'done'`,
    ].map((set) => `UPDATE login_request SET ${set}`),
    `UPDATE login_request SET taken_at = now(), taken_by = 'console'`,
    'UPDATE break_glass_reading SET taken_at = now()',
    // What was typed it cannot read again, nor say for whom it is sealed, or until when.
    'SELECT sealed FROM login_typing',
    'UPDATE login_typing SET public_key = public_key',
    'UPDATE login_typing SET open_until = open_until',
    'UPDATE login_typing SET typed_at = now()',
    typingKey(),
    // What nobody has approved.
    `INSERT INTO break_glass_reading (request_id, org_id, actor, public_key) SELECT r.id, r.org_id, r.actor, decode(repeat('00', 44), 'hex') FROM login_request r WHERE r.kind = 'verify'`,
    `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason, decision) VALUES ('$org', '$endpoint', 'rollback', 'person:os:jane', 'r', 'approved')`,
    `INSERT INTO login_request (kind, actor, reason) VALUES ('pause', 'person:os:jane', 'r')`,
    `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason, asked_through) VALUES ('$org', '$endpoint', 'verify', 'person:os:jane', 'r', 'else')`,
    'UPDATE console_session SET ends_at = ends_at',
    'UPDATE console_session SET handle = handle',
    'UPDATE console_person SET first_signed_in = now()',
    'DELETE FROM console_person',
    `UPDATE console_view SET person = 'person:os:john'`,
    `UPDATE integration_endpoint SET base_url = 'https://alpine.example/x'`,
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) VALUES ('new', '$org', 'alpine', 'another', 'https://alpine.example/')`,
    'DELETE FROM integration_endpoint',
    `UPDATE organization SET name = 'else'`,
    clearance('retry'),
    request(),
    lease('shared'),
    lease('exclusive'),
    task(`'terminal:root@host', NULL`),
    attempt(`'$uuid'`),
    'DELETE FROM login_lease',
    `SELECT * FROM rcm_password_record('$login', '{}', NULL)`,
    `SELECT rcm_organization_of('$endpoint')`,
    `SELECT nextval('login_fence')`,
  ].map((statement) => [CONSOLE_ROLE, 'may not', statement] as const),
  ...ALL_ROLES.filter((role) => role !== CONSOLE_ROLE).flatMap((role) => [
    [role, 'may not', asked('person:os:jane', 'because', 'rotate')] as const,
    [role, 'may not', 'SELECT 1 FROM console_session'] as const,
    [role, 'may not', 'SELECT 1 FROM console_person'] as const,
    [role, 'may not', 'SELECT 1 FROM console_view'] as const,
  ]),
  ['rcm_rotator', 'may', `UPDATE login_request SET taken_at = now(), taken_by = 'rotator', ended_at = now(), outcome = 'done'`],
  ['rcm_rotator', 'may not', `UPDATE login_request SET actor = 'person:os:john'`],
  ['rcm_rotator', 'may not', `UPDATE login_request SET kind = 'rotate'`],
  ['rcm_rotator', 'may not', `UPDATE login_request SET withdrawn_by = 'person:os:jane', withdrawal_reason = 'r'`],
  ['rcm_rotator', 'may not', `UPDATE login_request SET login_stood = 'else'`],
  ['rcm_rotator', 'may not', `UPDATE login_request SET decision = 'approved', decided_by = 'person:os:john', decision_reason = 'r'`],
  ['rcm_agent', 'may not', 'SELECT 1 FROM login_request'],
  ...([OPERATOR_ROLE, CONSOLE_ROLE] as const).flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => [
    [role, role === OPERATOR_ROLE ? 'may' : 'may not', proposed('person:os:jane')],
    [role, 'may not', 'UPDATE portal_type_change SET saved_at = now()'],
    [role, 'may not', 'UPDATE portal_type_change SET stood = NULL'],
    [role, 'may not', `UPDATE portal_type_change SET document = '{}'`],
    [role, 'may not', 'DELETE FROM portal_type_change'],
    [role, 'may not', `UPDATE portal_type SET hosts = '{evil.example}'`],
  ]),
  ...APP_ROLES.map((role) => [role, 'may not', 'SELECT 1 FROM portal_type_change'] as const),
  ['rcm_rotator', 'may', `UPDATE break_glass_reading SET taken_at = now(), code = 'c', words = 'w'`],
  ['rcm_rotator', 'may', 'DELETE FROM break_glass_reading'],
  ['rcm_rotator', 'may not', `UPDATE break_glass_reading SET public_key = public_key`],
  ['rcm_rotator', 'may not', `UPDATE break_glass_reading SET actor = 'person:os:john'`],
  ...(['rcm_agent', 'rcm_migrator', OPERATOR_ROLE] as const).map((role) => [role, 'may not', 'SELECT 1 FROM break_glass_reading'] as const),
  ['rcm_rotator', 'may', 'SELECT sealed FROM login_typing'],
  ['rcm_rotator', 'may', 'DELETE FROM login_typing'],
  ['rcm_rotator', 'may not', `UPDATE login_typing SET sealed = sealed`],
  ['rcm_rotator', 'may not', `UPDATE login_typing SET typed_by = 'person:os:jane'`],
  // A key for what nobody is to type.
  ['rcm_rotator', 'may not', typingKey()],
  ...(['rcm_agent', 'rcm_migrator', OPERATOR_ROLE] as const).map((role) => [role, 'may not', 'SELECT 1 FROM login_typing'] as const),
  ...ALL_ROLES.filter((role) => role !== CONSOLE_ROLE).map((role) => [role, 'may not', asked('person:os:jane', 'because', 'set')] as const),
  ['rcm_operator', 'may', brokenGlass()],
  ['rcm_operator', 'may not', `UPDATE login_request SET taken_at = now(), taken_by = 'person:os:jane'`],
  ['rcm_operator', 'may not', `INSERT INTO notice (kind, dedup_key, org_id, endpoint_id) VALUES ('secret_read', 'b', '$org', '$endpoint')`],
  [CONSOLE_ROLE, 'may', brokenGlass()],
  ...ALL_ROLES.filter((role) => role !== CONSOLE_ROLE && role !== 'rcm_operator').map((role) => [role, 'may not', brokenGlass()] as const),
  ...ALL_ROLES.map((role) => [role, 'may not', 'UPDATE login_request SET minutes = 60'] as const),
  ...APP_ROLES.map((role) => [role, 'may not', 'UPDATE login_identity SET refused_since = NULL'] as const),
  ...ALL_ROLES.map((role) => [role, 'may', 'SELECT count(*) FROM rcm_migrations()'] as const),
  ...ALL_ROLES.flatMap((role): (readonly [Asking, 'may not', string])[] => [
    [role, 'may not', `UPDATE audit_event SET reason = 'else'`],
    [role, 'may not', 'DELETE FROM audit_event'],
    [role, 'may not', `UPDATE portal_type SET hosts = '{evil.example}'`],
    [role, 'may not', `INSERT INTO organization (id, name) VALUES ('new', 'New')`],
    [role, 'may not', 'DELETE FROM portal_task'],
    [role, 'may not', 'DELETE FROM tenant_data_key'],
    [role, 'may not', `UPDATE tenant_data_key SET seals_until = seals_until + interval '1 s'`],
    [role, 'may not', 'SELECT 1 FROM _prisma_migrations'],
    [role, 'may not', 'CREATE TABLE mine (a int)'],
    [role, 'may not', 'SELECT 1 FROM pg_statistic'],
    [role, 'may not', 'SELECT 1 FROM pg_authid'],
  ]),
  ['rcm_agent', 'may', dataKey('clock_timestamp()')],
  ['rcm_agent', 'may', `UPDATE tenant_data_key SET wrapped_by = 'file:2', wrapped = wrapped`],
  ['rcm_agent', 'may not', 'UPDATE tenant_data_key SET created_at = clock_timestamp()'],
  ['rcm_agent', 'may not', dataKey(`clock_timestamp() + interval '1 hour'`)],
  ['rcm_agent', 'may not', dataKey(`clock_timestamp() - interval '1 hour'`)],
  ...(['rcm_rotator', 'rcm_migrator'] as const).flatMap((role): (readonly [Asking, 'may not', string])[] => [
    [role, 'may not', dataKey('clock_timestamp()')],
    [role, 'may not', 'SELECT wrapped FROM tenant_data_key'],
    [role, 'may not', `UPDATE tenant_data_key SET wrapped_by = 'file:2'`],
    [role, 'may not', 'SELECT rcm_forget_data_keys(1)'],
    [role, 'may not', 'SELECT * FROM rcm_plain_tasks(1)'],
    [role, 'may not', 'SELECT rcm_data_key_wrappers()'],
    [role, 'may not', `SELECT * FROM rcm_data_key_samples('file:1')`],
    [role, 'may not', 'SELECT * FROM rcm_data_key_counts()'],
    [role, 'may not', `SELECT rcm_data_key_owners('file:1', '', 1)`],
  ]),
  ['rcm_rotator', 'may not', 'SELECT 1 FROM portal_task'],
  ['rcm_migrator', 'may not', 'SELECT 1 FROM portal_task'],
  ['rcm_agent', 'may not', 'SELECT 1 FROM migration_proof'],
  ['rcm_rotator', 'may not', 'SELECT 1 FROM migration_proof'],
  ['rcm_migrator', 'may', 'UPDATE migration_proof SET fingerprint = NULL, row_fingerprint = NULL'],
  ['rcm_migrator', 'may not', `UPDATE migration_proof SET version = '2'`],
  ['rcm_migrator', 'may not', 'DELETE FROM migration_proof'],
  ...(['rcm_agent', 'rcm_rotator'] as const).flatMap((role) =>
    ['migration_claim', 'migration_pace', 'storage_outside', 'unnamed_secret'].map((table) => [role, 'may not', `SELECT 1 FROM ${table}`] as const),
  ),
  ...(['rcm_agent', 'rcm_rotator'] as const).map((role) => [role, 'may', 'UPDATE login_device SET kept_at = now()'] as const),
  ['rcm_agent', 'may not', 'UPDATE login_device SET forgotten_at = NULL'],
  ['rcm_rotator', 'may', 'UPDATE login_device SET forgotten_at = now()'],
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator', 'rcm_operator'] as const).map((role) => [role, 'may not', 'DELETE FROM login_device'] as const),
  ...(['rcm_migrator', 'rcm_operator'] as const).flatMap((role) => [
    [role, 'may', 'SELECT kept_at, forgotten_at FROM login_device'] as const,
    [role, 'may not', 'UPDATE login_device SET kept_at = now()'] as const,
  ]),
  ['rcm_console', 'may not', 'SELECT 1 FROM login_device'],
  ['rcm_rotator', 'may', 'UPDATE login_upkeep SET use_at = now(), tell_at = now()'],
  ['rcm_rotator', 'may not', `UPDATE login_upkeep SET portal_type_code = 'alpine'`],
  ['rcm_rotator', 'may not', 'DELETE FROM login_upkeep'],
  ...(['rcm_agent', 'rcm_migrator', 'rcm_operator', 'rcm_console'] as const).map((role) => [role, 'may not', 'SELECT 1 FROM login_upkeep'] as const),
  ['rcm_rotator', 'may not', 'UPDATE manual_watch SET due_at = now()'],
  ['rcm_migrator', 'may not', 'DELETE FROM storage_outside'],
  ['rcm_operator', 'may', 'SELECT 1 FROM unnamed_secret'],
  ['rcm_operator', 'may not', 'DELETE FROM unnamed_secret'],
  ...(['rcm_agent', 'rcm_rotator', 'rcm_operator'] as const).map((role) => [role, 'may not', `SELECT rcm_logins_at('arn:aws:ssm', 1)`] as const),
  ['rcm_migrator', 'may', `SELECT rcm_logins_at('arn:aws:ssm', 1)`],
  ...(['rcm_agent', 'rcm_migrator'] as const).map((role) => [role, 'may not', 'SELECT 1 FROM rotation_claim'] as const),
  ['rcm_rotator', 'may', `DELETE FROM rotation_claim`],
  ['rcm_migrator', 'may', 'SELECT * FROM login_request'],
  ['rcm_migrator', 'may not', asked('person:os:jane', 'because', 'rotate')],
  ['rcm_migrator', 'may not', asked('person:os:jane', 'because', 'rollback')],
  ['rcm_migrator', 'may not', `UPDATE login_request SET ended_at = now(), outcome = 'done'`],
  ['rcm_migrator', 'may not', 'DELETE FROM login_request'],
  ['rcm_migrator', 'may', `SELECT * FROM rcm_login_ledger('$login')`],
  ['rcm_migrator', 'may', begunRun],
  ['rcm_migrator', 'may not', `UPDATE migration_run SET actor = 'person:os:john'`],
  ['rcm_migrator', 'may not', 'DELETE FROM migration_run'],
  ...(['rcm_agent', 'rcm_rotator'] as const).flatMap((role): (readonly [Asking, 'may not', string])[] => [
    [role, 'may not', 'SELECT 1 FROM migration_run'],
    [role, 'may not', begunRun],
  ]),
  ...ALL_ROLES.filter((role) => role !== 'rcm_migrator').flatMap((role): (readonly [Asking, 'may not', string])[] => [
    [role, 'may not', 'SELECT 1 FROM adopted_id'],
    [role, 'may not', `SELECT rcm_readdress_adopted('$endpoint', 'https://alpine.example/x')`],
    [role, 'may not', `SELECT rcm_let_go_adopted('crm', 'x', '$endpoint')`],
  ]),
  ['rcm_rotator', 'may', BACKED_UP],
  ['rcm_rotator', 'may not', 'UPDATE backup_run SET ended_at = now()'],
  ['rcm_rotator', 'may not', 'DELETE FROM backup_run'],
  [
    'rcm_rotator',
    'may not',
    `INSERT INTO backup_run (began_at, ended_at, place, organizations, logins, copies, missing) VALUES (now(), now(), 'x', 1, 1, 0, 0)`,
  ],
  ['rcm_operator', 'may', 'SELECT count(*) FROM backup_run'],
  ...ALL_ROLES.filter((role) => role !== 'rcm_rotator').map((role) => [role, 'may not', BACKED_UP] as const),
  ['rcm_agent', 'may not', 'SELECT 1 FROM backup_run'],
  ['rcm_rotator', 'may', `SELECT rcm_secret_made_anew(${GONE}, ${MADE})`],
  ...ALL_ROLES.filter((role) => role !== 'rcm_rotator').map((role) => [role, 'may not', `SELECT rcm_secret_made_anew(${GONE}, ${MADE})`] as const),
  ['rcm_migrator', 'may', 'SELECT fingerprint FROM adopted_id'],
  ['rcm_migrator', 'may', 'UPDATE adopted_id SET fingerprint = NULL, taken_at = now()'],
  ['rcm_migrator', 'may not', `UPDATE adopted_id SET source_id = 'else'`],
  ['rcm_migrator', 'may not', 'UPDATE adopted_id SET endpoint_id = NULL'],
  ['rcm_migrator', 'may not', 'DELETE FROM adopted_id'],
  ['rcm_migrator', 'may', `SELECT rcm_let_go_adopted('crm', 'x', '$endpoint')`],
  ['rcm_migrator', 'may', `SELECT rcm_readdress_adopted('$endpoint', 'https://alpine.example/x')`],
  [
    'rcm_migrator',
    'may',
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) VALUES ('new', '$org', 'alpine', 'another', 'https://alpine.example/')`,
  ],
  ...['config', 'secret_arn', 'login_identity'].map(
    (column) =>
      [
        'rcm_migrator',
        'may not',
        `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, ${column}) SELECT 'new', '$org', 'alpine', 'a', 'https://alpine.example/', ${column} FROM integration_endpoint`,
      ] as const,
  ),
  ['rcm_migrator', 'may not', `UPDATE organization SET name = 'else'`],
  ['rcm_agent', 'may not', `SELECT rcm_account_is_well('$org', '$endpoint')`],
  ['rcm_agent', 'may', `SELECT * FROM rcm_password_record('$login', '{}', NULL)`],
  ['rcm_migrator', 'may not', `SELECT * FROM rcm_password_record('$login', '{}', NULL)`],
  ['rcm_agent', 'may', `SELECT rcm_portal_health('alpine', '$login', NULL, interval '1 min', 3)`],
  ['rcm_migrator', 'may not', `SELECT rcm_portal_health('alpine', '$login', NULL, interval '1 min', 3)`],
  ['rcm_agent', 'may not', `SELECT rcm_follow_account('$endpoint', '$login', ARRAY[repeat('a', 64)], '{1}', '$uuid', '{}')`],
  ['rcm_migrator', 'may not', `SELECT rcm_follow_account('$endpoint', '$login', ARRAY[repeat('a', 64)], '{1}', '$uuid', '{}')`],
  ...(['rcm_agent', 'rcm_migrator'] as const).flatMap((role): (readonly [Asking, 'may not', string])[] => [
    [role, 'may not', `SELECT rcm_move_login('$endpoint', '$login', repeat('a', 64), '1', '$uuid')`],
    [role, 'may not', `SELECT * FROM rcm_move_prints('$login', '{}', '{}', '1')`],
    [role, 'may not', `SELECT rcm_forget_left_passwords(NULL, now())`],
    [role, 'may not', 'SELECT * FROM rcm_key_rows()'],
  ]),
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const).flatMap((role): (readonly [Asking, 'may not', string])[] => [
    [role, 'may not', `SELECT rcm_merge_login('$login', repeat('a', 64))`],
    [role, 'may not', `SELECT rcm_lock_logins(ARRAY[repeat('a', 64)], '{1}')`],
    [role, 'may not', `UPDATE key_check SET check_value = repeat('a', 64)`],
    [role, 'may not', 'DELETE FROM key_check'],
  ]),
  ['rcm_agent', 'may not', `INSERT INTO key_check (use, key_id, check_value) VALUES ('identity', '7', repeat('a', 64))`],
  ['rcm_agent', 'may not', `SELECT rcm_settle_login('$endpoint', ARRAY[repeat('a', 64)], '{1}')`],
  ...ALL_ROLES.flatMap((role): (readonly [Asking, 'may' | 'may not', string])[] => {
    const may = role === 'rcm_agent' ? 'may' : 'may not';
    return [
      [role, may, `SELECT * FROM rcm_legacy_login('$endpoint', '$uuid')`],
      [role, may, `SELECT rcm_name_legacy_login('$endpoint', NULL, ARRAY[repeat('a', 64)], '{1}')`],
      [role, role === 'rcm_migrator' ? 'may' : 'may not', `UPDATE organization SET old_readers_gone_at = now()`],
    ];
  }),
  ['rcm_agent', 'may not', `SELECT rcm_forget_passwords('$login', '{}')`],
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const).flatMap((role): (readonly [Asking, 'may not', string])[] => [
    [role, 'may not', `SELECT * FROM rcm_login_limits('$login')`],
    [role, 'may not', `SELECT rcm_locked_until('$login')`],
  ]),
  ['rcm_rotator', 'may not', "SELECT * FROM rcm_take_task('w', interval '1 min', NULL, NULL)"],
  ['rcm_rotator', 'may not', "SELECT * FROM rcm_tidy_tasks(interval '0', 1)"],
  ['rcm_migrator', 'may not', `SELECT rcm_organization_of('$endpoint')`],
];

/** What a person asks for a login. The test environment's own rows ask that each be verified, which is not asked twice at once. */
function asked(actor: string, reason: string, kind: 'verify' | 'rotate' | 'rollback' | 'set' = 'verify'): string {
  return `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) VALUES ('$org', '$endpoint', '${kind}', '${actor}', '${reason}')`;
}

/** For what was asked. */
function typingKey(): string {
  return `INSERT INTO login_typing (request_id, org_id, public_key, open_until) SELECT r.id, r.org_id, decode(repeat('00', 44), 'hex'), now() + interval '1 minute' FROM login_request r WHERE r.kind = 'verify'`;
}

function brokenGlass(): string {
  return `INSERT INTO login_request (org_id, endpoint_id, kind, minutes, actor, reason) VALUES ('$org', '$endpoint', 'break_glass', 15, 'person:os:jane', 'because')`;
}

function clearance(kind: 'unlocked' | 'retry'): string {
  return `INSERT INTO login_clearance (login_identity, org_id, endpoint_id, kind, actor, reason) VALUES ('$login', '$org', '$endpoint', '${kind}', 'a', 'b')`;
}

/** One row, whatever there is to be changed. */
function counting(statement: string): string {
  return `WITH changed AS (${statement} RETURNING 1) SELECT count(*) FROM changed`;
}
function look(): string {
  return `INSERT INTO portal_look (org_id, endpoint_id, portal_type_code, actor, findings) VALUES ('$org', '$endpoint', 'alpine', 'person:os:jane', '[]')`;
}
function event(actor = 'a'): string {
  return `INSERT INTO audit_event (org_id, seq, at, actor, action, subject, reason, previous_hash, hash) VALUES ('$org', 0, now(), '${actor}', 'b', 'c', 'd', '', '')`;
}

function person(actor: string): string {
  return `SELECT rcm_record_person('$org', '${actor}', 'b', 'c', 'd', '{}')`;
}

function task(requester: string): string {
  return `INSERT INTO portal_task (id, org_id, endpoint_id, name, requested_by, requested_issuer) VALUES (gen_random_uuid(), '$org', '$endpoint', 'n', ${requester})`;
}

/** A code that a message answers with. */
function byMessage(): string {
  return `SELECT rcm_answer_code_by_message('$uuid', decode(repeat('00', 256), 'hex'), 'twilio', NULL, ARRAY['1:' || repeat('a', 64)])`;
}

/** The same of a code that is good for longer than one login. */
function byLastingMessage(): string {
  const prints = (letter: string) => `ARRAY['1:' || repeat('${letter}', 64)]`;
  return `SELECT rcm_answer_lasting_code('$uuid', decode(repeat('00', 256), 'hex'), 'twilio', NULL, ${prints('a')}, ${prints('b')}, ${prints('c')})`;
}
/** A code that let a login in, and is good for longer. */
function lastingCode(): string {
  return `SELECT rcm_note_lasting_code('$endpoint', '$uuid', ARRAY['1:' || repeat('b', 64)], ARRAY['1:' || repeat('c', 64)], interval '12 hours')`;
}

/** A code that a program answers with. */
function byToken(who: string): string {
  return `SELECT rcm_answer_code_by_token('$uuid', decode(repeat('00', 256), 'hex'), ${who})`;
}

/** A login for a task. */
function attempt(taskId: string): string {
  return `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, task_id) VALUES ('$login', '$org', '$endpoint', gen_random_uuid(), 'agent', '1', clock_timestamp(), ${taskId})`;
}

function dataKey(createdAt: string): string {
  return `INSERT INTO tenant_data_key (id, org_id, wrapped_by, wrapped, created_at, seals_until) SELECT gen_random_uuid(), '$org', 'file:test', repeat('x', 60)::bytea, n.at, n.at + interval '1 hour' FROM (SELECT ${createdAt} AS at) n`;
}

function request(): string {
  return `INSERT INTO rotation_request (org_id, endpoint_id, kind, chosen_version, actor, reason) VALUES ('$org', '$endpoint', 'rollback', '1', 'a', 'b')`;
}

function lease(kind: 'shared' | 'exclusive'): string {
  return `INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at) VALUES ('$login', '$org', '$endpoint', '${kind}', 2, 'h', now(), now())`;
}

describe('within its own tenant', () => {
  test.each(RIGHTS)('%s %s: %s', async (role, may, statement) => {
    const { orgId, endpointId, loginIdentity, uuid } = w.mine;
    const text = statement.replace('$org', orgId).replace('$endpoint', endpointId).replace('$login', loginIdentity).replace('$uuid', uuid);
    const outcome = await w.ask(role, orgId, text);
    if (may === 'may') expect(outcome).toEqual({ rows: 1 });
    else expect(outcome).toEqual(DENIED);
  });

  test.each(['rcm_agent', 'rcm_rotator'] as const)('%s cannot say a second word about a login', async (role) => {
    await w.t.sql(`UPDATE login_attempt SET outcome = 'rejected', effect = 'bad', finished_at = now() WHERE org_id = $1`, [w.mine.orgId]);
    expect(await w.ask(role, w.mine.orgId, `UPDATE login_attempt SET outcome = 'accepted', effect = 'none'`)).toEqual({ rows: 0 });
    await w.t.sql(`UPDATE login_attempt SET outcome = NULL, effect = NULL, finished_at = NULL WHERE org_id = $1`, [w.mine.orgId]);
  });
});

test.each([
  ['nobody', 'because'],
  ['person:os:jane', ' '],
])('what %j asks for the reason %j is no person’s word', async (actor, reason) => {
  const text = asked(actor, reason).replace('$org', w.mine.orgId).replace('$endpoint', w.mine.endpointId);
  expect(await w.ask(CONSOLE_ROLE, w.mine.orgId, text)).toEqual({ refused: '23514' });
});

test('the roles cannot log in and have no power of their own', async () => {
  const roles = await w.t.sql(
    `SELECT rolname, rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication AS power,
            ARRAY(SELECT roleid::regrole::text FROM pg_auth_members m WHERE m.member = r.oid) AS member_of FROM pg_roles r WHERE rolname LIKE 'rcm\\_%' ORDER BY 1`,
  );
  expect(roles).toEqual(
    ['rcm_agent', 'rcm_auditor', 'rcm_console', 'rcm_head_writer', 'rcm_internal', 'rcm_migrator', 'rcm_operator', 'rcm_rotator'].map((rolname) => ({
      rolname,
      power: false,
      member_of: [],
    })),
  );
});

test('every function that runs with more than its caller’s rights is rcm_internal’s, has a fixed search path, and is not for everybody', async () => {
  const functions = await w.t.sql<{ name: string }>(`
    SELECT p.proname AS name, p.proowner::regrole::text AS owner, coalesce(p.proconfig::text LIKE '{"search_path=pg_catalog%', false) AS fixed,
           p.prorettype = 'trigger'::regtype OR NOT EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0) AS closed
      FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace ORDER BY 1`);
  expect(functions.length).toBeGreaterThanOrEqual(8);
  expect(functions).toEqual(functions.map(({ name }) => ({ name, owner: 'rcm_internal', fixed: true, closed: true })));
});

function proposed(actor: string): string {
  return `INSERT INTO portal_type_change (portal_type_code, document, actor, reason) VALUES ('new', '{"code":"new"}', '${actor}', 'r')`;
}
