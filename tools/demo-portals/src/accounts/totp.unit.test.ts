import { describe, expect, test } from 'vitest';
import { codeAt, GOOD, openPortals, SEED } from '../testing/portals.fixture.ts';
import { isUsableSeed, matchingSteps } from './totp.ts';

const [PASSWORD] = GOOD.borealis;

async function openWithSeed() {
  const portals = await openPortals();
  await portals.control.seed({ portal: 'borealis', username: 'anna', password: PASSWORD, mfaSeed: SEED });
  const login = (offset: number) => portals.guest('borealis').login('anna', PASSWORD, codeAt(portals.clock.now(), offset));
  return { ...portals, login, [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose]() };
}

describe('one-time codes', () => {
  test('the code of the step before, of this one and of the next are accepted, in any order, each once', async () => {
    await using portals = await openWithSeed();
    for (const offset of [1, -1, 0]) expect(await portals.login(offset)).toBe('in');
    for (const offset of [1, -1, 0]) expect(await portals.login(offset)).toBe('code_rejected');
    expect(await portals.control.account('borealis', 'anna')).toMatchObject({ loginsAccepted: 3, loginsRejected: 3, mfaRejected: 3 });
  });

  test('a code two steps away is refused', async () => {
    await using portals = await openWithSeed();
    for (const offset of [-2, 2]) expect(await portals.login(offset)).toBe('code_rejected');
  });

  test('a step stays used while time goes on', async () => {
    await using portals = await openWithSeed();
    expect(await portals.login(1)).toBe('in');
    portals.clock.advance(60_000);
    expect(await portals.login(-1)).toBe('code_rejected');
    expect(await portals.login(0)).toBe('in');
  });

  test('of two browsers that send one code at the same instant, one gets in', async () => {
    await using portals = await openWithSeed();
    const ends = await Promise.all([portals.login(0), portals.login(0)]);
    expect(ends.toSorted()).toEqual(['code_rejected', 'in']);
  });

  test('the right password alone counts nothing', async () => {
    await using portals = await openWithSeed();
    expect(await portals.guest('borealis').login('anna', PASSWORD)).toBe('code');
    expect(await portals.control.account('borealis', 'anna')).toMatchObject({ loginsAccepted: 0, loginsRejected: 0 });
  });

  test('a code is not asked of who did not prove the password', async () => {
    await using portals = await openWithSeed();
    const { visitor } = portals.guest('borealis');
    await visitor.get('/api/session');
    await visitor.postJson('/api/identify', { username: 'anna' });
    expect(await visitor.postJson('/api/code', { code: codeAt(portals.clock.now()) })).toMatchObject({ status: 401 });
  });
});

test('codes are those of RFC 6238, appendix B (the last six of its eight digits)', () => {
  const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  expect(matchingSteps(seed, '287082', 59_000).steps).toEqual([1]);
  expect(matchingSteps(seed, '081 804', 1_111_111_109_000).steps).toEqual([37_037_036]);
});

test.each([
  ['JBSWY3DPEHPK3PXP', true],
  ['jbsw y3dp ehpk 3pxp', true],
  ['JBSWY3DPEHPK3PX1', false],
  ['JBSW', false],
  ['', false],
])('seed %j can be used: %s', (seed, usable) => expect(isUsableSeed(seed)).toBe(usable));
