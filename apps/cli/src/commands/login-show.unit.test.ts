import type { LoginInFull } from '@rcm/db/fleet';
import { expect, test } from 'vitest';
import type { View } from '../terminal.ts';
import { loginLines } from './login-show.ts';

const now = new Date('2026-11-26T12:00:00Z');
const at = (hours: number): Date => new Date(now.getTime() + hours * 3_600_000);
const view: View = { width: 10_000, now, paint: (style, text) => (style === 'dim' ? text : `<${style}>${text}`) };

/** A login of which there is nothing to say but what every login has. */
const WELL: LoginInFull = {
  ...{ id: 'a', orgId: 'clinic', portalTypeCode: 'alpine', portalName: 'Alpine', accountId: 'desk', loginIdentity: 'i', rotationMode: 'automatic' },
  ...{ automation: 'allowed', stored: true, secretArn: 'aws-sm:a', currentVersion: '3', locked: false, shared: false, oldReaders: false },
  ...{ retiredAt: null, lastRotatedAt: null, nextRotationAt: at(48), expiresAt: null, refusedSince: null, firstAcceptedAt: null, lastAcceptedAt: null },
  ...{ lockedUntil: null, openState: null, rotationNotBefore: null, searchWantedAt: null, verifyAt: null, lastRefused: null, budget: null },
  ...{ backupCodes: null, attempt: null, leases: [], waitingTasks: [], pauses: [], portalStopped: null, notifications: [], alsoAt: [] },
};
/** By their names; what was said first is the login and its state. */
const factsOf = (more: Partial<LoginInFull>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    loginLines({ ...WELL, ...more }, view)
      .slice(1)
      .flatMap((line) => {
        const [, name, value] = /^(\w+(?: \w+)*) {2,}(.*)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value] as const];
      }),
  );

test('of a login that nothing has happened to, it says that', () => {
  const [head] = loginLines(WELL, view);
  expect(head).toMatch(/^<bold>a {2}<\w+>\w+/);
  const facts = factsOf({});
  expect(facts).toMatchObject({ organization: 'clinic', portal: 'Alpine (alpine), account desk', 'last accepted': 'never', rotated: 'never', version: '3' });
  expect(Object.keys(facts)).toEqual(['organization', 'portal', 'last accepted', 'rotated', 'next rotation', 'version']);
});

const refused: LoginInFull['lastRefused'] = { at: at(-2), outcome: 'rejected', effect: 'suspect', version: '2', by: 'agent' };
const budget: LoginInFull['budget'] = { failuresLeft: 1, of: 3, why: 'budget_spent', until: at(1) };
const attempt: LoginInFull['attempt'] = {
  id: '1',
  state: 'staged',
  reason: 'due',
  waitingUntil: null,
  since: at(-1),
  owner: 'rotator-1',
  detail: 'the portal is slow',
};
test.each<[string, Partial<LoginInFull>, string]>([
  ['last accepted', { lastAcceptedAt: at(-3) }, '3 h ago'],
  ['last refused', { lastRefused: refused }, '2 h ago: rejected, password suspect, version 2, by agent'],
  ['last refused', { lastRefused: { ...refused, effect: null } }, '2 h ago: rejected, password none, version 2, by agent'],
  ['failing since', { refusedSince: at(-4) }, '4 h ago'],
  ['budget', { budget: { ...budget, why: null, until: null } }, '1 of 3 failed logins left'],
  ['budget', { budget: { ...budget, why: null } }, '1 of 3 failed logins left, better in 1 h'],
  ['budget', { budget: { ...budget, until: null } }, '1 of 3 failed logins left (budget_spent)'],
  ['budget', { budget }, '1 of 3 failed logins left (budget_spent), better in 1 h'],
  ['backup codes', { backupCodes: { left: 4, at: at(-5) } }, '4 left when one was typed 5 h ago'],
  ['rotated', { lastRotatedAt: at(-6) }, '6 h ago'],
  ['expires', { expiresAt: at(7) }, 'in 7 h'],
  ['verified', { verifyAt: at(8) }, 'in 8 h by itself, if nobody uses it until then'],
  ['open attempt', { attempt }, 'staged since 1 h ago, by rotator-1: the portal is slow'],
  ['open attempt', { attempt: { ...attempt, detail: null } }, 'staged since 1 h ago, by rotator-1'],
  ['held', { leases: [{ kind: 'shared', holder: 'agent', since: at(-1), until: at(1) }] }, 'shared by agent since 1 h ago, ends in 1 h'],
  ['waiting task', { waitingTasks: [{ name: 'claims', id: '7', notBefore: at(1), why: 'busy', deadlineAt: at(2) }] }, 'claims 7, goes on in 1 h: busy'],
  ['told', { notifications: [{ at: at(-1), kind: 'blocked', detail: 'x' }] }, '1 h ago: blocked, x'],
  ['also at', { alsoAt: ['b', 'c'] }, 'b, c'],
])('%s: %j', (name, more, value) => expect(factsOf(more)[name]).toBe(value));

test.each<[string, Partial<LoginInFull>, string]>([
  ['well', { firstAcceptedAt: at(-3) }, '<green>ok'],
  ['used no more', { retiredAt: at(-1) }, '<yellow>retired'],
  ['blocked', { openState: 'blocked' }, '<red>blocked'],
])('one that is %s is shown so', (_, more, painted) => expect(loginLines({ ...WELL, ...more }, view)[0]).toContain(painted));
