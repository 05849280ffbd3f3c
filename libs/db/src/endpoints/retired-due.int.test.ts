import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAct } from '../asked-acts/ask.ts';
import { decideAct } from '../asked-acts/decide.ts';
import { openGlass } from '../asked-acts/open-glass.ts';
import { secondsUntilDue } from '../asked-acts/read-login.fixture.ts';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { reinstateEndpoint, retireEndpoint } from './retire.ts';
import { Retiring, WHY } from './retiring.fixture.ts';

/** A retirement that is taken back gives nobody more time with a password than they had. */
let t: TestDatabase;
let operator: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());
const retiring = new Retiring(() => t);

async function retiredAndBack(on: TestEndpoint): Promise<number> {
  expect(await retireEndpoint(operator, on.endpointId, WHY)).toBe('retired');
  expect(await secondsUntilDue(t, on.endpointId)).toBeNaN();
  expect(await reinstateEndpoint(operator, on.endpointId, WHY)).toBe('reinstated');
  expect(await retiring.named(on)).toBe('recorded');
  return secondsUntilDue(t, on.endpointId);
}

test('a password that a person has read is due when their minutes are over, whatever was retired and reinstated in between', async () => {
  const on = await makeEndpoint(t.db);
  const { orgId, endpointId } = on;
  const [jane, john] = ['person:oidc:https://id.example#jane', 'person:oidc:https://id.example#john'];
  const { id } = await askAct(operator, { orgId, endpointId, kind: 'break_glass', minutes: 10, actor: jane, reason: 'the platform is down' });
  await decideAct(operator, { id, orgId, decision: 'approved', actor: john, reason: 'spoke to her' });
  await openGlass(t.rotator, { id, orgId, actor: jane });
  expect(await retiredAndBack(on)).toBeLessThanOrEqual(600);
});

test('a password that was due when its login was retired is due when it comes back, also where it goes and comes twice', async () => {
  const on = await makeEndpoint(t.db);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 day' WHERE id = $1`, [on.endpointId]);
  expect(await retiredAndBack(on)).toBeLessThan(-86_000);
  expect(await retiring.due(on)).toBe(true);
  expect(await retiredAndBack(on)).toBeLessThan(-86_000);
  expect(await t.sql('SELECT FROM integration_endpoint WHERE id = $1 AND retired_due_at IS NULL', [on.endpointId])).toHaveLength(1);
});

test('a login that is retired again before its row names its secret keeps its date, too', async () => {
  const on = await makeEndpoint(t.db);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 day' WHERE id = $1`, [on.endpointId]);
  await retireEndpoint(operator, on.endpointId, WHY);
  await reinstateEndpoint(operator, on.endpointId, WHY);
  expect(await retiredAndBack(on)).toBeLessThan(-86_000);
});

test('whoever has the same secret is due as the login was that is retired, and their date is that of one that comes back', async () => {
  const on = await makeEndpoint(t.db);
  const other = await makeEndpoint(t.db, { orgId: on.orgId, loginIdentity: on.loginIdentity, secretArn: on.secretArn });
  const elsewhere = await makeEndpoint(t.db, { loginIdentity: on.loginIdentity });
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 day' WHERE id = $1`, [on.endpointId]);
  const asBefore = await secondsUntilDue(t, elsewhere.endpointId);
  await retireEndpoint(operator, on.endpointId, WHY);
  expect(await secondsUntilDue(t, other.endpointId)).toBeLessThan(-86_000);
  expect(Math.abs((await secondsUntilDue(t, elsewhere.endpointId)) - asBefore)).toBeLessThan(3600);
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() + interval '60 days' WHERE id = $1`, [other.endpointId]);
  await reinstateEndpoint(operator, on.endpointId, WHY);
  await retiring.named(on);
  expect(await secondsUntilDue(t, on.endpointId)).toBeGreaterThan(59 * 86_400);
});
