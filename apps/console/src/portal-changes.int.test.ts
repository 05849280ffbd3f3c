import { type Database, openDatabase } from '@rcm/db';
import { proposePortalType, showPortalChange } from '@rcm/db/acts';
import { PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from './browser.fixture.ts';
import { countIn, mustBeHarmless } from './harmless.fixture.ts';
import { HOSTILE } from './story.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

/** What somebody proposes that a portal type is to be, looked at and decided on by somebody else. */
let w: TestConsole;
let operator: Database;
const people = new Map<string, { readonly browser: Browser; readonly token: string }>();
beforeAll(async () => {
  w = await openTestConsole();
  operator = openDatabase({ url: urlFor('rcm_operator', w.url), applicationName: 'operator', role: 'rcm_operator' });
  for (const id of ['all-operator', 'all-approver', 'all-of-all', 'one-approver']) {
    const browser = await w.browser(id);
    people.set(id, { browser, token: await browser.token() });
  }
});
afterAll(async () => {
  await operator?.close();
  await w?.close();
});

const person = (id: string) => {
  const found = people.get(id);
  if (!found) throw new Error(`nobody is ${id}`);
  return found;
};
const propose = async (then: object, who = 'somebody'): Promise<string> =>
  (await proposePortalType(operator, { ...PLAIN_PORTAL_TYPE, ...then }, { actor: `person:oidc:${w.issuer}#${who}`, reason: HOSTILE })).id;
const decide = (who: string, id: string, answer: string, reason = 'read it') =>
  person(who).browser.post(`/all/portal-changes/${id}/acts/${answer}`, { token: person(who).token, reason });

test('what it would change is shown as text, field by field and line by line; an approval saves nothing', async () => {
  const id = await propose({ name: HOSTILE, recipe: { login: [HOSTILE] } });
  const list = await person('all-operator').browser.get('/all/portals');
  mustBeHarmless(list, 'list');
  expect(list.text).toContain(`/all/portals/changes/${id}`);
  const page = await person('all-operator').browser.get(`/all/portals/changes/${id}`);
  mustBeHarmless(page, 'change');
  expect(page.text).toMatch(/<li class="comes">.*&lt;script>/);
  expect(page.text).toMatch(/<td data-title="Now"><code class="exact">&quot;Alpine Health&quot;<\/code>/);
  expect(page.text).not.toContain('/acts/');
  expect(page.text).toContain('An approver of all organizations decides');
  expect(await decide('all-operator', id, 'approve')).toMatchObject({ status: 404 });
  expect(await decide('all-approver', id, 'approve', ' ')).toMatchObject({ status: 400 });
  expect(await decide('all-approver', id, 'approve')).toMatchObject({ status: 303 });
  expect(await showPortalChange(operator, { id })).toMatchObject({ state: 'approved', decidedBy: `person:oidc:${w.issuer}#all-approver` });
  expect(await countIn(w.url, `SELECT FROM portal_type WHERE code = 'alpine' AND name = 'Alpine Health'`)).toBe(1);
  expect((await person('all-operator').browser.get(`/all/portals/changes/${id}`)).text).toContain('rcm portal-type save --request');
  expect(await decide('all-approver', id, 'decline')).toMatchObject({ status: 409 });
});

test('what could hide something of it, or turn its line around, is there by its number', async () => {
  const id = await propose({ code: 'turned', hosts: ['alpine.example', 'a\u202e\u200blpine.example'], recipe: { login: ['\u2066'] } });
  const { text } = await person('all-operator').browser.get(`/all/portals/changes/${id}`);
  expect(text).toContain('a\\u202e\\u200blpine.example');
  expect(text).toMatch(/<li class="comes">.*\\u2066/);
  expect(text).not.toMatch(/[\u200b\u202e\u2066]/);
});

test.each<[what: string, then: (last: string) => object]>([
  ['recipe', (last) => ({ recipe: { login: [...Array.from({ length: 3_000 }, (_, i) => `step ${i}`), last] } })],
  ['list of fields', (last) => ({ ...Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`field${i}`, i])), zLast: last })],
])('a %s that the page does not show to its end is not approved on it, and may be declined', async (what, then) => {
  const last = `beyond-the-end-${crypto.randomUUID()}`;
  const id = await propose({ code: `long-${what.replaceAll(' ', '-')}`, ...then(last) });
  const { text } = await person('all-approver').browser.get(`/all/portals/changes/${id}`);
  expect(text).not.toContain(last);
  expect([text.includes('/acts/approve'), text.includes('/acts/decline')]).toEqual([false, true]);
  expect(text).toContain(`rcm portal-type proposed ${id}`);
  expect(await decide('all-approver', id, 'approve')).toMatchObject({ status: 409, text: expect.stringContaining('does not show all') as string });
  expect(await showPortalChange(operator, { id })).toMatchObject({ state: 'undecided', decidedBy: null });
  expect(await decide('all-approver', id, 'decline')).toMatchObject({ status: 303 });
});

