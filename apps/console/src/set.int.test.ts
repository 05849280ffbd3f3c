import { type Database, openDatabase } from '@rcm/db';
import { listWantedTypings, offerTypingKey, sealedForTyping, takeTyped } from '@rcm/db/acts';
import { createOneTimeKey, type OneTimeKey } from '@rcm/db/sealing';
import { asSuperuser, urlFor } from '@rcm/db/testing';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Browser } from './browser.fixture.ts';
import { countIn, mustBeHarmless } from './harmless.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

/** What is typed into the console, by somebody at a browser and by somebody who is not, beside a rotator that only waits. */
let w: TestConsole;
let rotator: Database;
let logs = '';
const people = new Map<string, { readonly browser: Browser; readonly token: string }>();
beforeAll(async () => {
  w = await openTestConsole({ logger: createLogger({ name: 'console', level: 'trace', destination: { write: (line) => void (logs += line) } }) });
  await asSuperuser(w.url, [
    `SELECT set_config('app.tenant_id', '*', false)`,
    `INSERT INTO login_identity (id) VALUES (repeat('c', 64))`,
    `UPDATE integration_endpoint SET login_identity = repeat('c', 64), secret_arn = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/c', current_version = '1' WHERE id = 'alpine-1'`,
  ]);
  rotator = openDatabase({ url: urlFor('rcm_rotator', w.url), applicationName: 'rotator', role: 'rcm_rotator' });
  for (const id of ['one-operator', 'all-operator', 'both', 'one-viewer', 'mixed']) {
    const browser = await w.browser(id);
    people.set(id, { browser, token: await browser.token() });
  }
});
afterAll(async () => {
  await rotator?.close();
  await w?.close();
});
beforeEach(() => asSuperuser(w.url, ['DELETE FROM login_request']));

const LOGIN = '/o/hospital-1/logins/alpine-1';
const PASSWORD = 'canary <b>"Chosen"</b> & at-the-portal-7';
const SEED = 'KRSXG5CTMVRXEZLU';
const person = (id: string) => {
  const found = people.get(id);
  if (!found) throw new Error(`nobody is ${id}`);
  return found;
};
const get = (path: string, who = 'one-operator') => person(who).browser.get(path);
const post = (path: string, fields: Readonly<Record<string, string>>, who = 'one-operator') =>
  person(who).browser.post(path, { token: person(who).token, ...fields });
const ask = (who = 'one-operator') => post(`${LOGIN}/acts/set`, { reason: 'read from the letter' }, who);
const typed = () => countIn(w.url, 'SELECT 1 FROM login_typing WHERE sealed IS NOT NULL');

/** Asked for, and a rotator waits. */
async function offered(): Promise<{ readonly id: string; readonly path: string; readonly key: OneTimeKey }> {
  expect(await ask()).toMatchObject({ status: 303 });
  const [wanted] = await listWantedTypings(rotator, { limit: 1 });
  if (!wanted) throw new Error('nothing is wanted');
  const key = createOneTimeKey(sealedForTyping(wanted));
  await offerTypingKey(rotator, { ...wanted, publicKey: key.publicKey, forMs: 300_000 });
  return { id: wanted.requestId, path: `/o/hospital-1/requests/${wanted.requestId}/acts/type`, key };
}

