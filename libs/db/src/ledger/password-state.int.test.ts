import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseLease } from '../leases/upkeep.ts';
import { openTestDatabase, plannedAttempt, printOf, type TestDatabase } from '../testing.fixture.ts';
import { type Account, Logins } from './account.fixture.ts';
import { passwordState } from './password-state.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

const HOUR_MS = 3_600_000;
const refuse = (on: Account, effect: 'suspect' | 'bad', rest: { readonly password?: string; readonly version?: string; readonly coolDownMs?: number } = {}) =>
  logins.login(on, 'rejected', { effect, coolDownMs: HOUR_MS, ...rest });
/** What of an answer does not hang on the time. */

describe('the state of a password', () => {
  const state = (on: Account, rest: { readonly password?: string; readonly version?: string } = {}) =>
    passwordState(t.agent, {
      ...on,
      portalTypeCode: 'alpine',
      fingerprints: [printOf(rest.password ?? 'right')],
      version: rest.version ?? '1',
      propagationDelayMs: 600_000,
      rules: { windowMs: 60_000, suspects: 3 },
    });

  test('says what the portal showed of it, and how often it was refused since', async () => {
    const on = await logins.account({ lockoutWindowSeconds: 60 });
    expect(await state(on)).toMatchObject({ fresh: false, provedBefore: false, refusals: 0, bad: 0, seriesMs: 0 });
    await refuse(on, 'suspect', { coolDownMs: 0 });
    await logins.age(on, 7_200);
    await refuse(on, 'bad', { coolDownMs: 0 });
    const refused = await state(on);
    expect(refused).toMatchObject({ provedBefore: false, refusals: 2, bad: 1 });
    expect(refused.seriesMs).toBeGreaterThanOrEqual(7_200_000);
    expect(await state(on, { password: 'another' })).toMatchObject({ provedBefore: false, refusals: 0 });
    await logins.age(on, 100);
    await logins.login(on, 'password_expired', { proved: true });
    expect(await state(on)).toMatchObject({ provedBefore: true, refusals: 0, bad: 0, seriesMs: 0 });
    await logins.age(on, 100);
    await refuse(on, 'suspect', { coolDownMs: 0 });
    expect(await state(on)).toMatchObject({ provedBefore: true, refusals: 1, bad: 0 });
  });

  test('is fresh while its rotation is open, cut or whole, and until the propagation delay after it was promoted is over', async () => {
    const on = await logins.account();
    await releaseLease(t.agent, on);
    const { attemptId } = await plannedAttempt(t.rotator, on);
    const fresh = async (version: string) => (await state(on, { version })).fresh;
    expect([await fresh(`staged:${attemptId}`), await fresh(`staged:${attemptId}/14`)]).toEqual([true, true]);
    expect([await fresh('1'), await fresh('2'), await fresh(`staged:${randomUUID()}`)]).toEqual([false, false, false]);
    await t.sql(`UPDATE rotation_attempt SET state = 'done', promoted_version = '2', ended_at = now(), updated_at = now() WHERE id = $1`, [attemptId]);
    expect([await fresh('2'), await fresh('1'), await fresh(`staged:${attemptId}`)]).toEqual([true, false, false]);
    await t.sql(`UPDATE rotation_attempt SET updated_at = now() - interval '700 s' WHERE id = $1`, [attemptId]);
    expect(await fresh('2')).toBe(false);
  });
});
