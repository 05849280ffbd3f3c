import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { beginFirstSecret, leaveFirstPlace } from './first-place.ts';
import { noteUnnamedRemoved, unnamedSecretsOf } from './unnamed.ts';

const PLACE = 'ssm:aws:us-east-1:111111111111';
let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

/** An endpoint whose row names no secret, and of which another one lies in the place, or may. */
async function beside(why: 'left' | 'copy') {
  const on = await makeEndpoint(t.db);
  await t.sql('UPDATE integration_endpoint SET secret_arn = NULL, current_version = NULL, login_identity = NULL WHERE id = $1', [on.endpointId]);
  await t.sql('INSERT INTO unnamed_secret (endpoint_id, org_id, place, why, secret_arn) VALUES ($1, $2, $3, $4, $5)', [
    ...[on.endpointId, on.orgId, PLACE, why],
    why === 'left' ? on.secretArn : null,
  ]);
  return on;
}
const whyOf = async (on: { endpointId: string; orgId: string }) => (await unnamedSecretsOf(t.migrator, on)).map(({ why, removedAt }) => [why, removedAt]);

test.each([
  ['left', /still lies that it was moved away from \(arn:.*\)\. Nothing was written, .*rcm endpoint reinstate.*rcm endpoint removed/],
  ['copy', /a copy of it may lie.* Nothing was written, .*rcm endpoint reinstate.*rcm endpoint removed/],
] as const)('no first secret is begun where another one of the login lies (%s): it says so, and what to do', async (why, words) => {
  const on = await beside(why);
  await expect(beginFirstSecret(t.migrator, { ...on, place: PLACE })).rejects.toMatchObject({
    code: 'state_conflict',
    message: expect.stringMatching(words) as string,
  });
  expect(await whyOf(on)).toEqual([[why, null]]);
});

test('one is begun there once it is noted that the other one was removed', async () => {
  for (const why of ['left', 'copy'] as const) {
    const on = await beside(why);
    await noteUnnamedRemoved(t.migrator, { ...on, place: PLACE }, { actor: 'person:os:jane', reason: 'nobody needs it' });
    expect(await beginFirstSecret(t.migrator, { ...on, place: PLACE })).toBe(PLACE);
    expect(await beginFirstSecret(t.migrator, { ...on, place: 'ssm:aws:us-east-1:222222222222' })).toBe(PLACE);
    expect(await whyOf(on)).toEqual([['new', null]]);
    await leaveFirstPlace(t.migrator, { ...on, place: PLACE });
    expect(await whyOf(on)).toEqual([]);
  }
});
