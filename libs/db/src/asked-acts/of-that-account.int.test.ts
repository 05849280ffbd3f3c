import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { askAct } from './ask.ts';
import { decideAct } from './decide.ts';
import { findBreakGlass } from './list.ts';
import { openGlass } from './open-glass.ts';
import { endLeftActs } from './take.ts';

/** Two people decided on the password of one account; the row of the login may name another one within its minutes. */
let t: TestDatabase;
let operator: Database;
let endpoint: TestEndpoint;
let other: TestEndpoint;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());
beforeEach(async () => {
  [endpoint, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
});

const JANE = 'person:oidc:https://id.example#jane';
const JOHN = 'person:oidc:https://id.example#john';
const ask = () => {
  const { orgId, endpointId } = endpoint;
  return askAct(operator, { orgId, endpointId, kind: 'break_glass', minutes: 15, actor: JANE, reason: 'the platform is down' });
};
const approve = (id: string) => decideAct(operator, { id, orgId: endpoint.orgId, decision: 'approved', actor: JOHN, reason: 'spoke to her' });
const read = (id: string) => openGlass(t.rotator, { id, orgId: endpoint.orgId, actor: JANE });
const follows = (loginIdentity: string | null) =>
  t.sql('UPDATE integration_endpoint SET login_identity = $2 WHERE id = $1', [endpoint.endpointId, loginIdentity]);
const anotherAccount = { code: 'state_conflict', message: expect.stringContaining('another account') as string };

test('what was approved for one account is not read once the row has followed to another, and is asked for again at once', async () => {
  const { id } = await ask();
  await approve(id);
  await follows(other.loginIdentity);
  await expect(read(id)).rejects.toMatchObject(anotherAccount);
  expect(await findBreakGlass(operator, { id })).toMatchObject({ state: 'outdated', endedAt: null });
  expect(await t.sql(`SELECT FROM audit_event WHERE org_id = $1 AND action = 'secret.shown'`, [endpoint.orgId])).toEqual([]);
  // Also where no rotator has ended the old one: this is for a day on which there may be none.
  const again = await ask();
  await approve(again.id);
  expect(await read(again.id)).toMatchObject({ endpointId: endpoint.endpointId });
  expect(await endLeftActs(t.rotator, { waitMs: 900_000, workMs: 3_600_000 })).toBe(1);
  expect(await findBreakGlass(operator, { id })).toMatchObject({ state: 'outdated', endedAt: expect.any(Date) as Date });
});

test('what was asked for one account is not approved for another', async () => {
  const { id } = await ask();
  await follows(other.loginIdentity);
  await expect(approve(id)).rejects.toMatchObject(anotherAccount);
});

test('a password that changes, a rotation, or a row that comes back to its account is no other account', async () => {
  const { id } = await ask();
  await t.sql(`UPDATE integration_endpoint SET current_version = '2' WHERE id = $1`, [endpoint.endpointId]);
  await approve(id);
  await follows(null);
  await expect(read(id)).rejects.toMatchObject(anotherAccount);
  await follows(endpoint.loginIdentity);
  expect(await read(id)).toMatchObject({ endpointId: endpoint.endpointId });
});
