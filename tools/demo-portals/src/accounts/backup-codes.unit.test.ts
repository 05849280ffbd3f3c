import { expect, test } from 'vitest';
import { codeAt, GOOD, openPortals, SEED } from '../testing/portals.fixture.ts';

const [PASSWORD] = GOOD.borealis;
const CODES = ['1111-aaaa', '2222-bbbb'];

async function openWithCodes(mfaSeed?: string) {
  const portals = await openPortals();
  const seed = { portal: 'borealis', username: 'anna', password: PASSWORD, ...(mfaSeed ? { mfaSeed } : {}), backupCodes: CODES } as const;
  await portals.control.seed(seed);
  return {
    ...portals,
    seedAgain: () => portals.control.seed(seed),
    login: (code?: string) => portals.guest('borealis').login('anna', PASSWORD, code),
    typed: async () => (await portals.control.ask('GET', '/accounts/borealis/anna/backup-codes')).body.typed,
    [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose](),
  };
}

test('an account with backup codes alone is asked for one, and each is accepted once', async () => {
  await using portals = await openWithCodes();
  expect(await portals.login()).toBe('code');
  expect(await portals.login('2222-bbbb')).toBe('in');
  expect(await portals.login('2222-bbbb')).toBe('code_rejected');
  expect(await portals.login('3333-cccc')).toBe('code_rejected');
  expect(await portals.typed()).toEqual([0, 2]);
  expect(await portals.control.account('borealis', 'anna')).toMatchObject({ loginsAccepted: 1, mfaRejected: 2 });
});

test('of two browsers that send one code at the same instant, one gets in', async () => {
  await using portals = await openWithCodes();
  expect((await Promise.all([portals.login('1111-aaaa'), portals.login('1111-aaaa')])).toSorted()).toEqual(['code_rejected', 'in']);
});

test('an account with a seed takes either', async () => {
  await using portals = await openWithCodes(SEED);
  expect(await portals.login(codeAt(portals.clock.now()))).toBe('in');
  expect(await portals.login('1111-aaaa')).toBe('in');
});

test('the same codes given again stay used, others begin anew', async () => {
  await using portals = await openWithCodes();
  await portals.login('1111-aaaa');
  expect(await portals.seedAgain()).toBe('unchanged');
  expect(await portals.typed()).toEqual([1, 0]);
  await portals.control.seed({ portal: 'borealis', username: 'anna', password: PASSWORD, backupCodes: ['4444-dddd'] });
  expect(await portals.typed()).toEqual([0]);
});
