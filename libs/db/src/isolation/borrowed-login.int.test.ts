import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TENANT_ROWS } from './tenant-rows.fixture.ts';
import { ASKING, openTwoTenants, type TwoTenants } from './two-tenants.fixture.ts';

let w: TwoTenants;
beforeAll(async () => void (w = await openTwoTenants()));
afterAll(() => w.close());

describe.each(['login_lease', 'login_attempt', 'rotation_attempt', 'login_clearance', 'backup_code_spent'])('a row of one’s own in %s', (table) => {
  // It would hold the other's lease, spend its budget or stop its rotation, and a refusal for another reason would tell that it has one open.
  test.each(ASKING)('cannot name another tenant’s login, or one that nobody has, as %s', async (role) => {
    const nobodys = '0'.repeat(64);
    await w.t.sql('INSERT INTO login_identity (id) VALUES ($1) ON CONFLICT DO NOTHING', [nobodys]);
    for (const login of [w.other.loginIdentity, nobodys]) {
      const row = [w.mine.orgId, w.mine.endpointId, login, randomUUID()];
      expect(await w.ask(role, w.mine.orgId, TENANT_ROWS[table] ?? '', row)).toEqual({ refused: '42501' });
    }
  });
});

test('a lease, an attempt and a person’s word are taken for the endpoint’s own login', async () => {
  const own = [w.mine.orgId, w.mine.endpointId, w.mine.loginIdentity, randomUUID()];
  expect(await w.ask('rcm_agent', w.mine.orgId, TENANT_ROWS.login_lease ?? '', own)).toEqual({ rows: 1 });
  expect(await w.ask('rcm_agent', w.mine.orgId, TENANT_ROWS.login_attempt ?? '', own)).toEqual({ rows: 1 });
  expect(await w.ask('rcm_rotator', w.mine.orgId, TENANT_ROWS.login_clearance ?? '', own)).toEqual({ rows: 1 });
  await w.t.sql('UPDATE rotation_attempt SET state = $1, ended_at = now() WHERE org_id = $2', ['abandoned', w.mine.orgId]);
  expect(await w.ask('rcm_rotator', w.mine.orgId, TENANT_ROWS.rotation_attempt ?? '', own)).toEqual({ rows: 1 });
});
