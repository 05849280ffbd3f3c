import { APP_ROLES, CONSOLE_ROLE, OPERATOR_ROLE, READER_ROLES } from '../../roles/app-role.ts';
import type { Right } from './statements.fixture.ts';

/** Portals: their looks, their types’ changes and their health. */
export const PORTALS: readonly Right[] = [
  ...['SELECT * FROM portal_look', 'SELECT png FROM portal_look_picture'].map((statement) => ['rcm_console', 'may', statement] as const),
  ...[
    look(),
    'DELETE FROM portal_look',
    'UPDATE portal_look SET looked_at = now()',
    'DELETE FROM portal_look_picture',
    `UPDATE portal_look_picture SET png = png`,
  ].map((statement) => ['rcm_console', 'may not', statement] as const),
  ['rcm_rotator', 'may', look()],
  ['rcm_rotator', 'may', 'DELETE FROM portal_look'],
  ['rcm_rotator', 'may not', 'UPDATE portal_look SET looked_at = now()'],
  ['rcm_rotator', 'may not', 'SELECT png FROM portal_look_picture'],
  ...(['rcm_agent', 'rcm_migrator', OPERATOR_ROLE, ...READER_ROLES] as const).flatMap((role) => [
    [role, 'may not', 'SELECT 1 FROM portal_look'] as const,
    [role, 'may not', 'SELECT 1 FROM portal_look_picture'] as const,
  ]),
  ...([OPERATOR_ROLE, CONSOLE_ROLE] as const).flatMap((role): Right[] => [
    [role, role === OPERATOR_ROLE ? 'may' : 'may not', proposed('person:os:jane')],
    [role, 'may not', 'UPDATE portal_type_change SET saved_at = now()'],
    [role, 'may not', 'UPDATE portal_type_change SET stood = NULL'],
    [role, 'may not', `UPDATE portal_type_change SET document = '{}'`],
    [role, 'may not', 'DELETE FROM portal_type_change'],
    [role, 'may not', `UPDATE portal_type SET hosts = '{evil.example}'`],
  ]),
  ...APP_ROLES.map((role) => [role, 'may not', 'SELECT 1 FROM portal_type_change'] as const),
  ['rcm_agent', 'may', `SELECT rcm_portal_health('alpine', '$login', NULL, interval '1 min', 3)`],
  ['rcm_migrator', 'may not', `SELECT rcm_portal_health('alpine', '$login', NULL, interval '1 min', 3)`],
];

function look(): string {
  return `INSERT INTO portal_look (org_id, endpoint_id, portal_type_code, actor, findings) VALUES ('$org', '$endpoint', 'alpine', 'person:os:jane', '[]')`;
}

function proposed(actor: string): string {
  return `INSERT INTO portal_type_change (portal_type_code, document, actor, reason) VALUES ('new', '{"code":"new"}', '${actor}', 'r')`;
}
