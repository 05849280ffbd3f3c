import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listCalendar } from '../fleet/calendar.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { beginLoginAttempt, finishLoginAttempt } from '../ledger/attempt.ts';
import { listNotifications } from '../notifications/outbox.ts';
import { makeEndpoint, openTestDatabase, printOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { showLogin } from '../fleet/show-login.ts';
import { claimUnusedLogins, wasKeptAlive } from './keep-alive.ts';
import { notifyOfLapsing } from './notify-of-lapsing.ts';
import { notePersonsWord } from './said.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

let made = 0;
/** At a portal of its own that disables after 30 days; last used so many days ago. */
async function login(daysAgo: number, portal: object = {}): Promise<TestEndpoint> {
  made += 1;
  const endpoint = await makeEndpoint(t.db, { portal: { code: `lapsing-${made}`, dormantAfterDays: 30, ...portal } });
  await t.sql(
    `UPDATE login_identity SET last_login_at = now() - make_interval(days => $2), last_code_login_at = now() - make_interval(days => $2) WHERE id = $1`,
    [endpoint.loginIdentity, daysAgo],
  );
  return endpoint;
}
const claimed = async () => (await claimUnusedLogins(t.rotator, { limit: 100, coolDownMs: 3_600_000 })).map(({ endpointId }) => endpointId);
const told = async ({ endpointId }: TestEndpoint) => {
  await notifyOfLapsing(t.rotator);
  return (await listNotifications(t.rotator, { limit: 1000 }))
    .filter((notification) => notification.endpointId === endpointId && notification.kind === 'lapsing')
    .map(({ detail }) => detail ?? '');
};

describe('a login that nobody uses', () => {
  test('is taken well before its portal disables it, once until it has cooled down; a fresh one is not', async () => {
    const [old, fresh] = [await login(19), await login(10)];
    const both = await Promise.all([claimed(), claimed()]);
    expect(both.flat().filter((id) => id === old.endpointId)).toHaveLength(1);
    expect(both.flat()).not.toContain(fresh.endpointId);
    await t.sql(`UPDATE login_identity SET keep_alive_after = now() WHERE id = $1`, [old.loginIdentity]);
    await t.sql(`UPDATE login_upkeep SET use_at = least(use_at, now()) WHERE endpoint_id = $1`, [old.endpointId]);
    expect(await claimed()).toContain(old.endpointId);
  });

  test.each<[string, object, string | null]>([
    ['where nobody has decided about programs', { automation: null, termsVersion: null, termsDate: null, automationDecidedBy: null }, null],
    ['where a person logs in', { automation: 'assisted' }, null],
    ['in maintenance hours', { maintenanceWindows: ['daily 00:00-12:00', 'daily 12:00-00:00'] }, null],
    ['while its password is refused', {}, `UPDATE login_identity SET refused_since = now() WHERE id = $1`],
    [
      'while somebody uses it',
      {},
      `INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at)
      SELECT e.login_identity, e.org_id, e.id, 'shared', 0, 'agent', now(), now() + interval '1 hour' FROM integration_endpoint e WHERE e.login_identity = $1`,
    ],
    ['while a rotation at its portal is due', {}, `UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 hour' WHERE login_identity = $1`],
  ])('is left alone %s', async (_what, portal, change) => {
    const endpoint = await login(22, portal);
    if (change !== null) await t.sql(change, [endpoint.loginIdentity]);
    expect(await claimed()).not.toContain(endpoint.endpointId);
  });

  test('goes before rotations once it is urgent, and people are told of it where no login got in', async () => {
    const endpoint = await login(26);
    await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 hour' WHERE login_identity = $1`, [endpoint.loginIdentity]);
    expect(await claimed()).toContain(endpoint.endpointId);
    expect(await told(endpoint)).toEqual([expect.stringMatching(/^the portal disables it on 20..-..-.., 30 days after the last login that is known/)]);
    expect(await told(endpoint)).toHaveLength(1);
  });

  test('is told of at once where only a person can use it, and not any more once they say that they did', async () => {
    const [assisted, forbidden, early] = [await login(20, { automation: 'assisted' }), await login(29, { automation: 'forbidden' }), await login(20)];
    expect([(await told(assisted)).length, await told(forbidden), await told(early)]).toEqual([1, [], []]);
    const word = { ...assisted, kind: 'logged_in', actor: 'person:os:li', reason: 'monthly round' } as const;
    await notePersonsWord(t.rotator, { ...word, at: new Date(Date.now() - 86_400_000) });
    await t.sql(`DELETE FROM notice WHERE endpoint_id = $1`, [assisted.endpointId]);
    expect(await told(assisted)).toEqual([]);
    await expect(notePersonsWord(t.rotator, { ...word, at: new Date(Date.now() + 86_400_000) })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await t.sql(`SELECT action, reason FROM audit_event WHERE subject = $1 AND action = 'login.logged_in'`, [assisted.endpointId])).toEqual([
      { action: 'login.logged_in', reason: 'monthly round' },
    ]);
  });

  test('counts as used by every accepted login, or only by one with its code, as its portal says', async () => {
    const endpoints = [await login(25), await login(25, { dormantCounts: 'second_factor' })] as const;
    for (const endpoint of endpoints) await logIn(endpoint, false);
    const own = (await claimed()).filter((id) => endpoints.some(({ endpointId }) => endpointId === id));
    expect(own).toEqual([endpoints[1].endpointId]);
    await logIn(endpoints[1], true);
    await t.sql(`UPDATE login_identity SET keep_alive_after = NULL`);
    expect(await claimed()).not.toContain(endpoints[1].endpointId);
  });
});

describe('a login whose password is to be verified', () => {
  const portal = { dormantAfterDays: null, verifyEveryDays: 30 };

  test('is taken once nobody has used it for so long, and not again once a login was accepted', async () => {
    const [old, fresh, unasked] = [await login(30, portal), await login(26, portal), await login(300, { dormantAfterDays: null })];
    const taken = await claimed();
    expect([old, fresh, unasked].map(({ endpointId }) => taken.includes(endpointId))).toEqual([true, false, false]);
    expect(await wasKeptAlive(t.rotator, { ...old, coolDownMs: 3_600_000 })).toBe(false);
    await logIn(old, false);
    expect(await wasKeptAlive(t.rotator, { ...old, coolDownMs: 3_600_000 })).toBe(true);
    await t.sql(`UPDATE login_identity SET keep_alive_after = NULL`);
    expect(await claimed()).not.toContain(old.endpointId);
  });

  test('is due by a person’s own login as by none: that says nothing of what is stored', async () => {
    const endpoint = await login(30, portal);
    await notePersonsWord(t.rotator, { ...endpoint, kind: 'logged_in', at: new Date(), actor: 'person:os:li', reason: 'by hand' });
    expect(await claimed()).toContain(endpoint.endpointId);
  });

  test('was never used: the time counts from when its secret was taken', async () => {
    const endpoint = await login(30, portal);
    await t.sql(`UPDATE login_identity SET last_login_at = NULL WHERE id = $1`, [endpoint.loginIdentity]);
    await t.sql(`UPDATE integration_endpoint SET secret_taken_at = now() - interval '20 days' WHERE id = $1`, [endpoint.endpointId]);
    expect(await claimed()).not.toContain(endpoint.endpointId);
    await t.sql(`UPDATE integration_endpoint SET secret_taken_at = now() - interval '31 days' WHERE id = $1`, [endpoint.endpointId]);
    expect(await claimed()).toContain(endpoint.endpointId);
  });

  test.each<[string, object, string | null]>([
    ['where no program may log in', { automation: 'assisted' }, null],
    ['in maintenance hours', { maintenanceWindows: ['daily 00:00-12:00', 'daily 12:00-00:00'] }, null],
    ['while its password is refused', {}, `UPDATE login_identity SET refused_since = now() WHERE id = $1`],
    [
      'however late, while a rotation at its portal is due',
      {},
      `UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 hour' WHERE login_identity = $1`,
    ],
  ])('is left alone %s', async (_what, more, change) => {
    const endpoint = await login(300, { ...portal, ...more });
    if (change !== null) await t.sql(change, [endpoint.loginIdentity]);
    expect(await claimed()).not.toContain(endpoint.endpointId);
  });

  test('comes after those that their portal is about to disable', async () => {
    const [unverified, lapsing] = [await login(300, portal), await login(20)];
    const order = (await claimed()).filter((id) => [unverified.endpointId, lapsing.endpointId].includes(id));
    expect(order).toEqual([lapsing.endpointId, unverified.endpointId]);
  });

  test('is on the calendar and on its own page, where its portal type asks for it', async () => {
    const at = { until: new Date(Date.now() + 200 * 86_400_000), limit: 100 };
    const shown = async (endpoint: TestEndpoint) => {
      const entries = await listCalendar(t.another('rcm_operator'), { ...at, orgId: endpoint.orgId });
      const entry = entries.find(({ endpointId, kind }) => endpointId === endpoint.endpointId && kind === 'verify');
      const page = await showLogin(t.another('rcm_operator'), { endpointId: endpoint.endpointId });
      expect(page?.verifyAt).toEqual(entry?.at ?? null);
      return entry?.by;
    };
    expect([await shown(await login(10, portal)), await shown(await login(10)), await shown(await login(10, { ...portal, automation: 'assisted' }))]).toEqual([
      'platform',
      undefined,
      undefined,
    ]);
  });
});

async function logIn(endpoint: TestEndpoint, withCode: boolean): Promise<void> {
  const lease = await acquireSharedLease(t.agent, { ...endpoint, holder: 'agent', ttlMs: 60_000 });
  if (!lease.granted) throw new Error('no lease');
  const asked = { ...endpoint, leaseId: lease.lease.id, actor: 'agent', version: '1', fingerprints: [printOf('right')] } as const;
  const attempt = await beginLoginAttempt(t.agent, asked);
  if (!attempt.allowed) throw new Error(attempt.reason);
  await finishLoginAttempt(t.agent, {
    loginAttemptId: attempt.loginAttemptId,
    orgId: endpoint.orgId,
    outcome: 'accepted',
    effect: 'none',
    proved: true,
    withCode,
  });
  await t.sql(`DELETE FROM login_lease WHERE endpoint_id = $1`, [endpoint.endpointId]);
}

test('a recertification is told of in its last 30 days, and again for the next one only', async () => {
  const endpoint = await login(1, { recertifyEveryDays: 90 });
  expect(await told(endpoint)).toEqual([]);
  // What time does: the row has grown old, and its turn has come.
  await t.sql(`UPDATE integration_endpoint SET created_at = now() - interval '70 days' WHERE id = $1`, [endpoint.endpointId]);
  await t.sql(`UPDATE login_upkeep SET tell_at = tell_at - interval '70 days' WHERE endpoint_id = $1`, [endpoint.endpointId]);
  expect(await told(endpoint)).toEqual([expect.stringContaining('recertifies it at the portal by')]);
  await notePersonsWord(t.rotator, { ...endpoint, kind: 'recertified', at: new Date(), actor: 'person:os:li', reason: 'ticket 1' });
  await told(endpoint);
  expect(await told(endpoint)).toHaveLength(1);
});

test('the calendar lists what comes for every login, the soonest first, and who does it', async () => {
  const endpoint = await login(20, { recertifyEveryDays: 90, passwordExpiresDays: 90, automation: 'assisted' });
  await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() - interval '80 days', next_rotation_at = now() + interval '2 days' WHERE id = $1`, [
    endpoint.endpointId,
  ]);
  const at = { until: new Date(Date.now() + 200 * 86_400_000), limit: 100 };
  const entries = await listCalendar(t.another('rcm_operator'), { ...at, orgId: endpoint.orgId });
  expect(entries.filter(({ endpointId }) => endpointId === endpoint.endpointId).map(({ kind, by }) => `${kind} ${by}`)).toEqual([
    'keep_alive person',
    'rotation person',
    'dormant portal',
    'password_expires portal',
    'recertify person',
  ]);
  expect(await listCalendar(t.another('rcm_operator'), { ...at, orgId: 'nobody' })).toEqual([]);
});
