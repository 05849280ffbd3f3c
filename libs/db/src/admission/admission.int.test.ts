import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blockAttempt } from '../journal/advance.ts';
import { listNotifications } from '../notifications/outbox.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { type PauseScope, pauseRotations, resumeRotations } from './pause.ts';
import { listStartable } from './startable.ts';
import { RULES, Starts } from './starts.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const rotations = new Starts(() => t);

describe('the first rotation of a portal type and day', () => {
  test('goes ahead alone; when it got through, as many follow as the portal takes', async () => {
    const { code, endpoints } = await rotations.type(4, { maxConcurrency: 2 });
    const [first, second, third, fourth] = endpoints;
    expect(await rotations.startable(code)).toEqual([first?.endpointId]);
    const canary = await rotations.start(first);
    expect(canary.refusal).toBeNull();
    expect(await rotations.startable(code)).toEqual([]);
    expect((await rotations.start(second)).refusal).toBe('canary');
    await rotations.finish(first, canary);
    expect(await rotations.startable(code)).toEqual([second?.endpointId, third?.endpointId]);
    const running = await rotations.start(second);
    expect(running.refusal).toBeNull();
    expect(await rotations.startable(code)).toEqual([third?.endpointId]);
    await rotations.finish(second, running);
    expect(await rotations.startable(code)).toEqual([third?.endpointId, fourth?.endpointId]);
  });

  test('is one, however many would be it at the same moment', async () => {
    const { code, endpoints } = await rotations.type(6);
    // The admission is there already, and held for a moment: what keeps them apart is its lock, not the making of it, nor luck.
    await t.sql('INSERT INTO portal_gate (portal_type_code) VALUES ($1)', [code]);
    const held = t.db.transaction('no tenant', async (tx) => {
      await tx.$queryRaw`SELECT portal_type_code FROM portal_gate WHERE portal_type_code = ${code} FOR UPDATE`;
      await tx.$queryRaw`SELECT pg_sleep(1)::text`;
    });
    const starts = await Promise.all(endpoints.map((endpoint) => rotations.start(endpoint)));
    await held;
    expect(starts.filter(({ refusal }) => refusal === null)).toHaveLength(1);
    expect(starts.filter(({ refusal }) => refusal === 'canary')).toHaveLength(5);
  });

  test('that fails stops its portal type, and people are told once; one that proved nothing makes room for another', async () => {
    const { code, endpoints } = await rotations.type(3);
    const [first, second, third] = endpoints;
    await rotations.abandon(first, await rotations.start(first), 'unproven');
    expect(await rotations.breakerOf(code)).toBeNull();
    await rotations.abandon(second, await rotations.start(second));
    expect(await rotations.breakerOf(code)).toBe('canary_failed');
    expect((await rotations.start(third)).refusal).toBe('stopped');
    expect((await rotations.start(third, 'compromise')).refusal).toBe('stopped');
    expect(await rotations.startable(code)).toEqual([]);
    expect((await listNotifications(t.rotator, { limit: 1000 })).filter((n) => n.portalTypeCode === code && n.kind === 'breaker_open')).toHaveLength(1);
  });

  test('does not hold a person back, nor a compromise', async () => {
    const { endpoints } = await rotations.type(3);
    expect((await rotations.start(endpoints[0])).refusal).toBeNull();
    expect((await rotations.start(endpoints[1], 'demand')).refusal).toBeNull();
    expect((await rotations.start(endpoints[2], 'compromise')).refusal).toBeNull();
  });
});

describe('an open breaker', () => {
  test('is closed by a person, and the next one is a canary again', async () => {
    const { code, endpoints } = await rotations.type(3);
    await rotations.abandon(endpoints[0], await rotations.start(endpoints[0]));
    const answer = await resumeRotations(t.rotator, { scope: { kind: 'portal_type', portalTypeCode: code }, actor: 'person:os:jane', reason: 'recipe mended' });
    expect(answer).toMatchObject({ wasPaused: false, wasStopped: true });
    expect((await rotations.start(endpoints[1])).refusal).toBeNull();
    expect((await rotations.start(endpoints[2])).refusal).toBe('canary');
    const [event] = await t.sql<{ actor: string }>(`SELECT actor FROM audit_event WHERE action = 'rotation.resumed' AND org_id = $1`, [endpoints[2]?.orgId]);
    expect(event?.actor).toBe('person:os:jane');
  });

  test('lets one through when its cool-down is over, and is closed by it', async () => {
    const { code, endpoints } = await rotations.type(3);
    await rotations.abandon(endpoints[0], await rotations.start(endpoints[0]));
    const cooledDown = { ...RULES, probeMs: 0 };
    expect((await listStartable(t.rotator, { rules: cooledDown, limit: 1000 })).filter((s) => s.portalTypeCode === code)).toHaveLength(1);
    const probe = await rotations.start(endpoints[1], 'due', cooledDown);
    expect(probe.refusal).toBeNull();
    expect((await rotations.start(endpoints[2])).refusal).toBe('stopped');
    await rotations.finish(endpoints[1], probe);
    expect(await rotations.breakerOf(code)).toBeNull();
  });
});

