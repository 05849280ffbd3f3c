import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseLease } from '../leases/upkeep.ts';
import { type Account, Logins } from '../ledger/account.fixture.ts';
import { beginLoginAttempt, finishLoginAttempt } from '../ledger/attempt.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { openTestDatabase, plannedAttempt, printOf, type TestDatabase } from '../testing.fixture.ts';
import { countRefusedLogins, noteSearched, postponeSearch, startSearch, wantCredentialSearch } from './search.ts';
import { Searches } from './searches.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);
const searches = new Searches(() => t);

const notificationsOf = (on: Account) => t.sql(`SELECT kind, detail FROM notice WHERE endpoint_id = $1`, [on.endpointId]);

describe('a search is wanted', () => {
  test.each([
    ['suspect', true],
    ['bad', true],
    ['provisional', false],
    ['none', false],
  ] as const)('by a login that was refused as %s: %s; and people are told', async (effect, expected) => {
    const on = await logins.account({ propagationDelayMs: 0 });
    await searches.refuse(on, effect);
    expect(await searches.isWanted(on)).toBe(expected);
    expect((await notificationsOf(on)).map(({ kind }) => kind)).toEqual(expected ? ['refused'] : []);
  });

  test('not before the portal has had its time: the old password might still be accepted', async () => {
    const on = await logins.account({ propagationDelayMs: 600_000 });
    await searches.refuse(on);
    expect(await searches.isWanted(on)).toBe(false);
    await t.sql(`UPDATE integration_endpoint SET search_wanted_at = search_wanted_at - interval '600 s' WHERE id = $1`, [on.endpointId]);
    expect(await searches.isWanted(on)).toBe(true);
    // Whoever is refused again puts it off no further.
    await searches.refuse(on, 'bad', 'another');
    expect(await searches.isWanted(on)).toBe(true);
  });

  test('and people are told once a day, however often it is refused, and never of the password or its version', async () => {
    const on = await logins.account();
    await searches.refuse(on, 'bad', 'one');
    await searches.refuse(on, 'bad', 'two');
    expect(await notificationsOf(on)).toEqual([{ kind: 'refused', detail: 'the portal says that the password is wrong, and lets others in' }]);
  });

  test('not by a login of a rotation, which finds out by itself', async () => {
    const on = await logins.account();
    await releaseLease(t.agent, on);
    const { attemptId, leaseId } = await plannedAttempt(t.rotator, on);
    const asked = { ...on, leaseId, actor: 'rotator', version: '1', fingerprints: [printOf('right')], rotationAttemptId: attemptId } as const;
    const begun = await beginLoginAttempt(t.rotator, asked);
    if (!begun.allowed) throw new Error(begun.reason);
    await finishLoginAttempt(t.rotator, { loginAttemptId: begun.loginAttemptId, orgId: on.orgId, outcome: 'rejected', effect: 'bad', coolDownMs: 1_000 });
    await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE id = $1`, [attemptId]);
    expect(await searches.isWanted(on)).toBe(false);
  });

  test.each([
    ['retry', true],
    ['unlocked', false],
  ] as const)('by a person’s word that the password is right, in one transaction with it: %s: %s', async (kind, expected) => {
    const on = await logins.account({ propagationDelayMs: 600_000 });
    await clearLogin(t.rotator, { ...on, kind, actor: 'person:os:jane', reason: 'r' });
    expect(await searches.isWanted(on)).toBe(expected);
    const other = await logins.account();
    await expect(clearLogin(t.rotator, { ...other, kind, actor: '', reason: 'r' })).rejects.toMatchObject({ code: 'database_failed' });
    expect(await searches.isWanted(other)).toBe(false);
  });

  test('by an agent that sees it without a login', async () => {
    const on = await logins.account();
    expect(await searches.isWanted(on)).toBe(false);
    await wantCredentialSearch(t.agent, on);
    expect(await searches.isWanted(on)).toBe(true);
  });
});

describe('a search that is under way', () => {
  const begun = async () => {
    const on = await logins.account({ propagationDelayMs: 0 });
    await searches.refuse(on);
    return { on, start: await startSearch(t.rotator, on) };
  };

  test.each<[string, (on: Account) => Promise<unknown>]>([
    ['somebody is refused', (on) => searches.refuse(on, 'bad', 'another')],
    ['an agent sees another account in the secret', (on) => wantCredentialSearch(t.agent, on)],
    ['a person says that the password is right', (on) => clearLogin(t.rotator, { ...on, kind: 'retry', actor: 'person:os:jane', reason: 'r' })],
  ])('leaves what is wanted meanwhile to the next one: %s', async (_, meanwhile) => {
    const { on, start } = await begun();
    await meanwhile(on);
    await noteSearched(t.rotator, start);
    expect(await searches.isWanted(on)).toBe(true);
    await noteSearched(t.rotator, await startSearch(t.rotator, on));
    expect(await searches.isWanted(on)).toBe(false);
  });

  test('ends what it has seen, whichever process writes it twice', async () => {
    const { on, start } = await begun();
    await noteSearched(t.rotator, start);
    await noteSearched(t.rotator, start);
    expect(await searches.isWanted(on)).toBe(false);
  });

  test('puts itself off, and not what is wanted meanwhile', async () => {
    const { on, start } = await begun();
    await postponeSearch(t.rotator, { ...start, forMs: 3_600_000 });
    expect(await searches.isWanted(on)).toBe(false);
    const next = await startSearch(t.rotator, on);
    await wantCredentialSearch(t.agent, on);
    await postponeSearch(t.rotator, { ...next, until: new Date(Date.now() + 3_600_000) });
    expect(await searches.isWanted(on)).toBe(true);
  });

  test('is wanted still where the process that made it died', async () => {
    const { on } = await begun();
    expect(await searches.isWanted(on)).toBe(true);
  });
});

describe('what is to be searched', () => {
  test('comes the longest wanted first', async () => {
    const accounts = [await logins.account(), await logins.account(), await logins.account()];
    for (const on of accounts.toReversed()) await wantCredentialSearch(t.agent, on);
    const ids = accounts.map(({ endpointId }) => endpointId);
    expect((await searches.wanted()).filter((id) => ids.includes(id))).toEqual(ids.toReversed());
  });

  test('was not searched since; and is searched again when somebody was refused after that, but not before the pause is over', async () => {
    const on = await logins.account();
    await wantCredentialSearch(t.agent, on);
    await noteSearched(t.rotator, await startSearch(t.rotator, on));
    expect(await searches.isWanted(on)).toBe(false);
    await wantCredentialSearch(t.agent, on);
    expect(await searches.isWanted(on)).toBe(true);
    expect(await searches.isWanted(on, 3_600_000)).toBe(false);
    await t.sql(`UPDATE integration_endpoint SET searched_at = searched_at - interval '2 h' WHERE id = $1`, [on.endpointId]);
    expect(await searches.isWanted(on, 3_600_000)).toBe(true);
  });

  test('has no rotation under way, whoever’s it is', async () => {
    const on = await logins.account();
    const sharing = await logins.account(undefined, { loginIdentity: on.loginIdentity });
    for (const each of [on, sharing]) await releaseLease(t.agent, each);
    await wantCredentialSearch(t.agent, on);
    const { attemptId } = await plannedAttempt(t.rotator, sharing);
    expect(await searches.isWanted(on)).toBe(false);
    await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE id = $1`, [attemptId]);
    expect(await searches.isWanted(on)).toBe(true);
  });

  test('has a secret', async () => {
    const on = await logins.account();
    await wantCredentialSearch(t.agent, on);
    await t.sql(`UPDATE integration_endpoint SET secret_arn = NULL WHERE id = $1`, [on.endpointId]);
    expect(await searches.isWanted(on)).toBe(false);
  });
});

test('refused logins are counted until the portal shows that a password is right', async () => {
  const on = await logins.account();
  const before = await countRefusedLogins(t.rotator);
  await searches.refuse(on);
  await searches.refuse(on, 'bad', 'another');
  expect(await countRefusedLogins(t.rotator)).toBe(before + 1);
  await noteSearched(t.rotator, await startSearch(t.rotator, on));
  expect(await countRefusedLogins(t.rotator)).toBe(before + 1);
  await logins.login(on, 'accepted', { password: 'third' });
  expect(await countRefusedLogins(t.rotator)).toBe(before);
});
