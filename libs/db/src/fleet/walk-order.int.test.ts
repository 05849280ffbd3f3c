import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { listLogins } from './list-logins.ts';
import type { LoginFilter, WalkPlace } from './walk.ts';
import type { LoginOrder } from './walk-order.ts';

let t: TestDatabase;
let shown: Database;
/** One of another portal type and organization each. */
let logins: readonly TestEndpoint[];
beforeAll(async () => {
  t = await openTestDatabase();
  shown = t.another('rcm_console');
  logins = [await makeEndpoint(t.db, { portal: { code: 'alpine' } }), await makeEndpoint(t.db, { portal: { code: 'borealis' } }), await makeEndpoint(t.db)];
  // The first has the soonest rotation, the second the oldest password, the third is like the second.
  const dates = [
    ['2031-03-01T00:00:00Z', '2031-02-01T00:00:00Z'],
    ['2031-03-02T00:00:00Z', '2031-01-01T00:00:00Z'],
    ['2031-03-02T00:00:00Z', '2031-01-01T00:00:00Z'],
  ];
  for (const [i, { endpointId }] of logins.entries())
    await t.sql('UPDATE integration_endpoint SET next_rotation_at = $2::timestamptz, last_rotated_at = $3::timestamptz WHERE id = $1', [
      endpointId,
      ...(dates[i] ?? []),
    ]);
});
afterAll(() => t.close());

async function walked(order: LoginOrder, filter: LoginFilter = {}): Promise<readonly string[]> {
  const seen = [];
  for (let after: WalkPlace | null | undefined; after !== null;) {
    const page: Awaited<ReturnType<typeof listLogins>> = await listLogins(shown, { filter, order, after: after ?? null, limit: 1 });
    seen.push(...page.logins.map(({ id }) => id));
    after = page.next;
  }
  return seen;
}
const ids = (...which: readonly number[]): readonly string[] => which.map((i) => logins[i]?.endpointId ?? '');
const alike = (): readonly string[] => ids(1, 2).toSorted();

test.each([
  ['next_rotation', () => [...ids(0), ...alike()]],
  ['oldest_password', () => [...alike(), ...ids(0)]],
] as const)('by %s each login comes once, page after page, also those of one moment', async (order, expected) =>
  expect(await walked(order)).toEqual(expected()),
);

test.each(['next_rotation', 'oldest_password'] as const)('by %s an organization has its own alone, and a portal type its own', async (order) => {
  for (const [i, { orgId }] of logins.entries()) {
    expect(await walked(order, { orgId })).toEqual(ids(i));
    const { logins: own } = await listLogins(shown, { filter: {}, order, limit: 9, scope: { tenant: orgId } });
    expect(own.map(({ id }) => id)).toEqual(ids(i));
  }
  expect(await walked(order, { portalTypeCode: 'borealis' })).toEqual(ids(1));
});

test('what has an order of its own takes no other', () =>
  expect(listLogins(shown, { filter: { failing: true }, order: 'next_rotation', limit: 1 })).rejects.toMatchObject({ code: 'input_invalid' }));
