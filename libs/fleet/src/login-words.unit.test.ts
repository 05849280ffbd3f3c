import type { LoginInFull } from '@rcm/db/fleet';
import { expect, test } from 'vitest';
import { nextStepsFor, whyRotatedThen } from './login-words.ts';

const day = (number: number) => new Date(Date.UTC(2031, 0, number));
const DUE = day(10);

const LOGIN: LoginInFull = {
  ...{ id: 'e', orgId: 'o', portalTypeCode: 'alpine', portalName: 'Alpine', accountId: 'a', loginIdentity: 'i', secretArn: 's', currentVersion: '1' },
  ...{ rotationMode: 'automatic', stored: true, retiredAt: null, shared: false, oldReaders: false, openState: null, attempt: null, alsoAt: [] },
  ...{ lastRotatedAt: day(1), nextRotationAt: DUE, rotationNotBefore: null, expiresAt: null, searchWantedAt: null, verifyAt: null },
  ...{ refusedSince: null, firstAcceptedAt: null, lastAcceptedAt: null, lockedUntil: null, locked: false, lastRefused: null, budget: null, backupCodes: null },
  ...{ leases: [], waitingTasks: [], pauses: [], portalStopped: null, notifications: [], automation: 'allowed' },
};

const ATTEMPT = { id: 'r', state: 'blocked', reason: 'demand', owner: 'w', detail: null, since: day(2), waitingUntil: day(3) };
const PAUSE = { scope: 'login', actor: 'person:os:jane', reason: 'new pages', since: day(2) } as const;

/** Each with all that stand below it: the first that holds decides. */
const CAUSES: readonly (readonly [Partial<LoginInFull>, Date | null, string])[] = [
  [{ retiredAt: day(2) }, null, 'its organization uses it no more'],
  [{ stored: false }, null, 'its secret is not in the store yet'],
  [{ attempt: ATTEMPT }, day(3), 'a rotation is blocked (demand)'],
  [{ automation: 'forbidden' }, null, 'its terms let no program log in'],
  [{ shared: true }, null, 'it lies in several places, so nobody rotates it by itself'],
  [{ rotationMode: 'manual' }, DUE, 'a person changes passwords at the portal, and is told when'],
  [{ oldReaders: true }, null, 'plaintext of it lies in a row that somebody may still read'],
  [{ pauses: [PAUSE] }, DUE, 'it is paused: new pages'],
  [{ portalStopped: { since: day(2), cause: 'page_changed' } }, DUE, 'its portal’s breaker is open: page changed'],
  [{ rotationNotBefore: day(11) }, day(11), 'the last one did not get through, and it cools down'],
  [{ expiresAt: day(12) }, DUE, 'before the portal lets the password expire'],
];

test.each(CAUSES.map(([, at, why], index) => [why, at, index] as const))('a login is rotated then, as %s', (why, at, index) => {
  const login = Object.assign({}, LOGIN, ...CAUSES.slice(index).map(([cause]) => cause)) as LoginInFull;
  expect(whyRotatedThen(login)).toEqual({ at, why });
});

test.each([
  ['nothing else', {}],
  ['a cool-down that ends before', { rotationNotBefore: day(9) }],
  ['an end of the password that is sooner than it can be rotated', { expiresAt: day(9) }],
])('a login is rotated by its portal type’s interval with %s', (_what, change) => {
  expect(whyRotatedThen({ ...LOGIN, ...change })).toEqual({ at: DUE, why: 'by its portal type’s interval' });
});

test.each([
  ['nobody has decided whether its terms let a program log in', null, null],
  ['a person changes passwords at the portal, and is told when', 'assisted', DUE],
] as const)('a login that no program rotates, though its portal type is said to be rotated by one: %s', (why, automation, at) => {
  expect(whyRotatedThen({ ...LOGIN, automation, expiresAt: day(12) })).toEqual({ at, why });
});

test('a login of which nobody knows when it is due cools down for nothing', () => {
  expect(whyRotatedThen({ ...LOGIN, nextRotationAt: null, rotationNotBefore: day(11), expiresAt: day(12) })).toEqual({
    at: null,
    why: 'by its portal type’s interval',
  });
});

test.each([
  ['none', null, ['rcm login set e --reason', 'rcm login retry e --reason']],
  ['one that waits', 'waiting', ['rotation is waiting', 'put it into its secret']],
  ['one that is blocked', 'blocked', ['rcm login resolve e']],
] as const)('of a refused login with %s of its rotations open, no step is told that would be refused', (_what, openState, told) => {
  expect(nextStepsFor({ ...LOGIN, refusedSince: day(2), openState })).toEqual(told.map((words) => expect.stringContaining(words) as string));
});
