import type { IdentityKeys } from '@rcm/credentials';
import { keyRows } from '@rcm/db/admin';
import { remainingBudget } from '@rcm/db/ledger';
import { Secret } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Login, MINUTE, openRowEnvironment, refusals, type RowEnvironment } from '../rows/row-environment.fixture.ts';
import { dyingDatabase } from './dying-database.fixture.ts';
import { moveKeys } from './move-keys.ts';

/** It dies at every seventh statement on a change (by turns under the one key and the other), at each in the long form. */
const NEXT_DEATH = isLongForm() ? 1 : 7;
let row: RowEnvironment;
let one: IdentityKeys['current'];
const two = { id: '2', key: new Secret('the second key of the accounts, of no real one') };
beforeAll(async () => {
  row = await openRowEnvironment({ endpoints: [] });
  one = row.rotator.keys.current;
});
// The test environment names its accounts with the first key, and knows no other.
afterEach(async () => {
  await leasesEnd();
  await move({ current: one, previous: two });
});
afterAll(() => row?.close());

const signal = new AbortController().signal;
const move = (keys: IdentityKeys, db = row.patient.db) => moveKeys({ ...row.patient, keys, db }, signal);
const nameOf = async ({ id }: Login) =>
  (
    await row.sql<{ keyId: string; id: string }>(
      'SELECT i.key_id AS "keyId", i.id FROM integration_endpoint e JOIN login_identity i ON i.id = e.login_identity WHERE e.id = $1',
      [id],
    )
  )[0];
const failuresLeft = async (login: Login): Promise<number> =>
  (await remainingBudget(row.rotator.db, { orgId: login.orgId, loginIdentity: (await nameOf(login))?.id ?? '' })).failuresLeft;
const loginsUnder = async (keyId: string): Promise<number> =>
  (await keyRows(row.rotator.db)).filter((rows) => rows.use === 'identity' && rows.keyId === keyId).reduce((sum, { count }) => sum + count, 0);
/** Leases of processes that are gone run out. */
const leasesEnd = () => row.sql('UPDATE login_lease SET expires_at = clock_timestamp() RETURNING 1 AS done', []);

/** The steps of a change, as processes are rolled out: at each, the configurations that run side by side. */
const steps = (): readonly (readonly [string, readonly IdentityKeys[]])[] => [
  ['before it', [{ current: one }]],
  ['the second key is rolled out', [{ current: one }, { current: one, previous: two }]],
  [
    'it becomes the current one',
    [
      { current: one, previous: two },
      { current: two, previous: one },
    ],
  ],
  ['rows are moved', [{ current: two, previous: one }]],
  ['the first key is taken away', [{ current: two, previous: one }, { current: two }]],
];

describe('while the identity key is changed', () => {
  it('an account has one budget at every step, whichever process asks, and the portal locks nobody', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const { fields } = await row.open(login.id);
    const budget = await failuresLeft(login);
    let tried = 0;
    for (const [step, configurations] of steps()) {
      for (const keys of configurations) {
        tried += 1;
        await row.edit(login.id, { password: `Not-the-password-${tried}` });
        const before = refusals(await row.history(login.id)).wrong;
        expect(await row.visit(login.id, keys), step).not.toBe('in');
        await row.mend(keys);
        const { wrong } = refusals(await row.history(login.id));
        // Whatever the portal has counted, the ledger has: by whichever name.
        expect({ step, left: await failuresLeft(login) }).toEqual({ step, left: budget - wrong });
        expect(wrong - before, step).toBeLessThanOrEqual(budget - before);
        expect(await row.history(login.id)).toMatchObject({ locked: false, accountsLocked: 0 });
      }
      if (step === 'rows are moved') expect((await move({ current: two, previous: one })).notMoved).toEqual([]);
    }
    expect(refusals(await row.history(login.id)).wrong).toBe(budget);
    expect(await nameOf(login)).toMatchObject({ keyId: '2' });
    await row.edit(login.id, { password: fields.password });
    await row.pass(20 * MINUTE);
    await row.mend({ current: two });
    expect(await row.visit(login.id, { current: two })).toBe('in');
  });

  it('work goes on: agents of both rollouts get in before the move and after it, and a rotation too', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const both: readonly IdentityKeys[] = [
      { current: one, previous: two },
      { current: two, previous: one },
    ];
    for (const keys of both) expect(await row.visit(login.id, keys)).toBe('in');
    await move({ current: two, previous: one });
    for (const keys of both) expect(await row.visit(login.id, keys)).toBe('in');
    for (const keys of both) expect(await row.rotateToEnd(login.id, { ...row.patient, keys })).toBe('done');
    expect(await nameOf(login)).toMatchObject({ keyId: '2' });
  });

  it('a process that has only the key before leaves a moved login alone, and makes no second account of it', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    await move({ current: two, previous: one });
    expect(await row.visit(login.id, { current: one })).toBe('login_not_allowed');
    await row.mend({ current: one });
    expect(await nameOf(login)).toMatchObject({ keyId: '2' });
    expect(await row.visit(login.id, { current: two })).toBe('in');
  });

  it('a cool-down that a password has is kept', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    await row.edit(login.id, { password: 'Not-the-password-and-it-rests' });
    await row.visit(login.id, { current: one, previous: two });
    const { wrong } = refusals(await row.history(login.id));
    await move({ current: two, previous: one });
    expect(await row.visit(login.id, { current: two })).not.toBe('in');
    expect(refusals(await row.history(login.id)).wrong).toBe(wrong);
  });
});

