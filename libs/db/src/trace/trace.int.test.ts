import { afterAll, beforeAll, expect, test } from 'vitest';
import { Starts } from '../admission/starts.fixture.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { traceLogins } from './trace.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const rotations = new Starts(() => t);

const requestOf = async (id: string) => (await traceLogins(t.db, { id })).map(({ request }) => request);

test('a rotation that a person asked for is theirs, with their reason, since they asked', async () => {
  const { endpoints } = await rotations.type(1);
  const { attemptId } = await rotations.start(endpoints[0], 'demand');
  const [asked] = await t.sql<{ id: string; at: Date }>(
    `SELECT id::text, requested_at AS at FROM rotation_request WHERE endpoint_id = '${endpoints[0]?.endpointId}'`,
  );
  expect(await requestOf(attemptId)).toEqual([
    { kind: 'rotation', id: asked?.id, by: 'person:os:jane', issuer: null, at: asked?.at, what: 'demand', reason: 'r' },
  ]);
});

test('a rotation that was due is nobody’s, since it was planned', async () => {
  const { endpoints } = await rotations.type(1);
  const { attemptId } = await rotations.start(endpoints[0]);
  const [planned] = await t.sql<{ at: Date }>(`SELECT created_at AS at FROM rotation_attempt WHERE id = '${attemptId}'`);
  expect(await requestOf(attemptId)).toEqual([{ kind: 'rotation', id: null, by: null, issuer: null, at: planned?.at, what: 'due', reason: null }]);
});
