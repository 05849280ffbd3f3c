import { ALL_ROLES, OPERATOR_ROLE } from '../../roles/app-role.ts';
import { begunRun, type Right } from './statements.fixture.ts';

/** What the migration keeps of itself, and what lies outside. */
export const MIGRATION: readonly Right[] = [
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
  ['rcm_agent', 'may not', 'SELECT 1 FROM migration_proof'],
  ['rcm_rotator', 'may not', 'SELECT 1 FROM migration_proof'],
  ['rcm_migrator', 'may', 'UPDATE migration_proof SET fingerprint = NULL, row_fingerprint = NULL'],
  ['rcm_migrator', 'may not', `UPDATE migration_proof SET version = '2'`],
  ['rcm_migrator', 'may not', 'DELETE FROM migration_proof'],
  ['rcm_migrator', 'may not', 'UPDATE migration_proof SET look = 2'],
  ['rcm_migrator', 'may', 'UPDATE newest_look SET number = number + 1'],
  ['rcm_migrator', 'may not', 'DELETE FROM newest_look'],
  ['rcm_console', 'may', 'SELECT 1 FROM newest_look'],
  ['rcm_console', 'may not', 'SELECT row_fingerprint FROM migration_proof'],
  ...(['rcm_agent', 'rcm_rotator'] as const).flatMap((role) =>
    ['migration_claim', 'migration_pace', 'storage_outside', 'unnamed_secret', 'newest_look'].map(
      (table) => [role, 'may not', `SELECT 1 FROM ${table}`] as const,
    ),
  ),
  ['rcm_migrator', 'may not', 'DELETE FROM storage_outside'],
  ['rcm_operator', 'may', 'SELECT 1 FROM unnamed_secret'],
  ['rcm_operator', 'may not', 'DELETE FROM unnamed_secret'],
  ['rcm_migrator', 'may', begunRun],
  ['rcm_migrator', 'may not', `UPDATE migration_run SET actor = 'person:os:john'`],
  ['rcm_migrator', 'may not', 'DELETE FROM migration_run'],
  ...(['rcm_agent', 'rcm_rotator'] as const).flatMap((role): Right[] => [
    [role, 'may not', 'SELECT 1 FROM migration_run'],
    [role, 'may not', begunRun],
  ]),
  ...ALL_ROLES.filter((role) => role !== 'rcm_migrator').flatMap((role): Right[] => [
    [role, 'may not', 'SELECT 1 FROM adopted_id'],
    [role, 'may not', `SELECT rcm_readdress_adopted('$endpoint', 'https://alpine.example/x')`],
    [role, 'may not', `SELECT rcm_let_go_adopted('crm', 'x', '$endpoint')`],
  ]),
  ['rcm_migrator', 'may', 'SELECT fingerprint FROM adopted_id'],
  ['rcm_migrator', 'may', 'UPDATE adopted_id SET fingerprint = NULL, taken_at = now()'],
  ['rcm_migrator', 'may not', `UPDATE adopted_id SET source_id = 'else'`],
  ['rcm_migrator', 'may not', 'UPDATE adopted_id SET endpoint_id = NULL'],
  ['rcm_migrator', 'may not', 'DELETE FROM adopted_id'],
  ['rcm_migrator', 'may', `SELECT rcm_let_go_adopted('crm', 'x', '$endpoint')`],
  ['rcm_migrator', 'may', `SELECT rcm_readdress_adopted('$endpoint', 'https://alpine.example/x')`],
  ...ALL_ROLES.flatMap((role): Right[] => {
    const may = role === 'rcm_agent' ? 'may' : 'may not';
    return [
      [role, may, `SELECT * FROM rcm_legacy_login('$endpoint', '$uuid')`],
      [role, may, `SELECT rcm_name_legacy_login('$endpoint', NULL, ARRAY[repeat('a', 64)], '{1}')`],
      [role, role === 'rcm_migrator' ? 'may' : 'may not', `UPDATE organization SET old_readers_gone_at = now()`],
    ];
  }),
];

/** One row, whatever there is to be changed. */
function counting(statement: string): string {
  return `WITH changed AS (${statement} RETURNING 1) SELECT count(*) FROM changed`;
}
