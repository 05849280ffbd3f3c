import { requestRotation } from '@rcm/db/rotation';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resolveCommand } from '../commands/resolve.ts';
import { itInLongForm } from '../long-form.fixture.ts';
import { rotateLogin } from '../rotate.ts';
import { dyingStores } from '../testing.fixture.ts';
import { behind, losing } from './forgetful-stores.fixture.ts';
import { expectTheirs, THEIRS, withTheirs } from './theirs.fixture.ts';
import { DAY, HOUR, MINUTE, openRowEnvironment, refusals, type RowEnvironment } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterEach(() => row.testEnvironment.portals.setHabits('alpine', { keepsFirst: null }));
afterAll(() => row?.close());

const STORES = ['ssm', 'secrets-manager', 'vault'] as const;
/** On a change, where a lost race is only found afterwards. */
const isRotatedAgain = (store: (typeof STORES)[number]): boolean => isLongForm() || store === 'ssm';
/** That each store merges what a person wrote is tried always. */
const MORE = isLongForm() ? STORES : [];
describe('a person who opens the secret before a rotation and saves it after', () => {
  it.each(STORES)('keeps what they wrote and the newest password (%s)', async (store) => {
    const login = await row.testEnvironment.addEndpoint('alpine', store);
    expect(await row.visit(login.id)).toBe('in');
    expect(await row.rotateToEnd(login.id)).toBe('done');
    const { fields } = await row.open(login.id);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await row.save(login.id, { ...fields, ...THEIRS });
    await row.untilIn(login.id, { stepMs: MINUTE, atMostMs: 10 * MINUTE });
    await expectTheirs(row, login);
    expect(refusals(await row.history(login.id)).wrong).toBe(0);
    if (!isRotatedAgain(store)) return;
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await expectTheirs(row, login);
  });

  it.each(MORE)('also where that rotation was the first (%s)', async (store) => {
    const login = await row.testEnvironment.addEndpoint('alpine', store);
    const { fields } = await row.open(login.id);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await row.save(login.id, { ...fields, ...THEIRS });
    await row.untilIn(login.id, { stepMs: 10 * MINUTE, atMostMs: 2 * HOUR });
    await expectTheirs(row, login);
  });
});

describe('a person who saves an old copy over the newest password', () => {
  it('keeps nobody out, though the old one is known to be refused, so that no agent tries it any more', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const { fields: old } = await row.open(login.id);
    const password = 'Set-by-a-person-at-the-portal-1';
    await row.setAtPortal(login.id, password);
    // So often that it cools down for days.
    for (const days of [1, 2, 8]) {
      expect(await row.visit(login.id)).not.toBe('in');
      await row.pass(days * DAY);
    }
    expect(await row.visit(login.id)).not.toBe('in');
    await row.edit(login.id, { password });
    expect(await row.visit(login.id)).toBe('in');
    await row.mend();
    const { wrong } = refusals(await row.history(login.id));

    await row.save(login.id, { ...old, ...THEIRS });
    // Not even tried, whatever it is called.
    expect(await row.visit(login.id)).not.toBe('in');
    expect(refusals(await row.history(login.id)).wrong).toBe(wrong);
    await row.untilIn(login.id, { stepMs: 10 * MINUTE, atMostMs: HOUR });
    await expectTheirs(row, login);
    expect(refusals(await row.history(login.id)).wrong).toBe(wrong);
  });
});

