import { afterAll, beforeAll, expect, test } from 'vitest';
import { dice } from '../scale/as-before.fixture.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { claimNotifications, notificationDelivered } from './outbox.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
let made = 0;
async function write(minutesAgo: number): Promise<void> {
  made += 1;
  await t.sql(`INSERT INTO notice (kind, dedup_key, created_at) VALUES ('failed', $1, clock_timestamp() - $2 * interval '1 minute')`, [`k${made}`, minutesAgo]);
}
const claim = async (channel: string, limit: number): Promise<readonly string[]> =>
  (await claimNotifications(t.rotator, { channel, claimMs: HOUR_MS, newestMs: WEEK_MS, limit })).map(({ id }) => id);
/** Every notification of the week that the channel has not had, the oldest first. */
const plainly = async (channel: string): Promise<string[]> =>
  (
    await t.sql<{ id: string }>(
      `SELECT n.id FROM notice n WHERE n.created_at > now() - interval '7 days' AND NOT EXISTS (SELECT FROM notice_delivery d WHERE d.notice_id = n.id AND d.channel = $1)
        ORDER BY n.created_at`,
      [channel],
    )
  ).map(({ id }) => id);

test('each channel takes every notification of the week once, the oldest first, also one that was there to be seen minutes late', async () => {
  const draw = dice(7);
  // The week before, from the oldest on.
  for (let minutes = 12_000; minutes > 30; minutes -= 150) await write(minutes);
  let late = 0;
  for (let step = 0; step < 60; step += 1) {
    for (let n = draw(4); n > 0; n -= 1) {
      const minutes = draw(3) === 0 ? 8 : 0;
      late += minutes > 0 ? 1 : 0;
      await write(minutes);
    }
    const [channel, limit] = [['log', 'mail'][draw(2)] ?? 'log', 1 + draw(9)];
    const expected = (await plainly(channel)).slice(0, limit);
    const taken = await claim(channel, limit);
    expect(taken, `step ${step}`).toEqual(expected);
    for (const notificationId of taken) await notificationDelivered(t.rotator, { notificationId, channel });
  }
  expect(late).toBeGreaterThan(5);
  for (const channel of ['log', 'mail']) {
    while ((await claim(channel, 20)).length > 0) {
      // Until nothing is left.
    }
    expect(await plainly(channel)).toEqual([]);
  }
});

test('a notification is taken also where the one before was written by a clock that was ahead', async () => {
  const channel = 'ahead';
  while ((await claim(channel, 1_000)).length > 0) {
    // What the other test wrote.
  }
  // A server whose clock is two hours ahead writes, and what it wrote is taken; then another one takes its place.
  await write(-120);
  expect(await claim(channel, 20)).toHaveLength(1);
  for (let after = 0; after < 3; after += 1) {
    await write(0);
    const expected = await plainly(channel);
    expect(expected).toHaveLength(1);
    expect(await claim(channel, 20)).toEqual(expected);
  }
});