test('whoever asked is led to a form, and what they type there opens for the rotator alone and is on no page', async () => {
  expect((await get(`${LOGIN}/set`)).text).toContain('No rotator waits');
  expect(await ask()).toMatchObject({ status: 303 });
  expect((await get(LOGIN)).text).toContain('waits for a rotator');
  await asSuperuser(w.url, ['DELETE FROM login_request']);
  const { id, path, key } = await offered();
  const page = await get(LOGIN);
  expect([page.text.includes(`href="${LOGIN}/set"`), page.text.includes('waits for what is to be typed')]).toEqual([true, true]);
  const form = await get(`${LOGIN}/set`);
  expect(form.text.match(/<input name="(password|seed)"[^>]*>/g)).toEqual([
    '<input name="password" type="password" required maxlength="1000" autocomplete="off" spellcheck="false" autofocus/>',
    '<input name="seed" type="password" maxlength="300" autocomplete="off" spellcheck="false"/>',
  ]);
  expect(form.headers.get('cache-control')).toBe('no-store');
  expect(form.text).toMatch(/failed logins left/);
  mustBeHarmless(form, 'form');
  const answer = await post(path, { password: PASSWORD, seed: SEED });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, `${LOGIN}#asked`]);
  const pages = [answer, await get(LOGIN), await get(`${LOGIN}/set`), await get('/o/hospital-1/audit'), await get('/o/hospital-1/logins'), await get('/')];
  expect(pages[1]?.text).toContain('typed; its rotator takes it');
  for (const { text, headers } of pages) for (const each of [PASSWORD, 'canary', SEED]) expect(text + JSON.stringify([...headers])).not.toContain(each);
  const taken = await takeTyped(rotator, { requestIds: [id], takenBy: 'rotator@host:1' });
  expect(JSON.parse(key.open(taken?.sealed ?? new Uint8Array()).reveal())).toEqual({ password: PASSWORD, mfa_seed: SEED });
  expect((await get(LOGIN)).text).toContain('under way');
  expect(logs).toContain('a person has typed the password of a login');
  for (const each of ['canary', SEED]) expect(logs).not.toContain(each);
});

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['nothing', {}, 'A password has 1 to 1,000 characters'],
  ['too much', { password: `canary-${'x'.repeat(1_000)}` }, 'A password has 1 to 1,000 characters'],
  ['a seed that is none', { password: 'canary-7', seed: 'canary!' }, 'A seed of one-time codes is base32'],
])('%s is refused in words that repeat nothing, and it is waited for on', async (_, fields, words) => {
  const { path } = await offered();
  const answer = await post(path, fields);
  expect([answer.status, answer.text.includes(words), answer.text.includes('canary'), await typed()]).toEqual([400, true, false, 0]);
  expect(await post(path, { password: PASSWORD })).toMatchObject({ status: 303 });
});

test('a form that is longer than any, or names a field twice, is refused without what it held', async () => {
  const { path } = await offered();
  const { browser, token } = person('one-operator');
  const long = await post(path, { password: 'canary'.repeat(5_000) });
  const twice = await browser.send(path, {
    method: 'POST',
    headers: { origin: w.origin },
    body: new URLSearchParams([
      ['token', token],
      ['password', 'canary-1'],
      ['password', 'canary-2'],
    ]),
  });
  for (const answer of [long, twice]) expect([answer.status >= 400, answer.text.includes('canary')]).toEqual([true, false]);
  expect([await typed(), logs.includes('canary')]).toEqual([0, false]);
});

test('it is typed once, in time, and by whoever asked', async () => {
  const { path } = await offered();
  for (const who of ['both', 'all-operator']) {
    expect(await post(path, { password: PASSWORD }, who)).toMatchObject({ status: 409, text: expect.stringContaining('they alone type it') as string });
    expect((await get(LOGIN, who)).text).not.toContain(`${LOGIN}/set"`);
    expect((await get(`${LOGIN}/set`, who)).text).not.toContain('<input name="password"');
  }
  const both = await Promise.all([post(path, { password: 'canary-1' }), post(path, { password: 'canary-2' })]);
  expect(both.map(({ status }) => status).sort()).toEqual([303, 409]);
  expect(await post(path, { password: PASSWORD })).toMatchObject({ status: 409, text: expect.stringContaining('typed already') as string });
  await asSuperuser(w.url, ['DELETE FROM login_request']);
  const late = await offered();
  await asSuperuser(w.url, [`UPDATE login_typing SET offered_at = offered_at - interval '1 hour', open_until = open_until - interval '1 hour'`]);
  expect(await post(late.path, { password: PASSWORD })).toMatchObject({ status: 409, text: expect.stringContaining('ask again') as string });
  expect((await get(`${LOGIN}/set`)).text).toMatch(/It is over.*Ask again/s);
  expect((await get(LOGIN)).text).toContain('over; nothing was typed');
});

