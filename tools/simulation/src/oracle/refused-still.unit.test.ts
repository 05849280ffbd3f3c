import { describe, expect, test } from 'vitest';
import type { Account } from '../portal/account.ts';
import type { PortalEntry } from '../portal/record.ts';
import type { SimLogin } from '../environment/sim-login.ts';
import { isRefusedStill, wasRefusedBySlowParts } from './refused-still.ts';

const [TOLD_MS, TRULY_MS] = [60_000, 600_000];
const account = { username: 'user', password: 'new', passwordAt: 0, propagatedAt: TRULY_MS } as Account;

type Try = readonly [atMs: number, by: PortalEntry['by'], password: string, ended: PortalEntry['ended']];

/** A login at a portal with such a record, of which the platform was told `toldMs`. */
function login(tries: readonly Try[], toldMs = TOLD_MS): SimLogin {
  const record = tries.map(([at, by, password, ended]) => ({ act: 'login', username: 'user', at, by, password, ended }));
  const portal = { habits: { foldsCase: false, propagationDelayMs: TRULY_MS }, record };
  return { portal, door: { type: { propagationDelayMs: toldMs } } } as unknown as SimLogin;
}

const REFUSED: Try = [70_000, 'rotator', 'new', 'wrong'];
const FORMER: Try = [80_000, 'rotator', 'old', 'accepted'];

describe('that a portal refuses what it holds, and takes another, for longer than told', () => {
  test.each<[string, readonly Try[], number, boolean]>([
    ['is so where the record has both', [REFUSED, FORMER], 90_000, true],
    ['is not, where nothing was refused', [FORMER], 90_000, false],
    ['is not, where no other was taken', [REFUSED], 90_000, false],
    [
      'is not, where the other was taken within the time that was told',
      [
        [10_000, 'rotator', 'new', 'wrong'],
        [20_000, 'rotator', 'old', 'accepted'],
      ],
      90_000,
      false,
    ],
    ['is not, where a person was refused', [[70_000, 'person', 'new', 'wrong'], FORMER], 90_000, false],
    ['is not, before the time is over that was told', [REFUSED, FORMER], TOLD_MS - 1, false],
    ['is not, once every part knows it', [REFUSED, FORMER], TRULY_MS, false],
  ])('%s', (_, tries, now, expected) => {
    expect(isRefusedStill(login(tries), account, now)).toBe(expected);
  });
});

describe('that nobody can know the newest password for right', () => {
  test.each<[string, readonly Try[], number, boolean]>([
    ['is so where a part has refused it', [REFUSED], TOLD_MS, true],
    ['is so, whatever refused it again later', [REFUSED, [TRULY_MS + 1, 'agent', 'new', 'wrong']], TOLD_MS, true],
    ['is not, where it got in since', [REFUSED, [90_000, 'agent', 'new', 'accepted']], TOLD_MS, false],
    ['is not, where only later something refused it', [[TRULY_MS + 1, 'agent', 'new', 'wrong']], TOLD_MS, false],
    ['is not, where another was refused', [[70_000, 'rotator', 'old', 'wrong']], TOLD_MS, false],
    ['is not at a portal that keeps to its time', [REFUSED], TRULY_MS, false],
  ])('%s', (_, tries, toldMs, expected) => {
    expect(wasRefusedBySlowParts(login(tries, toldMs), account)).toBe(expected);
  });
});
