import { formatReference, parsePayload, parseReference, placeKey, serializePayload } from '@rcm/credentials';
import { findEndpoint } from '@rcm/db';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { beginMove, recordMove } from '@rcm/db/migration';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { itInLongForm } from '../long-form.fixture.ts';
import { DAY, HOUR, MINUTE, openRowEnvironment, refusals, type RowEnvironment } from './row-environment.fixture.ts';

/** Logins of one organization whose secrets lie in two accounts of AWS. */
const SECOND = '222222222222';
const WHY = { actor: 'person:os:jane', reason: 'the first account is full' };

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment({ furtherAccounts: [SECOND] })));
afterAll(() => row?.close());
beforeEach(() => [row.testEnvironment.aws, ...row.testEnvironment.further].forEach((aws) => aws.setFaults({ kind: 'none' })));

const second = () => {
  const [account] = row.testEnvironment.further;
  if (!account) throw new Error('there is no second account');
  return account;
};
const well = async (id: string) => {
  expect(await row.visit(id)).toBe('in');
  expect(await row.holdsAccepted(id)).toBe(true);
  expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
};

/** As `rcm endpoint move` does it; the row follows in one transaction. */
async function moveToSecond(id: string): Promise<void> {
  const { db, stores, orgId, environmentName } = row.testEnvironment;
  const endpoint = await findEndpoint(db, { endpointId: id });
  if (!endpoint?.secretArn) throw new Error(`${id} names no secret`);
  const [from, store] = [parseReference(endpoint.secretArn), stores.forTenant(orgId)];
  const stored = await store.read(from);
  if (!stored || from.store === 'vault') throw new Error('there is nothing to move');
  const lease = await acquireExclusiveLease(db, { endpointId: id, orgId, holder: 'migrator', ttlMs: 60_000, wantMs: 2_000 });
  if (!lease.granted) throw new Error(lease.reason);
  const to = { ...from, accountId: SECOND };
  await beginMove(db, { endpointId: id, orgId, place: placeKey(to) });
  const made = await store.create(to, stored.text, { TenantId: orgId, Environment: environmentName, PortalType: endpoint.portalTypeCode });
  const named = (secretArn: string, version: string, place: string) => ({ secretArn, version, place });
  const move = {
    endpointId: id,
    orgId,
    leaseId: lease.lease.id,
    from: named(endpoint.secretArn, stored.version, placeKey(from)),
    to: named(formatReference(made.reference), made.version, placeKey(to)),
  };
  expect(await recordMove(db, move, WHY)).toBe('moved');
  await releaseLease(db, { leaseId: lease.lease.id, orgId });
}
/** What the store that is no more named holds of the attempts' copies. */
const copiesAt = (secretArn: string) => row.rotator.stores.forTenant(row.testEnvironment.orgId).listStaged(parseReference(secretArn));

describe('secrets in two accounts', () => {
  it('are searched though the account is down that one was moved away from, with the copies of its rotations', async () => {
    const { id } = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.rotateToEnd(id)).toBe('done');
    await moveToSecond(id);
    const { db, stores, orgId } = row.testEnvironment;
    const reference = parseReference((await findEndpoint(db, { endpointId: id }))?.secretArn ?? '');
    const stored = await stores.forTenant(orgId).read(reference);
    if (!stored) throw new Error('it was not moved');
    const wrong = parsePayload(stored.text).map((payload) => ({ ...payload, password: 'Not-what-the-portal-has-1' }));
    await stores.forTenant(orgId).replace(reference, serializePayload(wrong), stored.version);
    expect(await row.visit(id)).not.toBe('in');
    row.testEnvironment.aws.setFaults({ kind: 'down', match: 'ssm' });
    await row.untilIn(id, { stepMs: MINUTE, atMostMs: HOUR });
    row.testEnvironment.aws.setFaults({ kind: 'none' });
    await well(id);
  });

  it.each(isLongForm() ? (['ssm', 'secrets-manager'] as const) : (['ssm'] as const))('are used and rotated in both, %s', async (store) => {
    const logins = [await row.testEnvironment.addEndpoint('alpine', store), await row.testEnvironment.addEndpoint('alpine', store, SECOND)];
    for (const { id } of logins) expect(await row.visit(id)).toBe('in');
    for (const { id } of logins) expect(await row.rotateToEnd(id)).toBe('done');
    for (const { id } of logins) await well(id);
  });

  itInLongForm('one account throttles, then is down: logins of the other are used and rotated meanwhile, and nobody is refused in either', async () => {
    const [here, there] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine', 'ssm', SECOND)];
    for (const { id } of [here, there]) expect(await row.visit(id)).toBe('in');
    for (const kind of ['throttle', 'down'] as const) {
      second().setFaults({ kind });
      await well(here.id);
      expect(await row.rotateToEnd(here.id)).toBe('done');
      await well(here.id);
      expect(await row.visit(there.id)).not.toBe('in');
      second().setFaults({ kind: 'none' });
      await row.untilIn(there.id, { stepMs: MINUTE, atMostMs: HOUR });
      await row.pass(DAY);
    }
    expect(await row.rotateToEnd(there.id)).toBe('done');
    for (const { id } of [here, there]) {
      await well(id);
      expect(refusals(await row.history(id)).wrong).toBe(0);
    }
  });
});

