import { randomUUID } from 'node:crypto';
import { processName } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setNextRotation } from '../endpoints/schedule.ts';
import { planRotation } from '../journal/open.ts';
import { kill, startNamed } from '../named-process.fixture.ts';
import { exclusiveLease, makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import type { StartRules } from './rules.ts';
import { giveBackStartable, type StartableTaking, takeStartable } from './take-startable.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const NO_CANARY: StartRules = { canary: false, probeMs: 3_600_000, lastingMs: 60_000 };
let made = 0;

interface TypeOfOwn {
  readonly code: string;
  readonly endpoints: readonly TestEndpoint[];
}

/** Endpoints of one portal type of its own, each of another organization, the first the longest due, and all of one type before those of the next. Whatever another test left due is made so no more. */
async function alone(...types: readonly { readonly due: number; readonly room: number }[]): Promise<TypeOfOwn[]> {
  await setNextRotation(t.db, { endpointIds: 'all', at: new Date(Date.now() + 86_400_000) });
  const all: TypeOfOwn[] = [];
  for (const [nth, { due, room }] of types.entries()) {
    made += 1;
    const code = `taken-${made}`;
    const endpoints: TestEndpoint[] = [];
    for (let i = 0; i < due; i += 1) {
      const endpoint = await makeEndpoint(t.db, { orgId: `${code}-org-${i}`, endpointId: `${code}-${i}`, portal: { code, maxConcurrency: room } });
      await setNextRotation(t.db, { endpointIds: [endpoint.endpointId], at: new Date(Date.now() - 3_600_000 + nth * 600_000 + i * 1_000) });
      endpoints.push(endpoint);
    }
    all.push({ code, endpoints });
  }
  return all;
}

const idsOf = (endpoints: readonly { readonly endpointId: string }[]): string[] => endpoints.map(({ endpointId }) => endpointId);
const ids = (type?: TypeOfOwn): string[] => idsOf(type?.endpoints ?? []);
const take = async (holder: string, more: Partial<StartableTaking> = {}) =>
  idsOf(await takeStartable(t.rotator, { rules: NO_CANARY, limit: 100, holder, ttlMs: 600_000, inHand: [], coolingDown: [], ...more }));

test('what one has taken, no other gets; given back, it is free', async () => {
  const [type] = await alone({ due: 4, room: 10 });
  const first = await take('one', { limit: 2 });
  expect(first).toEqual(ids(type).slice(0, 2));
  expect(await take('two')).toEqual(ids(type).slice(2));
  expect(await take('two', { inHand: ids(type).slice(2) })).toEqual([]);
  const [one] = type?.endpoints ?? [];
  await giveBackStartable(t.rotator, { endpointId: one?.endpointId ?? '', orgId: one?.orgId ?? '', holder: 'two' });
  expect(await take('three')).toEqual([]);
  await giveBackStartable(t.rotator, { endpointId: one?.endpointId ?? '', orgId: one?.orgId ?? '', holder: 'one' });
  expect(await take('three')).toEqual([one?.endpointId]);
});

test('of many that ask at once none gets what another has, and together they get no more than a portal type has room for', async () => {
  const [type] = await alone({ due: 12, room: 5 });
  const taken = (await Promise.all(Array.from({ length: 8 }, (_, i) => take(`rotator-${i}`, { limit: 3 })))).flat();
  expect(taken.sort()).toEqual(ids(type).slice(0, 5).sort());
});

test('the first of the day goes alone, and a stopped portal type is probed by one, also before the journal knows of it', async () => {
  const [canaries, stopped] = await alone({ due: 3, room: 3 }, { due: 3, room: 3 });
  await t.sql(`INSERT INTO portal_gate (portal_type_code, opened_at, cause) VALUES ($1, now() - interval '2 hours', 'page_changed')`, [stopped?.code]);
  const rules = { ...NO_CANARY, canary: true };
  expect((await take('one', { rules })).sort()).toEqual([...ids(canaries).slice(0, 1), ...ids(stopped).slice(0, 1)].sort());
  expect(await take('two', { rules })).toEqual([]);
});

test('a rotation in the journal takes up the room of one, not of two', async () => {
  const [type] = await alone({ due: 3, room: 2 });
  expect(await take('one', { limit: 1 })).toEqual(ids(type).slice(0, 1));
  const [first] = type?.endpoints ?? [];
  if (!first) throw new Error('no endpoint');
  const lease = await exclusiveLease(t.rotator, first);
  const plan = {
    ...first,
    attemptId: randomUUID(),
    leaseId: lease.id,
    fence: lease.fence,
    owner: 'one',
    reason: 'due' as const,
    baseVersion: '1',
    recipeHash: 'h',
  };
  expect(await planRotation(t.rotator, { ...plan, rules: NO_CANARY })).toMatchObject({ created: true });
  expect(await take('two')).toEqual(ids(type).slice(1, 2));
});

test('of two portal types neither waits for the other, however much of one is due for longer', async () => {
  const [many, few] = await alone({ due: 9, room: 9 }, { due: 2, room: 9 });
  expect(await take('one', { limit: 4 })).toEqual([ids(many)[0], ids(few)[0], ids(many)[1], ids(few)[1]]);
  expect(await take('two', { limit: 2 })).toEqual(ids(many).slice(2, 4));
});

test('what cools down is left to others', async () => {
  const [type] = await alone({ due: 2, room: 2 });
  expect(await take('one', { coolingDown: ids(type).slice(0, 1) })).toEqual(ids(type).slice(1));
  expect(await take('two')).toEqual(ids(type).slice(0, 1));
});

test('a taking ends by time, when its process does not have it in hand, and when its process has ended', async () => {
  const [type] = await alone({ due: 1, room: 1 });
  const all = ids(type);
  expect(await take('one', { ttlMs: 1 })).toEqual(all);
  await t.sql('SELECT pg_sleep(0.01)');
  expect(await take('two')).toEqual(all);
  expect(await take('two', { inHand: all })).toEqual([]);
  expect(await take('two')).toEqual(all);
  await giveBackStartable(t.rotator, { endpointId: all[0] ?? '', orgId: type?.endpoints[0]?.orgId ?? '', holder: 'two' });
  const { child, name } = await startNamed('rotator');
  expect(await take(name)).toEqual(all);
  expect(await take(processName('rotator'))).toEqual([]);
  await kill(child);
  expect(await take(processName('rotator'))).toEqual(all);
});