test('before a rotator waits, and once it was withdrawn, nothing is sent', async () => {
  await ask();
  const [wanted] = await listWantedTypings(rotator, { limit: 1 });
  const path = `/o/hospital-1/requests/${wanted?.requestId ?? ''}/acts`;
  expect(await post(`${path}/type`, { password: PASSWORD })).toMatchObject({ status: 409, text: expect.stringContaining('No rotator waits') as string });
  expect(await post(`${path}/withdraw`, { reason: 'found it' })).toMatchObject({ status: 303 });
  expect(await post(`${path}/type`, { password: PASSWORD })).toMatchObject({ status: 409 });
  expect(await typed()).toBe(0);
});

test('at one login one request waits, and another act may be asked for beside', async () => {
  expect([(await ask()).status, (await ask()).status, (await ask('all-operator')).status]).toEqual([303, 409, 409]);
  expect(await post(`${LOGIN}/acts/verify`, { reason: 'a look' })).toMatchObject({ status: 303 });
});

test('what is another’s, or for another role, is answered word for word as what never was', async () => {
  const { path, id } = await offered();
  const none = (who: string) =>
    post(`/o/hospital-1/requests/${crypto.randomUUID()}/acts/type`, { password: PASSWORD }, who).then(({ status, text }) => [status, text]);
  for (const who of ['one-viewer', 'mixed']) {
    const { status, text } = await post(path, { password: PASSWORD }, who);
    expect([status, text]).toEqual(await none(who));
    expect(await get(`${LOGIN}/set`, who)).toMatchObject({ status: 404, text });
  }
  const elsewhere = await post(`/o/hospital-2/requests/${id}/acts/type`, { password: PASSWORD }, 'mixed');
  expect([elsewhere.status, elsewhere.text]).toEqual(await none('mixed'));
  for (const wrong of ['no-id', '%00', 'constructor'])
    expect(await post(`/o/hospital-1/requests/${wrong}/acts/type`, { password: PASSWORD })).toMatchObject({ status: 404 });
  expect(await typed()).toBe(0);
});

test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
  ['no token', { token: '' }, {}],
  ['a token of nobody', { token: 'A'.repeat(43) }, {}],
  ['a page of another site', {}, { origin: 'https://evil.example' }],
  ['a browser that says that another site sent it', {}, { 'sec-fetch-site': 'cross-site' }],
])('a form with %s types nothing', async (_, fields, headers) => {
  const { path } = await offered();
  const { browser, token } = person('one-operator');
  const answer = await browser.post(path, { token, password: PASSWORD, ...fields }, { origin: w.origin, ...headers });
  expect([answer.status, answer.text.includes('canary'), await typed()]).toEqual([403, false, 0]);
});

test('nothing is typed by a link, by JSON, or by whoever is not signed in', async () => {
  const { path } = await offered();
  const { browser, token } = person('one-operator');
  const link = await browser.get(`${path}?${new URLSearchParams({ token, password: PASSWORD }).toString()}`);
  const json = await browser.send(path, {
    method: 'POST',
    headers: { origin: w.origin, 'content-type': 'application/json' },
    body: JSON.stringify({ token, password: PASSWORD }),
  });
  const stranger = await (await w.browser(null)).post(path, { token, password: PASSWORD });
  expect([link.status, json.status >= 400, stranger.status, await typed()]).toEqual([404, true, 401, 0]);
  for (const { text } of [link, json, stranger]) expect(text).not.toContain('canary');
  expect(logs).not.toContain('canary');
});

test('where no password is to come into the console, there is no such act, page or form', async () => {
  const closed = await openTestConsole({ url: w.url, takesPasswords: false });
  try {
    const browser = await closed.browser('one-operator');
    const token = await browser.token();
    const { path } = await offered();
    const none = await browser.get('/o/hospital-1/logins/none');
    for (const answer of [
      await browser.post(`${LOGIN}/acts/set`, { token, reason: 'r' }),
      await browser.post(path, { token, password: PASSWORD }),
      await browser.get(`${LOGIN}/set`),
    ])
      expect([answer.status, answer.text]).toEqual([404, none.text]);
    const page = (await browser.get(LOGIN)).text;
    expect([page.includes('acts/set"'), page.includes(`${LOGIN}/set"`), page.includes('none is typed into this console')]).toEqual([false, false, true]);
    expect(await typed()).toBe(0);
  } finally {
    await closed.close();
  }
});
