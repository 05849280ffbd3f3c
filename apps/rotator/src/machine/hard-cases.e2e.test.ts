import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { getOpenAttempt, pauseRotations, resumeRotations } from '@rcm/db/rotation';
import type { PortalCode } from '@rcm/test-environment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeOldCopies } from '../acts/remove-old-copies.ts';
import { itInLongForm } from '../long-form.fixture.ts';
import { resultOf } from '../schedule/rotation-outcome.ts';
import { dyingStores, openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

const PROPAGATION_DELAY_MS = 2_500;
const LOCKOUT_WINDOW_MS = 12_000;

let opened: RotatorEnvironment;
beforeAll(async () => {
  opened = await openRotatorEnvironment({
    endpoints: [],
    lockoutWindowMs: LOCKOUT_WINDOW_MS,
    portalType: { propagationDelayMs: PROPAGATION_DELAY_MS, lockoutWindowSeconds: LOCKOUT_WINDOW_MS / 1000 },
  });
});
afterAll(() => opened?.close());

const login = (portal: PortalCode = 'alpine') => opened.testEnvironment.addEndpoint(portal);
type Login = Awaited<ReturnType<typeof login>>;
const account = ({ portal, username }: Login) => opened.testEnvironment.portals.account(portal, username);

async function expectWhole(at: Login, figures: { readonly passwordsChanged: number; readonly rejectedAtMost: number }): Promise<void> {
  expect(await opened.testEnvironment.portalAcceptsStore(at.id)).toBe(true);
  expect(await getOpenAttempt(opened.testEnvironment.db, at)).toBeNull();
  const counted = await account(at);
  expect(counted).toMatchObject({ locked: false, accountsLocked: 0, passwordsChanged: figures.passwordsChanged });
  expect(counted.loginsRejected).toBeLessThanOrEqual(figures.rejectedAtMost);
}

/** The secret as a person would edit it, by hand and without a word to anybody. */
async function editByHand({ orgId, secretArn }: Login, change: object): Promise<void> {
  const store = opened.rotator.stores.forTenant(orgId);
  const current = await store.read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  await store.replace(parseReference(secretArn), serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, ...change }))), current.version);
}

const lastAttemptOf = async ({ loginIdentity }: Login): Promise<string | undefined> =>
  (await opened.sql<{ id: string }>('SELECT id::text FROM rotation_attempt WHERE login_identity = $1 ORDER BY created_at DESC LIMIT 1', [loginIdentity]))[0]
    ?.id;

/** For this login, as the ledger sees it. */
const anHourLater = ({ loginIdentity }: Login) =>
  opened.sql(
    `UPDATE login_attempt SET started_at = started_at - interval '1 hour', finished_at = finished_at - interval '1 hour', rests_until = rests_until - interval '1 hour'
      WHERE login_identity = $1`,
    [loginIdentity],
  );

/** The journal and the ledger as they were an hour ago: they know nothing of this login. */
async function restoreDatabase({ id, loginIdentity }: Login, version: string): Promise<void> {
  await opened.sql('DELETE FROM login_attempt WHERE login_identity = $1', [loginIdentity]);
  await opened.sql('DELETE FROM rotation_attempt WHERE login_identity = $1', [loginIdentity]);
  await opened.sql("UPDATE integration_endpoint SET current_version = $2, rotation_status = 'active' WHERE id = $1", [id, version]);
}

