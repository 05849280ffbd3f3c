import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseLease } from '../leases/upkeep.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { openBreaker } from './breaker.ts';
import { RULES as STARTS, Starts } from './starts.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const rotations = new Starts(() => t);

const QUARTER = 15;
const RULES = { ...STARTS, probeMs: QUARTER * 60_000 };
const HOURS = 60 / QUARTER;

/** When each login of a stopped portal type is tried, in quarters of an hour after it was stopped; each rotation fails at once. */
async function triedWithin(quarters: number, logins: number): Promise<number[]> {
  const { code, endpoints } = await rotations.type(logins);
  await t.rotator.transaction('no tenant', (tx) => openBreaker(tx, { portalTypeCode: code, cause: 'page_changed', detail: 'd' }));
  // Between two looks, so that no pause ends just as one is taken, when a moment decides.
  await t.sql(`UPDATE portal_gate SET opened_at = opened_at - make_interval(secs => ${QUARTER * 30}) WHERE portal_type_code = '${code}'`);
  const tried: number[] = [];
  for (let at = 1; at <= quarters && tried.length < logins; at += 1) {
    await t.sql(
      `UPDATE portal_gate SET opened_at = opened_at - w.by, probed_at = probed_at - w.by FROM (SELECT make_interval(mins => ${QUARTER}) AS by) w WHERE portal_type_code = '${code}'`,
    );
    const endpoint = endpoints[tried.length];
    const mayBegin = (await rotations.startable(code, RULES)).length > 0;
    const started = await rotations.start(endpoint, 'due', RULES);
    // The look for what is due and the plan say the same.
    expect(started.refusal === null).toBe(mayBegin);
    if (started.refusal !== null) continue;
    tried.push(at);
    await rotations.abandon(endpoint, started, 'unproven');
    await releaseLease(t.rotator, { leaseId: started.leaseId, orgId: endpoint?.orgId ?? '' });
  }
  return tried;
}

test('a portal type that fails everything is tried ever more seldom: not at every account in a day', async () => {
  const tried = await triedWithin(48 * HOURS, 40);
  expect(tried[0]).toBe(1);
  expect(tried.filter((at) => at <= 24 * HOURS).length).toBeLessThanOrEqual(10);
  // And it goes on being tried, four times a day at least.
  const pauses = tried.slice(1).map((at, place) => at - (tried[place] ?? 0));
  expect(Math.max(...pauses)).toBeLessThanOrEqual(6 * HOURS + 1);
  expect(tried.length).toBeGreaterThan(8);
});