test('a long change that the page shows to its end is approved on it', async () => {
  const last = `at-the-end-${crypto.randomUUID()}`;
  const id = await propose({ code: 'quite-long', recipe: { login: [...Array.from({ length: 2_900 }, (_, i) => `step ${i}`), last] } });
  const { text } = await person('all-approver').browser.get(`/all/portals/changes/${id}`);
  expect([text.includes(last), text.includes('/acts/approve')]).toEqual([true, true]);
  expect(await decide('all-approver', id, 'approve')).toMatchObject({ status: 303 });
});

test('nobody approves their own, whatever roles they have; they may take it back', async () => {
  const id = await propose({ code: 'own', propagationDelayMs: 5 }, 'all-of-all');
  const page = (await person('all-of-all').browser.get(`/all/portals/changes/${id}`)).text;
  expect([page.includes('acts/approve'), page.includes('acts/decline')]).toEqual([false, true]);
  expect(await decide('all-of-all', id, 'approve')).toMatchObject({ status: 409, text: expect.stringContaining('somebody else') as string });
  expect(await decide('all-of-all', id, 'decline')).toMatchObject({ status: 303 });
  expect((await person('all-approver').browser.get(`/all/portals/changes/${id}`)).text).not.toContain('/acts/');
});

test('that it waits is told to those who look after all organizations, of a portal type that is not there yet, too, and that it does not any more', async () => {
  const id = await propose({ code: 'not-there-yet' });
  const { browser } = person('all-approver');
  const told = async () => /<tr>(?:(?!<\/tr>).)*not-there-yet.*?<\/tr>/s.exec((await browser.get('/all/notifications')).text)?.[0] ?? '';
  expect(await told()).toMatch(/approval waiting.*>portal type not-there-yet<.*request /s);
  expect(await told()).not.toContain('>over<');
  await decide('all-approver', id, 'decline');
  expect(await told()).toContain('>over<');
  expect((await person('one-approver').browser.get('/o/hospital-1/notifications')).text).not.toContain('not-there-yet');
});

test('for whoever has a role in one organization alone there is none', async () => {
  const id = await propose({ code: 'not-theirs', propagationDelayMs: 5 });
  const { browser } = person('one-approver');
  const missing = (await browser.get('/o/no-such-place/logins')).text;
  for (const path of [`/all/portals/changes/${id}`, `/o/hospital-1/portals/changes/${id}`]) {
    const { status, text } = await browser.get(path);
    expect([status, text]).toEqual([404, missing]);
  }
  const { status, text } = await decide('one-approver', id, 'approve');
  expect([status, text]).toEqual([404, missing]);
  expect((await browser.get('/o/hospital-1/portals')).text).not.toContain(id);
});

test.each([crypto.randomUUID(), HOSTILE, 'constructor', '..'])('a change called %j is none', async (id) => {
  const { browser } = person('all-approver');
  expect((await browser.get(`/all/portals/changes/${encodeURIComponent(id)}`)).status).toBeGreaterThanOrEqual(400);
  expect((await decide('all-approver', encodeURIComponent(id), 'approve')).status).toBe(404);
  expect((await decide('all-approver', crypto.randomUUID(), 'constructor')).status).toBe(404);
});