describe('the hard cases of a rotation', () => {
  itInLongForm('a change that an error page denies and that is made a little later is found by the staged password', async () => {
    const at = await login();
    await opened.testEnvironment.portals.setAccountFault(at, { fault: 'late_commit', delayMs: 1_500, count: 1 });
    expect(resultOf(await opened.rotate(at.id))).toBe('waiting');
    expect(resultOf(await opened.untilEnded(at.id))).toBe('done');
    await expectWhole(at, { passwordsChanged: 1, rejectedAtMost: 0 });
  });

  it('a new password that is refused for a second after the change is waited for', async () => {
    const at = await login();
    await opened.testEnvironment.portals.setHabits('alpine', { newPasswordAfterMs: 1_800 });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(resultOf(await opened.untilEnded(at.id))).toBe('done');
    await opened.testEnvironment.portals.setHabits('alpine', { newPasswordAfterMs: 0 });
    await expectWhole(at, { passwordsChanged: 1, rejectedAtMost: 1 });
  });

  itInLongForm('a portal in maintenance that says "wrong password" spoils no password that worked before: it works again after its cool-down', async () => {
    const at = await login();
    expect(resultOf(await opened.untilEnded(at.id))).toBe('done');
    await opened.testEnvironment.portals.setHabits('alpine', { closedSaysWrong: true });
    expect(resultOf(await opened.rotate(at.id))).toBe('waiting');
    await opened.testEnvironment.portals.setHabits('alpine', { closedSaysWrong: false });
    // Nobody else's login shows whether the portal was ill: this rotation may be given up, and costs a guess at another copy.
    expect(['done', 'abandoned']).toContain(resultOf(await opened.untilEnded(at.id)));
    expect(await opened.testEnvironment.portalAcceptsStore(at.id)).toBe(true);
    await anHourLater(at);
    expect(resultOf(await opened.untilEnded(at.id))).toBe('done');
    expect(await opened.testEnvironment.portalAcceptsStore(at.id)).toBe(true);
    expect(await account(at)).toMatchObject({ locked: false, accountsLocked: 0 });
    expect((await account(at)).mostFailures).toBeLessThan(3);
  });

  itInLongForm('one text for wrong and locked counts as a guess, and is not taken for a lock below the threshold', async () => {
    const at = await login('cascade');
    await opened.testEnvironment.portals.setAccountFault(at, { fault: '500_before_commit', count: 1 });
    expect(resultOf(await opened.untilEnded(at.id))).toBe('done');
    await expectWhole(at, { passwordsChanged: 1, rejectedAtMost: 1 });
  });

  itInLongForm('an edit by a person after the submit is kept, with only the password replaced', async () => {
    const at = await login();
    await expect(opened.rotate(at.id, { ...opened.patient, stores: dyingStores(opened.patient.stores, 'promote', 'before') })).rejects.toThrow(
      'died before promote',
    );
    await editByHand(at, { note: 'written by a person' });
    expect(resultOf(await opened.untilEnded(at.id))).toBe('done');
    const current = await opened.rotator.stores.forTenant(at.orgId).read(parseReference(at.secretArn));
    expect(current && parsePayload(current.text).reveal()).toMatchObject({ note: 'written by a person' });
    await expectWhole(at, { passwordsChanged: 1, rejectedAtMost: 0 });
  });

  it('an edit by a person before the submit ends the attempt, and the portal is unchanged', async () => {
    const at = await login();
    await expect(opened.rotate(at.id, { ...opened.rotator, stores: dyingStores(opened.rotator.stores, 'stage', 'after') })).rejects.toThrow('died after stage');
    await editByHand(at, { note: 'written by a person' });
    expect(resultOf(await opened.untilEnded(at.id))).toBe('abandoned');
    await expectWhole(at, { passwordsChanged: 0, rejectedAtMost: 0 });
  });

  itInLongForm('the copy that an abandoned attempt left goes after a month, and not before', async () => {
    const at = await login();
    const store = opened.rotator.stores.forTenant(at.orgId);
    await expect(opened.rotate(at.id, { ...opened.rotator, stores: dyingStores(opened.rotator.stores, 'stage', 'after') })).rejects.toThrow('died after stage');
    await editByHand(at, { note: 'written by a person' });
    expect(resultOf(await opened.untilEnded(at.id))).toBe('abandoned');
    const remove = () => removeOldCopies(opened.rotator, { limit: 100, signal: new AbortController().signal });
    await remove();
    expect(await store.listStaged(parseReference(at.secretArn))).toHaveLength(1);
    await opened.sql("UPDATE rotation_attempt SET ended_at = ended_at - interval '31 days' WHERE login_identity = $1", [at.loginIdentity]);
    await remove();
    // Nobody has seen the portal accept what is current: the copy might be what it holds.
    expect(await store.listStaged(parseReference(at.secretArn))).toHaveLength(1);
    expect(resultOf(await opened.untilEnded(at.id))).toBe('done');
    await remove();
    expect(await store.listStaged(parseReference(at.secretArn))).toEqual([await lastAttemptOf(at)]);
    expect(await opened.testEnvironment.portalAcceptsStore(at.id)).toBe(true);
  });

  it('a database restored to before a rotation: the store wins, and nobody logs in for one lockout window', async () => {
    const at = await login();
    const before = await opened.rotator.stores.forTenant(at.orgId).read(parseReference(at.secretArn));
    expect(resultOf(await opened.untilEnded(at.id))).toBe('done');
    await restoreDatabase(at, before?.version ?? '');
    const seen = (await account(at)).loginsAccepted;
    expect(await opened.rotate(at.id)).toMatchObject({ kind: 'not_started', reason: expect.stringContaining('restored') });
    expect(await opened.rotate(at.id)).toMatchObject({ kind: 'not_started' });
    expect((await account(at)).loginsAccepted).toBe(seen);
    await expectWhole(at, { passwordsChanged: 1, rejectedAtMost: 0 });
  });

  it('a database restored in the middle of a change: the copy that nobody knows is taken for submitted', async () => {
    const at = await login();
    await opened.testEnvironment.portals.setAccountFault(at, { fault: '500_after_commit', count: 1 });
    const before = await opened.rotator.stores.forTenant(at.orgId).read(parseReference(at.secretArn));
    expect(resultOf(await opened.rotate(at.id))).toBe('waiting');
    await restoreDatabase(at, before?.version ?? '');
    expect(resultOf(await opened.untilEnded(at.id))).toBe('done');
    await expectWhole(at, { passwordsChanged: 1, rejectedAtMost: 0 });
  });

  it('a database restored in the middle of a change, while rotations are paused: it says that nobody logs in, and not that nothing was changed', async () => {
    const at = await login();
    await opened.testEnvironment.portals.setAccountFault(at, { fault: '500_after_commit', count: 1 });
    const before = await opened.rotator.stores.forTenant(at.orgId).read(parseReference(at.secretArn));
    expect(resultOf(await opened.rotate(at.id))).toBe('waiting');
    await restoreDatabase(at, before?.version ?? '');
    const pause = { scope: { kind: 'endpoint', orgId: at.orgId, endpointId: at.id }, actor: 'person:os:test', reason: 'test' } as const;
    await pauseRotations(opened.rotator.db, pause);
    const report = await opened.rotate(at.id);
    expect(report).toMatchObject({
      kind: 'not_started',
      reason: expect.stringMatching(/paused.*No rotation was begun\. .*nobody logs in for one lockout window/),
    });
    expect(report).not.toMatchObject({ reason: expect.stringContaining('Nothing was changed') });
    await resumeRotations(opened.rotator.db, pause);
    // The window goes by.
    await expect.poll(async () => resultOf(await opened.untilEnded(at.id)), { timeout: 100_000 }).toBe('done');
  });
});

it('a store that does not show the staged copy at once is asked again, and the rotation is not given up', async () => {
  const at = await login();
  let unseen = 2;
  const forTenant = (orgId: string) => {
    const store = opened.rotator.stores.forTenant(orgId);
    return {
      ...store,
      readStaged: (...asked: Parameters<typeof store.readStaged>) => ((unseen -= 1) >= 0 ? Promise.resolve(null) : store.readStaged(...asked)),
    };
  };
  const behind = { ...opened.patient, stores: { ...opened.rotator.stores, forTenant } };
  const first = await opened.rotate(at.id, behind);
  expect(first).toMatchObject({ attempt: { state: 'waiting', detail: 'the staged copy is not to be seen' } });
  expect(await opened.untilEnded(at.id)).toMatchObject({ attempt: { state: 'done' } });
  await expectWhole(at, { passwordsChanged: 1, rejectedAtMost: 0 });
});
