import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { claimNotifications, notificationDelivered, notificationFailed } from './outbox.ts';
import { channelFigures, listTold, type NotificationPlace } from './told.ts';

let t: TestDatabase;
let shown: Database;
let mine: TestEndpoint;
let other: TestEndpoint;
beforeAll(async () => {
  t = await openTestDatabase();
  shown = t.another('rcm_console');
  [mine, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
  const insert = (endpoint: TestEndpoint | null, key: string, minutes: number) =>
    t.sql(
      `INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, portal_type_code, detail, created_at) VALUES ($1, $2, $3, $4, NULL, $2, date_trunc('hour', now()) - make_interval(mins => $5))`,
      [endpoint ? 'failed' : 'breaker_open', key, endpoint?.orgId ?? null, endpoint?.endpointId ?? null, minutes],
    );
  // Two of the same moment: the id alone tells them apart.
  for (const [key, minutes] of [
    ['one', 1],
    ['two', 2],
    ['three', 2],
    ['four', 3],
  ] as const)
    await insert(mine, key, minutes);
  await insert(other, 'theirs', 1);
  await insert(null, 'of none', 4);
  const claim = (channel: string) => claimNotifications(t.rotator, { channel, claimMs: 60_000, newestMs: 86_400_000, limit: 100 });
  for (const { id } of await claim('log')) await notificationDelivered(t.rotator, { notificationId: id, channel: 'log' });
  for (const { id, detail } of await claim('webhook'))
    if (detail !== 'of none')
      await notificationFailed(t.rotator, {
        notificationId: id,
        channel: 'webhook',
        error: `The webhook answered 500 to ${detail}.`,
        retryMs: detail === 'one' ? null : 60_000,
      });
});
afterAll(() => t.close());

const pages = async (scope: Parameters<typeof listTold>[1]['scope'], limit: number): Promise<readonly (string | null)[]> => {
  const seen = [];
  for (let after: NotificationPlace | null = null; ;) {
    const { notifications, next } = await listTold(shown, { scope, after, limit });
    seen.push(...notifications.map(({ detail }) => detail));
    if (next === null) return seen;
    after = next;
  }
};

test.each([1, 2, 50])(
  'pages of %i show each notification once, the newest first; an organization its own alone, and whoever sees all what is of none, too',
  async (limit) => {
    const own = await pages({ tenant: mine.orgId }, limit);
    expect(own.toSorted()).toEqual(['four', 'one', 'three', 'two']);
    expect([own[0], own.at(-1)]).toEqual(['one', 'four']);
    expect(await pages({ tenant: other.orgId }, limit)).toEqual(['theirs']);
    const all = await pages('every tenant', limit);
    expect(all.toSorted()).toEqual(['four', 'of none', 'one', 'theirs', 'three', 'two']);
    expect(all.at(-1)).toBe('of none');
  },
);

test('says whom each has reached, and whom not, and why', async () => {
  const { notifications } = await listTold(shown, { scope: 'every tenant', limit: 50 });
  const of = (detail: string) =>
    notifications.find((notification) => notification.detail === detail)?.deliveries.map(({ channel, state, tries, error }) => [channel, state, tries, error]);
  expect(of('one')).toEqual([
    ['log', 'delivered', 1, null],
    ['webhook', 'given up', 1, 'The webhook answered 500 to one.'],
  ]);
  expect(of('two')?.[1]).toEqual(['webhook', 'failing', 1, 'The webhook answered 500 to two.']);
  expect(of('of none')?.[1]).toEqual(['webhook', 'waiting', 1, null]);
});

test('says of each channel how it does, over the notifications that one may see', async () => {
  expect(await channelFigures(shown, { tenant: mine.orgId })).toEqual([
    { channel: 'log', delivered: 4, open: 0, givenUp: 0, lastError: null, lastDeliveredAt: expect.any(Date) as Date },
    { channel: 'webhook', delivered: 0, open: 3, givenUp: 1, lastError: 'The webhook answered 500 to one.', lastDeliveredAt: null },
  ]);
  expect(await channelFigures(shown, 'every tenant')).toMatchObject([{ delivered: 6 }, { open: 5, givenUp: 1 }]);
  const none = await makeEndpoint(t.db);
  expect(await channelFigures(shown, { tenant: none.orgId })).toEqual([]);
});

test('a place that is none is refused', async () => {
  for (const after of [
    { at: "now(); DROP TABLE notice; --'", id: crypto.randomUUID() },
    { at: '2026-01-01', id: 'x' },
  ])
    await expect(listTold(shown, { scope: 'every tenant', after, limit: 5 })).rejects.toMatchObject({ code: 'input_invalid' });
});
