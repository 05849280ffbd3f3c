import { clearLogin } from '@rcm/db/ledger';
import type { Lockout } from '@rcm/demo-portals';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, openRowEnvironment, refusals, type RowEnvironment, SECOND } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment({ endpoints: ['alpine', 'cascade'] })));
afterAll(() => row?.close());

/** The portal locks so, and its portal type says it. */
async function lockoutIs(lockout: Lockout): Promise<void> {
  await row.testEnvironment.portals.setHabits('alpine', { lockout });
  const seconds = (ms: number | null) => (ms === null ? null : ms / SECOND);
  await row.setPortalType('alpine', {
    lockoutCounts: lockout.counts,
    lockoutThreshold: lockout.threshold,
    lockoutWindowSeconds: seconds(lockout.windowMs),
    lockoutLastsSeconds: seconds(lockout.lastsMs),
    lockoutCountsCodes: lockout.countsCodes,
  });
}

/** A person puts a password into the secret that is none of the account, and an agent comes by; then the right one again, and an agent comes by. */
async function mishap(id: string, number: number): Promise<readonly [string, string]> {
  const { password } = (await row.open(id)).fields;
  await row.edit(id, { password: `Not-the-password-${number}` });
  const wrong = await row.visit(id);
  await row.edit(id, { password });
  return [wrong, await row.visit(id)];
}

const neverLocked = async (id: string) => expect(await row.history(id)).toMatchObject({ locked: false, accountsLocked: 0 });
/** As many as lock, in the long form one more. */
const MISHAPS = isLongForm() ? 4 : 3;
const THREE = { threshold: 3, countsCodes: true } as const;

describe('a portal that locks at three failures in two hours, whatever succeeds in between', () => {
  it('is rotated, and is never locked by us over a series of failures and successes', async () => {
    await lockoutIs({ counts: 'window', windowMs: 2 * HOUR, lastsMs: 30 * MINUTE, ...THREE });
    const { id } = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.rotateToEnd(id)).toBe('done');
    for (let number = 0; number < MISHAPS; number += 1) {
      expect((await mishap(id, number))[0]).not.toBe('in');
      await row.mend();
      await row.pass(10 * MINUTE);
      await neverLocked(id);
    }
    await row.pass(2 * HOUR);
    expect(await row.visit(id)).toBe('in');
    expect(await row.rotateToEnd(id)).toBe('done');
    await neverLocked(id);
    expect(await row.history(id)).toMatchObject({ passwordsChanged: 2 });
  });
});

describe('a portal that counts until the next success, however long that takes', () => {
  it('is rotated, and is never locked by us over days of failures', async () => {
    await lockoutIs({ counts: 'consecutive', windowMs: null, lastsMs: null, ...THREE });
    const { id, orgId } = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.rotateToEnd(id)).toBe('done');
    const { password } = (await row.open(id)).fields;
    for (let number = 0; number < MISHAPS; number += 1) {
      await row.edit(id, { password: `Not-the-password-${number}` });
      expect(await row.visit(id)).not.toBe('in');
      await row.mend();
      await row.pass(2 * DAY);
      await neverLocked(id);
    }
    await row.edit(id, { password });
    await row.testEnvironment.portals.unlock(row.testEnvironment.endpoint(id));
    await clearLogin(row.testEnvironment.db, { orgId, endpointId: id, kind: 'unlocked', actor: 'person:os:test', reason: 'support has cleared the failures' });
    expect(await row.visit(id)).toBe('in');
    expect(await row.rotateToEnd(id)).toBe('done');
    await neverLocked(id);
  });
});

describe('a portal that counts until its support unlocks', () => {
  it('is rotated, and is never locked by us, whatever succeeds and however long it takes', async () => {
    await lockoutIs({ counts: 'until_unlocked', windowMs: null, lastsMs: null, ...THREE });
    const { id, orgId } = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.rotateToEnd(id)).toBe('done');
    for (let number = 0; number < MISHAPS; number += 1) {
      expect((await mishap(id, number))[0]).not.toBe('in');
      await row.mend();
      await row.pass(2 * DAY);
      await neverLocked(id);
    }
    await row.testEnvironment.portals.unlock(row.testEnvironment.endpoint(id));
    await clearLogin(row.testEnvironment.db, { orgId, endpointId: id, kind: 'unlocked', actor: 'person:os:test', reason: 'support has cleared the failures' });
    expect(await row.visit(id)).toBe('in');
    expect(await row.rotateToEnd(id)).toBe('done');
    await neverLocked(id);
  });
});

describe('an account that a person locked', () => {
  it('works again by itself where the portal has one text for wrong and locked, and locks earlier than anybody told us', async () => {
    const [{ id }, other] = [await row.testEnvironment.addEndpoint('cascade'), await row.testEnvironment.addEndpoint('cascade')];
    await row.setPortalType('cascade', { lockoutThreshold: 5 });
    const lockout: Lockout = { counts: 'consecutive', threshold: 3, windowMs: 15 * MINUTE, lastsMs: 30 * MINUTE, countsCodes: true };
    await row.testEnvironment.portals.setHabits('cascade', { lockout });
    expect([await row.visit(id), await row.visit(other.id)]).toEqual(['in', 'in']);
    await row.testEnvironment.portals.mistype(row.testEnvironment.endpoint(id), 3);
    for (let look = 0; look < 2; look += 1) {
      expect([await row.visit(id), await row.visit(other.id)]).toEqual([expect.not.stringMatching(/^in$/), 'in']);
      await row.mend();
      await row.pass(2 * SECOND);
    }
    await row.pass(30 * MINUTE);
    expect(await row.untilIn(id, { stepMs: 10 * MINUTE, atMostMs: HOUR })).toBeLessThanOrEqual(HOUR);
    expect(await row.history(id)).toMatchObject({ locked: false, accountsLocked: 1 });
    expect(refusals(await row.history(id)).lockedByUs).toBe(0);
  });

  it('is left alone while it is locked until support is called, and works after their word', async () => {
    await lockoutIs({ counts: 'consecutive', windowMs: 15 * MINUTE, lastsMs: null, ...THREE });
    const { id, orgId } = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.visit(id)).toBe('in');
    await row.testEnvironment.portals.mistype(row.testEnvironment.endpoint(id), 3);
    for (let day = 0; day < (isLongForm() ? 5 : 2); day += 1) {
      expect(await row.visit(id)).not.toBe('in');
      await row.mend();
      await row.rotate(id, row.patient);
      await row.pass(DAY);
    }
    expect(refusals(await row.history(id)).atLocked).toBe(1);
    await row.testEnvironment.portals.unlock(row.testEnvironment.endpoint(id));
    await clearLogin(row.testEnvironment.db, { orgId, endpointId: id, kind: 'unlocked', actor: 'person:os:test', reason: 'support has unlocked it' });
    expect(await row.visit(id)).toBe('in');
    expect(await row.rotateToEnd(id)).toBe('done');
  });
});
