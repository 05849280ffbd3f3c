import type { LoginInFull } from '@rcm/db/fleet';
import { expect, test } from 'vitest';
import { htmlOf, markup } from '../web/markup.ts';
import { loginPage } from './login.ts';

const now = new Date('2026-11-26T12:00:00Z');
const at = (hours: number): Date => new Date(now.getTime() + hours * 3_600_000);

/** A login of which there is nothing to say but what every login has. */
const WELL: LoginInFull = {
  ...{ id: 'a', orgId: 'clinic', portalTypeCode: 'alpine', portalName: 'Alpine', accountId: 'desk', loginIdentity: 'i', rotationMode: 'automatic' },
  ...{ automation: 'allowed', stored: true, secretArn: 'aws-sm:a', currentVersion: '3', locked: false, shared: false, oldReaders: false },
  ...{ retiredAt: null, lastRotatedAt: null, nextRotationAt: at(48), expiresAt: null, refusedSince: null, firstAcceptedAt: null, lastAcceptedAt: null },
  ...{ lockedUntil: null, openState: null, rotationNotBefore: null, searchWantedAt: null, verifyAt: null, lastRefused: null, budget: null },
  ...{ backupCodes: null, attempt: null, leases: [], waitingTasks: [], pauses: [], portalStopped: null, notifications: [], alsoAt: [] },
};

const textOf = (html: string): string =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** By their names, as text. */
function factsOf(more: Partial<LoginInFull>): Readonly<Record<string, string>> {
  const shown = {
    ...{ login: { ...WELL, ...more }, history: { entries: [], before: null }, asked: [], typing: null, roles: [], person: 'person:os:jane', token: 't', now },
    ...{ showsPasswords: false, takesPasswords: false },
  };
  const html = htmlOf(markup`<main>${loginPage(shown)}</main>`);
  const [, list = ''] = /<dl class="facts">(.*?)<\/dl>/s.exec(html) ?? [];
  return Object.fromEntries([...list.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)].map(([, name = '', value = '']) => [name, textOf(value)]));
}

test('of a login that nothing has happened to, what every login has is shown, and nothing else', () => {
  const facts = factsOf({});
  expect(Object.keys(facts)).toEqual(['Organization', 'Last accepted', 'Rotated', 'Next rotation']);
  expect(facts).toMatchObject({ Organization: 'clinic', 'Last accepted': 'never', Rotated: 'never' });
});

const refused: LoginInFull['lastRefused'] = { at: at(-2), outcome: 'rejected', effect: 'suspect', version: '2', by: 'agent' };
const budget: LoginInFull['budget'] = { failuresLeft: 1, of: 3, why: 'budget_spent', until: at(1) };
const attempt: LoginInFull['attempt'] = {
  id: '1',
  state: 'staged',
  reason: 'due',
  owner: 'rotator-1',
  since: at(-1),
  waitingUntil: null,
  detail: 'the portal is slow',
};
test.each<[string, Partial<LoginInFull>, string]>([
  ['Last accepted', { lastAcceptedAt: at(-3) }, '3 h ago'],
  ['Last refused', { lastRefused: refused }, '2 h ago : rejected, password suspect'],
  ['Last refused', { lastRefused: { ...refused, effect: null } }, '2 h ago : rejected, password none'],
  ['Failing since', { refusedSince: at(-4) }, '4 h ago'],
  ['Budget', { budget: { ...budget, why: null, until: null } }, '1 of 3 failed logins left'],
  ['Budget', { budget: { ...budget, why: null } }, '1 of 3 failed logins left better in 1 h'],
  ['Budget', { budget: { ...budget, until: null } }, '1 of 3 failed logins left (budget_spent)'],
  ['Budget', { budget }, '1 of 3 failed logins left (budget_spent) better in 1 h'],
  ['Rotated', { lastRotatedAt: at(-6) }, '6 h ago'],
  ['Next rotation', {}, 'in 2 d : by its portal type’s interval'],
  ['Expires', { expiresAt: at(7) }, 'in 7 h'],
  ['Open rotation', { attempt }, 'staged since 1 h ago : the portal is slow'],
  ['Open rotation', { attempt: { ...attempt, detail: null } }, 'staged since 1 h ago'],
  ['Held', { leases: [{ kind: 'shared', holder: 'agent', since: at(-1), until: at(1) }] }, 'shared by agent, ends in 1 h'],
  ['Waiting tasks', { waitingTasks: [{ name: 'claims', id: '7', notBefore: at(1), why: 'busy', deadlineAt: at(2) }] }, '1'],
  ['Paused', { pauses: [{ scope: 'portal_type', actor: 'jane', reason: 'a new form', since: at(-1) }] }, 'portal type, 1 h ago : a new form'],
])('%s: %j', (name, more, value) => expect(factsOf(more)[name]).toBe(value));
