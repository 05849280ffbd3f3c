import { ALL_ROLES, CONSOLE_ROLE, OPERATOR_ROLE } from '../../roles/app-role.ts';
import { asked, type Right, typingKey } from './statements.fixture.ts';

/** What people ask for at the console, with what is read and typed for it. */
export const ASKED_ACTS: readonly Right[] = [
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
  ['rcm_migrator', 'may', 'SELECT * FROM login_request'],
  ['rcm_migrator', 'may not', asked('person:os:jane', 'because', 'rotate')],
  ['rcm_migrator', 'may not', asked('person:os:jane', 'because', 'rollback')],
  ['rcm_migrator', 'may not', `UPDATE login_request SET ended_at = now(), outcome = 'done'`],
  ['rcm_migrator', 'may not', 'DELETE FROM login_request'],
];

function brokenGlass(): string {
  return `INSERT INTO login_request (org_id, endpoint_id, kind, minutes, actor, reason) VALUES ('$org', '$endpoint', 'break_glass', 15, 'person:os:jane', 'because')`;
}