describe('what a person wrote stays where another password becomes current', () => {
  it('because they wrote it while the portal was being changed', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    await expect(row.rotate(login.id, { ...row.patient, stores: dyingStores(row.patient.stores, 'promote', 'before') })).rejects.toThrow('died before promote');
    await row.edit(login.id, THEIRS);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await expectTheirs(row, login);
  });

  it.each(MORE)('and where the store then answers once with what it had held before (%s)', async (backend) => {
    const login = await row.testEnvironment.addEndpoint('alpine', backend);
    const before = await row.open(login.id);
    await expect(row.rotate(login.id, { ...row.patient, stores: dyingStores(row.patient.stores, 'promote', 'before') })).rejects.toThrow('died before promote');
    await row.edit(login.id, THEIRS);
    expect(await row.rotateToEnd(login.id, { ...row.patient, stores: behind(row.patient.stores, before, 2) })).toBe('done');
    await expectTheirs(row, login);
  });

  it.each(MORE)('and where it answers once with what the rotation had written over their edit (%s)', async (backend) => {
    const login = await row.testEnvironment.addEndpoint('alpine', backend);
    expect(await row.rotateToEnd(login.id, { ...row.patient, stores: losing(row.patient.stores, withTheirs) })).toBe('done');
    await expectTheirs(row, login);
  });

  itInLongForm('and where its history is behind, too', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.rotateToEnd(login.id, { ...row.patient, stores: losing(row.patient.stores, withTheirs, 'behind') })).toBe('done');
    await expectTheirs(row, login);
  });

  itInLongForm('and where the store goes on answering with that, the portal is not asked again and again', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const before = await row.open(login.id);
    await expect(row.rotate(login.id, { ...row.patient, stores: dyingStores(row.patient.stores, 'promote', 'before') })).rejects.toThrow('died before promote');
    await row.edit(login.id, THEIRS);
    const { loginsAccepted: accepted } = await row.history(login.id);
    const report = await row.rotate(login.id, { ...row.patient, stores: behind(row.patient.stores, before, 60) });
    expect(report).toMatchObject({ kind: 'attempt', attempt: { state: 'waiting' } });
    expect((await row.history(login.id)).loginsAccepted - accepted).toBeLessThan(4);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await expectTheirs(row, login);
  });

  it('and what they set at the portal later, while the promotion had to wait, stays current', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const dying = (step: 'promote' | 'replace') => ({ ...row.patient, stores: dyingStores(row.patient.stores, step, 'before') });
    await expect(row.rotate(login.id, dying('promote'))).rejects.toThrow('died before promote');
    const password = 'Stored-first-and-set-later-1';
    await row.edit(login.id, { ...THEIRS, password });
    await expect(row.rotate(login.id, dying('replace'))).rejects.toThrow('died before replace');
    await row.setAtPortal(login.id, password);
    await row.rotateToEnd(login.id);
    expect((await row.open(login.id)).fields.password).toBe(password);
    await expectTheirs(row, login);
  });

  itInLongForm('because the portal made an abandoned change after all', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'makes_it_after', delayMs: 5 * HOUR });
    await row.rotateToEnd(login.id);
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'none' });
    await row.edit(login.id, THEIRS);
    await row.pass(5 * HOUR);
    await row.untilIn(login.id, { stepMs: 10 * MINUTE, atMostMs: 3 * HOUR });
    await expectTheirs(row, login);
  });

  itInLongForm('because a rotation found that the portal accepts the copy of the one before', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'makes_it_after', delayMs: 12 * HOUR });
    await row.rotateToEnd(login.id);
    await row.edit(login.id, THEIRS);
    await row.testEnvironment.portals.setAccountFault(login, { fault: '500_before_commit', count: 1 });
    await row.rotate(login.id, row.patient);
    await row.pass(12 * HOUR);
    await row.rotateToEnd(login.id);
    await expectTheirs(row, login);
  });

  itInLongForm('because the portal went back to an earlier password', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.visit(login.id)).toBe('in');
    const { password } = (await row.open(login.id)).fields;
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await row.edit(login.id, THEIRS);
    expect(await row.visit(login.id)).toBe('in');
    await row.setAtPortal(login.id, password);
    await row.untilIn(login.id, { stepMs: 10 * MINUTE, atMostMs: 3 * HOUR });
    await expectTheirs(row, login);
  });

  itInLongForm('because the portal keeps the first 14 characters', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    await row.edit(login.id, THEIRS);
    await row.testEnvironment.portals.setHabits('alpine', { keepsFirst: 14 });
    await row.rotateToEnd(login.id);
    await expectTheirs(row, login);
  });

  itInLongForm('because they edited it while a rotation was blocked, and then said what the portal accepts', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    await row.testEnvironment.portals.setAccountFault(login, { fault: '500_before_commit', count: 1 });
    expect((await row.rotate(login.id, row.patient)).kind).toBe('attempt');
    await row.setAtPortal(login.id, 'Set-by-a-person-1');
    expect(await row.rotateToEnd(login.id)).toBe('blocked');
    const staged = (await row.storedPasswords(login.id)).at(-1) ?? '';
    await row.setAtPortal(login.id, staged);
    await row.edit(login.id, THEIRS);
    await row.pass(HOUR);
    const act = { actor: 'person:os:test', reason: 'support has set it', endpointId: login.id, proof: 'login', seen: null, dryRun: false } as const;
    await resolveCommand({ opened: row.process, json: true, signal: new AbortController().signal }, { ...act, accept: 'staged' });
    await row.rotateToEnd(login.id);
    await expectTheirs(row, login);
  });

  it('because they wrote it while the login was rolled back to an earlier password', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const { password } = (await row.open(login.id)).fields;
    expect(await row.rotateToEnd(login.id)).toBe('done');
    const dying = { ...row.patient, stores: dyingStores(row.patient.stores, 'promote', 'before') };
    const place = { orgId: login.orgId, endpointId: login.id };
    const asked = { ...place, kind: 'rollback', chosenVersion: '1', actor: 'person:os:test', reason: 'test' } as const;
    const { requestId } = await requestRotation(row.testEnvironment.db, asked);
    const request = { ...place, reason: 'rollback', requestId, signal: new AbortController().signal } as const;
    await expect(rotateLogin(dying, request)).rejects.toThrow('died before promote');
    await row.edit(login.id, THEIRS);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await expectTheirs(row, login);
    expect((await row.open(login.id)).fields.password).toBe(password);
  });
});
