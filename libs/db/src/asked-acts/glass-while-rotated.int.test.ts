import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase } from '../testing.fixture.ts';
import { askAct } from './ask.ts';
import { decideAct } from './decide.ts';
import { openGlass, stayDue } from './open-glass.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const [JANE, JOHN] = ['person:oidc:https://id.example#jane', 'person:oidc:https://id.example#john'] as const;

/** Taken by whoever asked for it, while a rotation stands as these columns say. */
async function readWhile(stands: string) {
  const endpoint = await makeEndpoint(t.db);
  const { orgId, endpointId } = endpoint;
  const { id } = await askAct(t.db, { orgId, endpointId, kind: 'break_glass', minutes: 10, actor: JANE, reason: 'the platform is down' });
  await decideAct(t.db, { id, orgId, decision: 'approved', actor: JOHN, reason: 'spoke to her' });
  const glass = await openGlass(t.rotator, { id, orgId, actor: JANE });
  const { attemptId } = await plannedAttempt(t.rotator, endpoint);
  await t.sql(`UPDATE rotation_attempt SET ${stands} WHERE id = '${attemptId}'`);
  return { read: { orgId, ...glass }, attemptId };
}

test.each([
  ['has promoted its password and waits to end', `state = 'waiting', waiting_from = 'promoted', waiting_until = now(), promoted_version = '2'`],
  ['has made it current in the store, and says so nowhere yet', `state = 'verified'`],
  ['has done so, and proves it once more', `state = 'applied'`],
])('what a rotation has made that %s is shown to nobody: its end would make it due in weeks', async (_, stands) => {
  const { read, attemptId } = await readWhile(stands);
  await expect(stayDue(t.rotator, { ...read, madeBy: attemptId })).rejects.toMatchObject({ code: 'state_conflict', message: /ask again.*Nothing was shown/ });
});

test.each(['applied', 'verified'])('what was there before one that is %s is shown', async (state) => {
  const { read } = await readWhile(`state = '${state}'`);
  for (const madeBy of [null, '00000000-0000-4000-8000-000000000000']) expect(await stayDue(t.rotator, { ...read, madeBy })).toBe(state);
});

test('what one has made that is blocked is shown: it may be for days, and a person is to be at the portal', async () => {
  const { read, attemptId } = await readWhile(`state = 'blocked', waiting_from = 'verified'`);
  expect(await stayDue(t.rotator, { ...read, madeBy: attemptId })).toBe('blocked');
});
