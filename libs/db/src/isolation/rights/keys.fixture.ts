import type { Right } from './statements.fixture.ts';

/** Keys: what a tenant’s data is sealed with, and what logins and passwords are known by. */
export const KEYS: readonly Right[] = [
  ['rcm_agent', 'may', dataKey('clock_timestamp()')],
  ['rcm_agent', 'may', `UPDATE tenant_data_key SET wrapped_by = 'file:2', wrapped = wrapped`],
  ['rcm_agent', 'may not', 'UPDATE tenant_data_key SET created_at = clock_timestamp()'],
  ['rcm_agent', 'may not', dataKey(`clock_timestamp() + interval '1 hour'`)],
  ['rcm_agent', 'may not', dataKey(`clock_timestamp() - interval '1 hour'`)],
  ...(['rcm_rotator', 'rcm_migrator'] as const).flatMap((role): Right[] => [
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
  ...(['rcm_agent', 'rcm_migrator'] as const).flatMap((role): Right[] => [
    [role, 'may not', `SELECT rcm_move_login('$endpoint', '$login', repeat('a', 64), '1', '$uuid')`],
    [role, 'may not', `SELECT * FROM rcm_move_prints('$login', '{}', '{}', '1')`],
    [role, 'may not', `SELECT rcm_forget_left_passwords(NULL, now())`],
    [role, 'may not', 'SELECT * FROM rcm_key_rows()'],
  ]),
  ...(['rcm_agent', 'rcm_rotator', 'rcm_migrator'] as const).flatMap((role): Right[] => [
    [role, 'may not', `SELECT rcm_merge_login('$login', repeat('a', 64))`],
    [role, 'may not', `SELECT rcm_carry_login('$login', repeat('a', 64))`],
    [role, 'may not', `SELECT rcm_lock_logins(ARRAY[repeat('a', 64)], '{1}')`],
    [role, 'may not', `UPDATE key_check SET check_value = repeat('a', 64)`],
    [role, 'may not', 'DELETE FROM key_check'],
  ]),
  ['rcm_agent', 'may not', `INSERT INTO key_check (use, key_id, check_value) VALUES ('identity', '7', repeat('a', 64))`],
  ['rcm_agent', 'may not', `SELECT rcm_settle_login('$endpoint', ARRAY[repeat('a', 64)], '{1}')`],
];

function dataKey(createdAt: string): string {
  return `INSERT INTO tenant_data_key (id, org_id, wrapped_by, wrapped, created_at, seals_until) SELECT gen_random_uuid(), '$org', 'file:test', repeat('x', 60)::bytea, n.at, n.at + interval '1 hour' FROM (SELECT ${createdAt} AS at) n`;
}