describe('a login that was moved to the other account', () => {
  it('leaves no copy of a finished rotation at the first once it was rotated at the other, however late the first can be reached', async () => {
    const [near, down] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine')];
    for (const { id } of [near, down]) {
      expect(await row.rotateToEnd(id)).toBe('done');
      await moveToSecond(id);
    }
    for (const { secretArn } of [near, down]) expect(await copiesAt(secretArn)).toHaveLength(1);

    expect(await row.rotateToEnd(near.id)).toBe('done');
    expect(await copiesAt(near.secretArn)).toEqual([]);
    expect([await row.visit(near.id), refusals(await row.history(near.id))]).toMatchObject(['in', { atLocked: 0, lockedByUs: 0, wrong: 0 }]);

    row.testEnvironment.aws.setFaults({ kind: 'down', match: 'ssm' });
    expect(await row.rotateToEnd(down.id)).toBe('done');
    row.testEnvironment.aws.setFaults({ kind: 'none' });
    expect(await copiesAt(down.secretArn)).toHaveLength(1);
    expect(await row.rotateToEnd(down.id)).toBe('done');
    expect(await copiesAt(down.secretArn)).toEqual([]);
    expect([await row.visit(down.id), refusals(await row.history(down.id))]).toMatchObject(['in', { atLocked: 0, lockedByUs: 0, wrong: 0 }]);
  });

  itInLongForm('is used and rotated there, and what lies at the first is no more than what was', async () => {
    const { id, secretArn } = await row.testEnvironment.addEndpoint('alpine');
    await well(id);
    await moveToSecond(id);
    expect(await row.visit(id)).toBe('in');
    const before = (await row.rotator.stores.forTenant(row.testEnvironment.orgId).read(parseReference(secretArn)))?.version;
    expect(await row.rotateToEnd(id)).toBe('done');
    expect(await row.visit(id)).toBe('in');
    expect((await row.rotator.stores.forTenant(row.testEnvironment.orgId).read(parseReference(secretArn)))?.version).toBe(before);
    expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0, wrong: 0 });
  });

  it('gets in again where the portal makes a change after all that was staged at the first', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const { id, secretArn } = login;
    await well(id);
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'says_used_before_makes_it', delayMs: 5 * HOUR });
    expect(await row.rotateToEnd(id)).toBe('abandoned');
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'none' });
    const copies = await copiesAt(secretArn);
    expect(copies.length).toBeGreaterThan(0);
    await moveToSecond(id);
    expect(await row.visit(id)).toBe('in');
    await row.pass(5 * HOUR);
    await row.untilIn(id, { stepMs: 10 * MINUTE, atMostMs: DAY });
    expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
    // A month after the portal was seen to accept what is current, they go from where they lie.
    await row.pass(31 * DAY);
    expect(await row.visit(id)).toBe('in');
    await row.removeOldCopies();
    expect(await copiesAt(secretArn)).toEqual([]);
  });
});
