import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';

const MIGRATION = join(import.meta.dirname, '../../../../prisma/migrations/20261130040100_turns_by_index/migration.sql');
const FUNCTIONS = ['rcm_first_of_queue', 'rcm_settle_turns'];

const functionOf = (name: string): string => {
  const [text] = new RegExp(`CREATE OR REPLACE FUNCTION ${name}[\\s\\S]*?END \\$\\$;`).exec(readFileSync(MIGRATION, 'utf8')) ?? [];
  if (text === undefined) throw new Error(`${MIGRATION} has no ${name} any more.`);
  return text;
};

/** A throw-away database as it was before less was written: turns, indexes and ids of the ledger. Only tasks keep ids that grow, which the program gives them. */
export async function goBack(owner: pg.Client): Promise<void> {
  const statements = [
    ...FUNCTIONS.map(functionOf),
    'ALTER TABLE task_note DROP CONSTRAINT task_note_pkey',
    'ALTER TABLE task_note ADD PRIMARY KEY (id)',
    'CREATE INDEX task_note_of_tenant ON task_note (org_id)',
    'ALTER TABLE login_attempt ALTER COLUMN id SET DEFAULT gen_random_uuid()',
    'DROP TRIGGER portal_task_at_portal ON portal_task',
    'ALTER TABLE portal_task RESET (fillfactor)',
    'CREATE INDEX portal_task_finished ON portal_task (state, started_at, finished_at)',
    'DROP INDEX portal_task_by_result_key',
    'CREATE INDEX portal_task_by_result_key ON portal_task (org_id, result_key_id)',
    `CREATE INDEX login_attempt_last_accepted ON login_attempt (login_identity, started_at DESC) WHERE outcome = 'accepted'`,
    'DROP INDEX login_attempt_by_print_key',
    `CREATE INDEX login_attempt_by_print_key ON login_attempt (split_part(fingerprint, ':', 1), login_identity) WHERE fingerprint IS NOT NULL`,
    'CREATE INDEX login_identity_used ON login_identity (last_login_at)',
    'ALTER TABLE login_identity RESET (fillfactor)',
    'DROP INDEX rotation_attempt_open_of_tenant, rotation_attempt_under_way, rotation_attempt_long_waits, rotation_attempt_may_go_on, login_attempt_refused_of_tenant, integration_endpoint_read_by_others',
    'DROP INDEX task_turn_first',
    'DROP TRIGGER integration_endpoint_is_due ON integration_endpoint',
    'DROP TRIGGER integration_endpoint_is_kept ON integration_endpoint',
  ];
  for (const statement of statements) await owner.query(statement);
}
