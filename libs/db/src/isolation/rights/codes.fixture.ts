import type { Right } from './statements.fixture.ts';

/** One-time codes: those that are asked for, those that messages bring, and backup codes that are spent. */
export const CODES: readonly Right[] = [
  ['rcm_rotator', 'may', 'SELECT 1 FROM backup_code_spent'],
  ['rcm_operator', 'may', 'SELECT left_then, spent_at FROM backup_code_spent'],
  ['rcm_operator', 'may not', 'SELECT fingerprint FROM backup_code_spent'],
  ['rcm_agent', 'may not', 'SELECT 1 FROM backup_code_spent'],
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const).flatMap((role): Right[] => [
    [role, role === 'rcm_migrator' ? 'may not' : 'may', `SELECT * FROM rcm_spend_backup_code('$endpoint', '$uuid', ARRAY['1:' || repeat('a', 64)], '{0}')`],
    [
      role,
      'may not',
      `INSERT INTO backup_code_spent (login_identity, fingerprint, org_id, endpoint_id) VALUES ('$login', '1:' || repeat('a', 64), '$org', '$endpoint')`,
    ],
    [role, 'may not', `UPDATE backup_code_spent SET left_behind = true`],
    [role, 'may not', 'DELETE FROM backup_code_spent'],
  ]),
  ...(['rcm_agent', 'rcm_rotator'] as const).flatMap((role): Right[] => [
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
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator', 'rcm_operator'] as const).flatMap((role): Right[] => [
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
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator', 'rcm_operator'] as const).flatMap((role): Right[] => [
    [role, 'may not', 'SELECT sealed FROM code_request'],
    [role, 'may not', `UPDATE code_request SET sealed = NULL`],
    [role, 'may not', 'DELETE FROM code_request'],
  ]),
  ['rcm_operator', 'may not', `SELECT * FROM rcm_take_code('$uuid', gen_random_uuid())`],
  ['rcm_operator', 'may not', `SELECT rcm_code_rest('$endpoint')`],
  ['rcm_migrator', 'may not', 'SELECT 1 FROM code_request'],
];

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
