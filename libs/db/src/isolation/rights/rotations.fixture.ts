import { request, type Right } from './statements.fixture.ts';

/** The journal of rotations, and what asks for them. */
export const ROTATIONS: readonly Right[] = [
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
  ['rcm_rotator', 'may', request()],
  ['rcm_rotator', 'may not', `UPDATE rotation_request SET chosen_version = '1'`],
  ['rcm_rotator', 'may not', `UPDATE rotation_request SET kind = 'demand'`],
  ['rcm_rotator', 'may', `UPDATE rotation_request SET answer = 'done', answered_at = now()`],
  ['rcm_rotator', 'may not', 'DELETE FROM rotation_request'],
  ...(['rcm_agent', 'rcm_migrator'] as const).flatMap((role): Right[] => [
    [role, 'may not', request()],
    [role, 'may not', 'SELECT 1 FROM rotation_request'],
  ]),
  ['rcm_rotator', 'may not', 'UPDATE manual_watch SET due_at = now()'],
  ...(['rcm_agent', 'rcm_migrator'] as const).map((role) => [role, 'may not', 'SELECT 1 FROM rotation_claim'] as const),
  ['rcm_rotator', 'may', `DELETE FROM rotation_claim`],
];
