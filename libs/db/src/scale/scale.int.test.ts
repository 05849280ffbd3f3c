import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setNextRotation } from '../endpoints/schedule.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { makeFleet } from './make.ts';
import { type Cost, Measurer } from './measure.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';

const [SMALL, LARGE] = isLongForm() ? [10_000, 100_000] : [3_000, 30_000];
const ONCE = { most: 3, longestMs: 1 };
/** Pages of a fleet ten times as large: an index may be one page deeper, and some more. */
const MOST_GROWTH = 2;
/** Of what goes through the whole fleet, by a thousand logins. */
const MOST_GROWTH_OF_EACH = 1.5;
const FEW_PAGES = 128;

let t: TestDatabase;
let measurer: Measurer;
const small = new Map<string, Cost>();
beforeAll(async () => {
  t = await openTestDatabase();
  measurer = await Measurer.open(t.url);
  await makeFleet(t.url, { to: SMALL });
  for (const operation of operations) small.set(operation.name, await measurer.measure(operation, ONCE));
  await makeFleet(t.url, { to: LARGE });
}, 900_000);
afterAll(async () => {
  await measurer[Symbol.asyncDispose]();
  await t.close();
});

const grew = (before: Cost, after: Cost, most = FEW_PAGES): boolean => after.pages > Math.max(most, MOST_GROWTH * before.pages);

test.each(operations.map((operation): [string, Operation] => [operation.name, operation]))(
  `among ${LARGE} logins, %s costs no more than among ${SMALL}, and goes through no table`,
  { timeout: 300_000 },
  async (name, operation) => {
    const before = small.get(name);
    if (!before) throw new Error('not measured');
    const after = await measurer.measure(operation, ONCE);
    const [pages, scanned] = [`${before.pages} → ${after.pages} pages`, after.scanned];
    if (operation.every === undefined) expect({ grew: grew(before, after, operation.most) && pages, scanned }).toEqual({ grew: false, scanned: {} });
    else {
      expect(after.pages / LARGE, pages).toBeLessThanOrEqual((MOST_GROWTH_OF_EACH * before.pages) / SMALL);
      // What is said to be of the whole fleet is held to it: once it is not, it is to be measured as all others.
      expect(grew(before, after) || Object.keys(scanned).length > 0, pages).toBe(true);
    }
  },
);

test('what goes through a table is seen', async () => {
  const through: Operation = {
    ...{ name: 'through', as: 'rcm_rotator', calls: [], kind: 'scan' },
    run: (db) => db.transaction('every tenant', (tx) => tx.$queryRaw`SELECT count(*)::int FROM login_attempt WHERE actor = 'person'`),
  };
  const { pages, scanned } = await measurer.measure(through, ONCE);
  expect(scanned).toEqual({ login_attempt: expect.any(Number) });
  expect(pages).toBeGreaterThan(LARGE / 100);
});

test('all of them can be made due, a thousand at a time', { timeout: 300_000 }, async () => {
  const [{ count } = { count: 0 }] = await t.sql<{ count: number }>('SELECT count(*)::int AS count FROM integration_endpoint');
  expect(await setNextRotation(t.rotator, { endpointIds: 'all', at: 'now' })).toBe(count);
});