describe('while the fingerprint key is changed', () => {
  it('a stored password that cools down does so at every step, and what is under the key before is told and moved', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    const prints = async () =>
      (
        await row.sql<{ id: string }>(
          `SELECT DISTINCT split_part(fingerprint, ':', 1) AS id FROM login_attempt WHERE endpoint_id = $1 AND fingerprint IS NOT NULL`,
          [login.id],
        )
      ).map(({ id }) => id);
    expect(await row.visit(login.id)).toBe('in');
    await row.edit(login.id, { password: 'Not-the-password-and-it-rests' });
    await row.visit(login.id);
    const { wrong } = refusals(await row.history(login.id));
    const rollouts: readonly IdentityKeys[] = [
      { current: one },
      { current: one, fingerprint: { current: one, previous: two } },
      { current: one, fingerprint: { current: two, previous: one } },
    ];
    for (const keys of rollouts) expect(await row.visit(login.id, keys)).not.toBe('in');
    expect(await prints()).toEqual(['1']);
    expect(await move({ current: one, fingerprint: { current: two, previous: one } })).toMatchObject({ notMoved: [] });
    expect(await prints()).toEqual(['2']);
    expect(await row.visit(login.id, { current: one, fingerprint: { current: two } })).not.toBe('in');
    expect(refusals(await row.history(login.id)).wrong).toBe(wrong);
    await move({ current: one, fingerprint: { current: one, previous: two } });
  });
});

describe('the command', () => {
  it('killed at any statement leaves one account with one budget, and the next run ends it', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    await row.edit(login.id, { password: 'Not-the-password' });
    await row.visit(login.id);
    const left = await failuresLeft(login);
    await move({ current: one, previous: two });
    const ways = [
      { current: two, previous: one },
      { current: one, previous: two },
    ] as const;
    const counted = dyingDatabase(row.patient.db);
    await move(ways[0], counted);
    await move(ways[1]);
    let deaths = 0;
    for (let n = 1; n <= counted.statements(); n += NEXT_DEATH) {
      const keys = ways[n % 2 === 0 ? 1 : 0] ?? ways[0];
      const others = ways[n % 2 === 0 ? 0 : 1] ?? ways[1];
      const died = await move(keys, dyingDatabase(row.patient.db, n)).then(
        ({ notMoved }) => notMoved.length > 0,
        () => true,
      );
      deaths += died ? 1 : 0;
      expect({ n, left: await failuresLeft(login) }).toEqual({ n, left });
      await leasesEnd();
      // The other rollout's agent, too, finds the account where it is.
      expect((await move(keys)).notMoved).toEqual([]);
      expect({ n, left: await failuresLeft(login), name: (await nameOf(login))?.keyId }).toEqual({ n, left, name: keys.current.id });
      expect(await loginsUnder(others.current.id)).toBe(0);
    }
    expect(deaths).toBeGreaterThan(10 / NEXT_DEATH);
  });

  it('run by two at once moves everything once, and says what is left under the other key until then', async () => {
    const logins = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine')];
    const keys = { current: two, previous: one };
    expect(await loginsUnder('1')).toBeGreaterThanOrEqual(2);
    const runs = await Promise.all([move(keys), move(keys)]);
    expect(runs.flatMap(({ notMoved }) => notMoved).filter(({ why }) => why !== 'lease_unavailable')).toEqual([]);
    expect((await move(keys)).notMoved).toEqual([]);
    expect(await loginsUnder('1')).toBe(0);
    for (const login of logins) expect(await nameOf(login)).toMatchObject({ keyId: '2' });
  });
});
