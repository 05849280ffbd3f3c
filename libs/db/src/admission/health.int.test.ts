import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { openBreaker } from './breaker.ts';
import { type HealthQuestion, portalHealth } from './health.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const RULES = { windowMs: 600_000, suspects: 3 };
let made = 0;

/** Logins of one portal type of its own, each of another organization; the first is the one that asks. */
async function portalOf(count: number): Promise<{ readonly code: string; readonly asking: TestEndpoint; readonly others: readonly TestEndpoint[] }> {
  made += 1;
  const code = `health-${made}`;
  const all: TestEndpoint[] = [];
  for (let i = 0; i <= count; i += 1) all.push(await makeEndpoint(t.db, { orgId: `${code}-org-${i}`, endpointId: `${code}-${i}`, portal: { code } }));
  const [asking, ...others] = all;
  if (!asking) throw new Error('nobody asks');
  return { code, asking, others };
}

type Met = 'accepted' | 'suspect' | 'bad' | 'provisional' | 'unknown';

/** Writes what logins met, so many seconds ago. */
async function met(what: Met, endpoints: readonly TestEndpoint[], secondsAgo = 0): Promise<void> {
  const [outcome, effect] = what === 'accepted' || what === 'unknown' ? [what, 'none'] : ['rejected', what];
  for (const { loginIdentity, orgId, endpointId } of endpoints)
    await t.sql(
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
       SELECT $1, $2, $3, gen_random_uuid(), 'agent', '1', at, at, $4, $5 FROM (SELECT clock_timestamp() - $6 * interval '1 s' AS at) now`,
      [loginIdentity, orgId, endpointId, outcome, effect, secondsAgo],
    );
}

const healthOf = ({ code, asking }: { readonly code: string; readonly asking: TestEndpoint }, rest: Partial<HealthQuestion> = {}) =>
  t.agent.transaction({ tenant: asking.orgId }, (tx) =>
    portalHealth(tx, { portalTypeCode: code, loginIdentity: asking.loginIdentity, since: null, rules: RULES, ...rest }),
  );

describe('a portal', () => {
  test('of which nobody else has met anything lately is unknown', async () => {
    const portal = await portalOf(1);
    expect(await healthOf(portal)).toBe('unknown');
    await met('bad', [portal.asking, portal.asking]);
    await met('accepted', [portal.asking]);
    expect(await healthOf(portal)).toBe('unknown');
    for (const what of ['provisional', 'unknown'] as const) await met(what, portal.others);
    expect(await healthOf(portal)).toBe('unknown');
    await met('accepted', portal.others, 700);
    await met('bad', portal.others, 650);
    expect(await healthOf(portal)).toBe('unknown');
  });

  // Half of a few, three of some, a fifth of many.
  test.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [5, 3],
    [10, 3],
    [19, 3],
    [20, 4],
    [100, 20],
  ])('with %i other logins in use is ill when %i of them are refused, and not before', { timeout: 300_000 }, async (used, many) => {
    const portal = await portalOf(used);
    await met('accepted', portal.others, 60);
    for (let refused = 1; refused <= many; refused += 1) {
      expect(await healthOf(portal)).toBe('well');
      await met(refused % 2 === 0 ? 'suspect' : 'bad', portal.others.slice(refused - 1, refused));
    }
    expect(await healthOf(portal)).toBe('ill');
  });

  test('is as ill as it has logins that are refused, however often each of them is', async () => {
    const portal = await portalOf(9);
    await met('accepted', portal.others, 60);
    for (let time = 0; time < 5; time += 1) await met('suspect', portal.others.slice(0, 2));
    expect(await healthOf(portal)).toBe('well');
  });

  test('is well again for whom got in since', async () => {
    const portal = await portalOf(3);
    await met('suspect', portal.others, 60);
    expect(await healthOf(portal)).toBe('ill');
    await met('accepted', portal.others.slice(0, 2), 30);
    expect(await healthOf(portal)).toBe('well');
    await met('suspect', portal.others.slice(0, 2), 10);
    expect(await healthOf(portal)).toBe('ill');
  });

  test('is well only if somebody got in after the moment that is asked about, however long ago that is', async () => {
    const portal = await portalOf(1);
    await met('accepted', portal.others, 300);
    const since = async (seconds: number) =>
      healthOf(portal, { since: (await t.sql<{ at: Date }>(`SELECT clock_timestamp() - $1 * interval '1 s' AS at`, [seconds]))[0]?.at ?? null });
    expect([await since(400), await since(200)]).toEqual(['well', 'unknown']);
    const other = await portalOf(1);
    await met('accepted', other.others, 7_200);
    expect([await healthOf(other), await healthOf(other, { since: new Date(0) })]).toEqual(['unknown', 'well']);
  });

  test('is ill while its breaker is open because logins were refused, and for no other reason', async () => {
    for (const [cause, health] of [
      ['logins_suspect', 'ill'],
      ['page_changed', 'well'],
    ] as const) {
      const portal = await portalOf(1);
      await met('accepted', portal.others);
      await t.rotator.transaction('no tenant', (tx) => openBreaker(tx, { portalTypeCode: portal.code, cause, detail: 'x' }));
      expect(await healthOf(portal)).toBe(health);
    }
  });

  test('is not ill for ever because its breaker is open: logins whose passwords it has cut would vouch for each other', async () => {
    const portal = await portalOf(1);
    await met('accepted', portal.others);
    await t.rotator.transaction('no tenant', (tx) => openBreaker(tx, { portalTypeCode: portal.code, cause: 'logins_suspect', detail: 'x' }));
    const openFor = (hours: number) =>
      t.sql(`UPDATE portal_gate SET opened_at = clock_timestamp() - make_interval(hours => $2::int) WHERE portal_type_code = $1`, [portal.code, hours]);
    await openFor(11);
    expect(await healthOf(portal)).toBe('ill');
    await openFor(13);
    expect(await healthOf(portal)).toBe('well');
  });

  test('is judged by its own logins, and by those of every organization', async () => {
    const [portal, elsewhere] = [await portalOf(3), await portalOf(3)];
    await met('suspect', elsewhere.others);
    expect(await healthOf(portal)).toBe('unknown');
    await met('suspect', portal.others);
    expect(await healthOf(portal)).toBe('ill');
    expect(await t.agent.transaction({ tenant: portal.asking.orgId }, (tx) => tx.loginAttempt.count())).toBe(0);
  });
});
