import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { listPauses, pauseRotations } from '../admission/pause.ts';
import { listOpenAttempts } from '../journal/open.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { dueByDay, portalRotations } from './rotations.ts';

let t: TestDatabase;
let shown: Database;
let [mine, other]: TestEndpoint[] = [];
beforeAll(async () => {
  t = await openTestDatabase();
  shown = t.another('rcm_console');
  [mine, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
});
afterAll(() => t.close());

const ends = (): readonly [TestEndpoint, TestEndpoint] => {
  if (!mine || !other) throw new Error('no logins');
  return [mine, other];
};
const isDue = (at: string, { endpointId }: TestEndpoint) =>
  t.sql(`UPDATE integration_endpoint SET next_rotation_at = date_trunc('day', now(), 'UTC') + $1::interval WHERE id = $2`, [at, endpointId]);
const due = async (scope: Parameters<typeof dueByDay>[1]['scope'], portalTypeCode?: string) =>
  (await dueByDay(shown, { scope, days: 7, portalTypeCode })).map((day) => day.due);

test('a rotation is on its day, an overdue one on today, and an organization sees its own alone', async () => {
  const [one, two] = ends();
  await isDue('-30 days', one);
  await isDue('3 days', two);
  expect(await due('every tenant')).toEqual([1, 0, 0, 1, 0, 0, 0]);
  await isDue('3 days -1 second', two);
  expect(await due('every tenant')).toEqual([1, 0, 1, 0, 0, 0, 0]);
  await isDue('7 days', two);
  expect(await due('every tenant')).toEqual([1, 0, 0, 0, 0, 0, 0]);
  await isDue('0', two);
  expect(await due({ tenant: one.orgId })).toEqual([1, 0, 0, 0, 0, 0, 0]);
  expect(await due('every tenant')).toEqual([2, 0, 0, 0, 0, 0, 0]);
  expect(await due('every tenant', 'none-such')).toEqual([0, 0, 0, 0, 0, 0, 0]);
  const [{ day } = { day: null }] = await dueByDay(shown, { scope: 'every tenant', days: 7 });
  expect(day?.toISOString()).toMatch(/T00:00:00.000Z$/);
});

test('an organization sees neither another’s open rotations nor the pauses of its logins, and what is paused for all', async () => {
  const [one, two] = ends();
  await plannedAttempt(t.rotator, two);
  for (const { orgId, endpointId } of [one, two])
    await pauseRotations(t.rotator, { scope: { kind: 'endpoint', orgId, endpointId }, actor: 'person:os:jane', reason: 'r' });
  await pauseRotations(t.rotator, { scope: { kind: 'all' }, actor: 'person:os:jane', reason: 'r' });
  const seen = async (scope: 'every tenant' | { readonly tenant: string }) => ({
    open: (await listOpenAttempts(shown, { limit: 5, scope })).length,
    underWay: (await portalRotations(shown, scope)).map(({ underWay }) => underWay),
    pauses: (await listPauses(shown, scope)).map((pause) => (pause.scope.kind === 'endpoint' ? pause.scope.endpointId : pause.scope.kind)),
  });
  expect(await seen({ tenant: one.orgId })).toEqual({ open: 0, underWay: [0], pauses: [one.endpointId, 'all'] });
  expect(await seen('every tenant')).toEqual({ open: 1, underWay: [1], pauses: [one.endpointId, two.endpointId, 'all'] });
});
