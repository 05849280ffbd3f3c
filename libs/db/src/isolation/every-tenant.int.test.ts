import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TENANT_ROWS } from './tenant-rows.fixture.ts';
import { openTwoTenants, type Outcome, type TwoTenants } from './two-tenants.fixture.ts';

let w: TwoTenants;
beforeAll(async () => void (w = await openTwoTenants()));
afterAll(() => w.close());

const nothing = (outcome: Outcome): boolean => ('refused' in outcome ? outcome.refused === '42501' : outcome.rows === 0);

/** What forgot its WHERE, in a transaction over all tenants. */
const FORGOTTEN = [
  'UPDATE login_identity SET fence = 0',
  `UPDATE login_identity SET exclusive_rest_until = now()`,
  'UPDATE login_lease SET expires_at = now()',
  'DELETE FROM login_lease',
  `UPDATE login_attempt SET outcome = 'accepted', effect = 'none', finished_at = now()`,
  `UPDATE rotation_attempt SET state = 'abandoned', ended_at = now()`,
];

describe.each(['rcm_rotator', 'rcm_migrator'] as const)('over all tenants %s looks, and', (role) => {
  test.each(FORGOTTEN)('changes nobody’s login: %s', async (statement) => {
    expect(nothing(await w.ask(role, '*', statement))).toBe(true);
  });

  test.each(['login_identity', 'login_lease', 'login_attempt', 'rotation_attempt', 'login_clearance', 'backup_code_spent', 'code_request', 'migration_proof'])(
    'adds nothing to %s',
    async (table) => {
      const row = [w.mine.orgId, w.mine.endpointId, table === 'login_identity' ? 'f'.repeat(64) : w.mine.loginIdentity, randomUUID()];
      const exclusive = (TENANT_ROWS[table] ?? '').replace(`'shared'`, role === 'rcm_migrator' ? `'exclusive'` : `'shared'`);
      expect(await w.ask(role, '*', exclusive, row)).toEqual({ refused: '42501' });
    },
  );
});

test('a migrator that looks over all tenants makes nothing of theirs', async () => {
  const place = `VALUES ('new', 'mine', 'alpine', 'another', 'https://alpine.example/')`;
  for (const made of [
    `INSERT INTO organization (id, name) VALUES ('new', 'New')`,
    `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) ${place}`,
    `INSERT INTO adopted_id (source, kind, source_id, org_id) VALUES ('crm', 'hospital', '1', 'mine')`,
  ])
    expect(await w.ask('rcm_migrator', '*', made)).toEqual({ refused: '42501' });
  expect(await w.ask('rcm_migrator', '*', 'UPDATE adopted_id SET fingerprint = NULL')).toEqual({ rows: 0 });
});

test.each([`config = config - 'credentials'`, `secret_arn = NULL`, `login_identity = NULL`])('a migrator does not set %s for all of them', async (change) => {
  expect(await w.ask('rcm_migrator', '*', `UPDATE integration_endpoint SET ${change}`)).toEqual({ rows: 0 });
  expect(await w.ask('rcm_migrator', w.mine.orgId, `UPDATE integration_endpoint SET ${change}`)).toEqual({ rows: 1 });
});

test('a rotator sets due dates for all of them', async () => {
  expect(await w.ask('rcm_rotator', '*', 'UPDATE integration_endpoint SET next_rotation_at = now()')).toEqual({ rows: 2 });
});