describe('what else holds a start back', () => {
  test('a pause of everything, of the portal type, of the login', async () => {
    const { code, endpoints } = await rotations.type(1);
    const [endpoint] = endpoints;
    if (!endpoint) throw new Error('no endpoint');
    for (const scope of [{ kind: 'all' }, { kind: 'portal_type', portalTypeCode: code }, { kind: 'endpoint', ...endpoint }] as const) {
      const who = { scope, actor: 'person:os:jane', reason: 'x' };
      expect([await pauseRotations(t.rotator, who), await pauseRotations(t.rotator, who)]).toEqual([true, false]);
      expect((await rotations.start(endpoint, 'compromise')).refusal).toBe('paused');
      expect(await rotations.startable(code)).toEqual([]);
      await resumeRotations(t.rotator, who);
    }
    expect((await rotations.start(endpoint)).refusal).toBeNull();
  });

  test('that a pause has ended says which others hold in its scope, the wider ones first', async () => {
    const [here, elsewhere] = [await rotations.type(2), await rotations.type(1)];
    const [of, twin] = here.endpoints;
    const [other] = elsewhere.endpoints;
    if (!of || !twin || !other) throw new Error('no endpoint');
    const login = ({ orgId, endpointId }: typeof of) => ({ kind: 'endpoint', orgId, endpointId }) as const;
    const [all, portal] = [{ kind: 'all' }, { kind: 'portal_type', portalTypeCode: here.code }] as const;
    const by = { actor: 'person:os:jane', reason: 'x' };
    const resume = async (scope: PauseScope) => (await resumeRotations(t.rotator, { scope, ...by })).stillPaused;
    for (const scope of [login(other), login(of), portal, all]) await pauseRotations(t.rotator, { scope, ...by });
    expect(await resume(login(twin))).toEqual([all, portal]);
    expect(await resume(portal)).toEqual([all, login(of)]);
    expect(await resume(all)).toEqual([login(of), login(other)].sort((one, two) => (one.endpointId < two.endpointId ? -1 : 1)));
    expect(await resume(login(of))).toEqual([]);
    expect(await resume(login(other))).toEqual([]);
  });

  test('a wish that a pause or a stop ends is of the one that was there, and ends none that came after it', async () => {
    const { code } = await rotations.type(1);
    const by = { scope: { kind: 'portal_type', portalTypeCode: code }, actor: 'person:os:jane', reason: 'x' } as const;
    const held = async () => [(await t.sql('SELECT FROM rotation_pause WHERE portal_type_code = $1', [code])).length, await rotations.breakerOf(code)];
    const askedAt = (await t.sql<{ at: Date }>('SELECT clock_timestamp() AS at'))[0]?.at ?? new Date(0);
    await pauseRotations(t.rotator, by);
    await expect(resumeRotations(t.rotator, { ...by, askedAt })).rejects.toMatchObject({ code: 'state_conflict' });
    expect(await held()).toEqual([1, null]);
    await t.sql(`UPDATE rotation_pause SET paused_at = paused_at - interval '1 hour' WHERE portal_type_code = $1`, [code]);
    await t.sql(`INSERT INTO portal_gate (portal_type_code, opened_at, cause, detail) VALUES ($1, clock_timestamp(), 'logins_suspect', 'x')`, [code]);
    await expect(resumeRotations(t.rotator, { ...by, askedAt })).rejects.toMatchObject({ code: 'state_conflict' });
    expect(await held()).toEqual([1, 'logins_suspect']);
    await t.sql(`UPDATE portal_gate SET opened_at = opened_at - interval '1 hour' WHERE portal_type_code = $1`, [code]);
    expect(await resumeRotations(t.rotator, { ...by, askedAt })).toMatchObject({ wasPaused: true, wasStopped: true });
    expect(await held()).toEqual([0, null]);
  });

  test('a pause that was there and a resumption of nothing leave no event', async () => {
    const { code, endpoints } = await rotations.type(1);
    const [endpoint] = endpoints;
    if (!endpoint) throw new Error('no endpoint');
    for (const scope of [{ kind: 'all' }, { kind: 'portal_type', portalTypeCode: code }, { kind: 'endpoint', ...endpoint }] as const) {
      const act = { scope, actor: 'person:os:jane', reason: scope.kind };
      for (const write of [resumeRotations, pauseRotations, pauseRotations, resumeRotations, resumeRotations]) await write(t.rotator, act);
      const sql = `SELECT action FROM audit_event WHERE org_id = $1 AND reason = $2 AND action LIKE 'rotation.%' ORDER BY seq`;
      expect(await t.sql(sql, [endpoint.orgId, scope.kind])).toEqual([{ action: 'rotation.paused' }, { action: 'rotation.resumed' }]);
    }
  });

  test.each([
    [['daily 02:00-04:00'], '2026-11-25T03:00:00-05', 1, true],
    [['daily 02:00-04:00'], '2026-11-25T04:00:00-05', 1, false],
    [['daily 02:00-04:00'], '2026-11-25T01:50:00-05', 15, true],
    [['daily 02:00-04:00'], '2026-11-25T01:40:00-05', 15, false],
    [['sun 22:00-04:00'], '2026-11-29T23:00:00-05', 1, true],
    [['sun 22:00-04:00'], '2026-11-30T03:59:00-05', 1, true],
    [['sun 22:00-04:00'], '2026-11-29T03:00:00-05', 1, false],
    [['mon 00:00-00:00'], '2026-11-30T17:00:00-05', 1, true],
    [['sat 09:00-10:00', 'tue 01:00-02:00'], '2026-11-24T01:30:00-05', 1, true],
    // The portal's clock, not ours: 03:00 in New York is 02:00 in Chicago, and summer time moves with it.
    [['daily 02:30-03:30'], '2026-07-01T03:00:00-04', 1, true],
    [[], '2026-11-25T03:00:00-05', 60, false],
  ])('maintenance hours %j at %s for %d min: %s', async (windows, at, minutes, expected) => {
    const [row] = await t.sql<{ touches: boolean }>(
      `SELECT rcm_touches_maintenance($1, 'America/New_York', $2::timestamptz, make_interval(mins => $3)) AS touches`,
      [windows, at, minutes],
    );
    expect(row?.touches).toBe(expected);
  });

  test('as many under way as the portal type takes, exactly, however many would start at the same moment', async () => {
    const { endpoints } = await rotations.type(5, { maxConcurrency: 2 });
    const free = { ...RULES, canary: false };
    const started = await Promise.all(endpoints.map((endpoint) => rotations.start(endpoint, 'due', free)));
    expect(started.map(({ refusal }) => refusal ?? 'started').sort()).toEqual(['busy', 'busy', 'busy', 'started', 'started']);
    const place = started.findIndex(({ refusal }) => refusal === 'busy');
    expect((await rotations.start(endpoints[place], 'compromise', free)).refusal).toBeNull();
  });

  test('a portal type in its maintenance hours starts nothing that is scheduled, and what a person asks for', async () => {
    const { code, endpoints } = await rotations.type(1, { maintenanceWindows: ['daily 00:00-00:00'] });
    expect(await rotations.startable(code)).toEqual([]);
    expect((await rotations.start(endpoints[0])).refusal).toBe('maintenance');
    expect((await rotations.start(endpoints[0], 'demand')).refusal).toBeNull();
  });

  test('a portal type where no program may log in starts nothing, however long it is due', async () => {
    const undecided = { automation: null, termsVersion: null, termsDate: null, automationDecidedBy: null };
    for (const portal of [undecided, { automation: 'assisted' }, { automation: 'forbidden' }]) {
      const { code } = await rotations.type(1, portal);
      const { code: allowed } = await rotations.type(1);
      const codes = (await listStartable(t.rotator, { rules: RULES, limit: 1000 })).map(({ portalTypeCode }) => portalTypeCode);
      expect([codes.includes(code), codes.includes(allowed)]).toEqual([false, true]);
    }
  });

  test('no wrong windows, zones or expiries are saved', async () => {
    for (const wrong of [
      { maintenanceWindows: ['sundays'] },
      { maintenanceWindows: ['sun 25:00-26:00'] },
      { maintenanceTimeZone: 'Mars/Olympus' },
      { passwordExpiresDays: 5, expiryHeadStartDays: 5 },
    ])
      await expect(rotations.type(1, wrong)).rejects.toMatchObject({ code: 'input_invalid' });
  });
});

test('a blocked attempt counts against its portal type as a failed canary does', async () => {
  const { code, endpoints } = await rotations.type(1);
  const started = await rotations.start(endpoints[0]);
  await blockAttempt(t.rotator, { attemptId: started.attemptId, orgId: endpoints[0]?.orgId ?? '', fence: started.fence, from: 'planned', detail: 'x' });
  expect(await rotations.breakerOf(code)).toBe('canary_failed');
});
