import { asSuperuser } from '@rcm/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer, Browser } from './browser.fixture.ts';
import { countIn, mustBeHarmless } from './harmless.fixture.ts';
import { HOSTILE, SEALED, tellStory, wantedTyping } from './story.fixture.ts';
import { ASKED, FORGED, pagesOf } from './hostile.fixture.ts';
import { openTestConsole, PEOPLE, type TestConsole } from './testing.fixture.ts';

/** Every text that a portal, a tenant, an issuer or a person can write is one that wants to be more than a text. */
let w: TestConsole;
let browser: Browser;
let token: string;
let paths: readonly string[];

beforeAll(async () => {
  w = await openTestConsole({ people: PEOPLE.map((person) => ({ ...person, name: HOSTILE })) });
  const { queuedTask, failedTask } = await tellStory(w.url, () => HOSTILE);
  browser = await w.browser('all-of-all');
  await asSuperuser(
    w.url,
    wantedTyping(crypto.randomUUID(), 'hospital-1', 'alpine-locked', {
      actor: `'person:oidc:${w.issuer}#all-of-all'`,
      reason: `'${HOSTILE.replaceAll("'", "''")}'`,
    }),
  );
  token = await browser.token();
  expect(await browser.post('/o/hospital-1/views', { token, name: HOSTILE })).toMatchObject({ status: 303 });
  paths = pagesOf([queuedTask, failedTask]);
});
afterAll(() => w?.close());
const count = (query: string): Promise<number> => countIn(w.url, query);

test('what everybody has written is a text on every page, and what patients have is on none', async () => {
  let seen = 0;
  for (const path of paths) {
    const answer = await browser.get(path);
    mustBeHarmless(answer, path);
    if (answer.text.includes('&lt;script>alert(1)')) seen += 1;
    expect(answer.text).not.toContain(SEALED);
  }
  // Otherwise nothing was tried.
  expect(seen).toBe(paths.length);
});

test.each(['show', 'portal', 'month', 'day', 'after', 'before', 'actor', 'action', 'login', 'to'])(
  'what is asked for in %s comes back as a text, or not at all',
  async (name) => {
    for (const path of ASKED) {
      const answer = await browser.get(`${path}?${new URLSearchParams({ [name]: HOSTILE }).toString()}`);
      expect(answer.status).toBeLessThan(500);
      mustBeHarmless(answer, `${path} ${name}`);
    }
  },
);

test.each([HOSTILE, '../../etc/passwd', '%00', "' OR 1=1 --", 'a'.repeat(99), '*', '..', 'constructor', '__proto__'])(
  'an organization or a login called %j is none',
  async (id) => {
    const missing = (await browser.get('/o/none/logins')).text;
    const name = encodeURIComponent(id);
    for (const path of [`/o/${name}/logins`, `/o/hospital-1/logins/${name}`, `/o/hospital-1/logins/${name}/set`, `/o/hospital-1/tasks/${name}`]) {
      const answer = await browser.get(path);
      if (answer.status !== 400) expect([answer.status, answer.text], path).toEqual([404, missing]);
    }
  },
);

test('a reason is kept as it was written and shown as a text; one that cannot be kept is refused', async () => {
  const at = '/o/hospital-1/logins/alpine-well-2/acts';
  expect(await browser.post(`${at}/pause`, { token, reason: HOSTILE })).toMatchObject({ status: 303 });
  const page = await browser.get('/o/hospital-1/logins/alpine-well-2');
  mustBeHarmless(page, 'pause');
  expect(await count(`SELECT FROM rotation_pause WHERE endpoint_id = 'alpine-well-2' AND reason = '${HOSTILE.replaceAll("'", "''")}'`)).toBe(1);
  for (const reason of ['', '  ', 'x'.repeat(1_001), 'a\0b', 'a\nb', '\u202eab'])
    expect(await browser.post(`${at}/verify`, { token, reason }), JSON.stringify(reason)).toMatchObject({ status: 400 });
  expect(await count(`SELECT FROM login_request WHERE endpoint_id = 'alpine-well-2'`)).toBe(0);
});

test('which password is accepted, and where to pause, is one of what there is', async () => {
  const before = await count('SELECT FROM login_request');
  for (const choice of [undefined, HOSTILE, 'typed', 'staged', 'constructor', ''])
    expect(
      await browser.post('/o/hospital-1/logins/alpine-failing/acts/resolve', { token, reason: 'r', ...(choice === undefined ? {} : { choice }) }),
      choice,
    ).toMatchObject({ status: 400 });
  for (const portal of [undefined, HOSTILE, 'none-such', '', '%', 'constructor'])
    expect(await browser.post('/all/acts/pause', { token, reason: 'r', ...(portal === undefined ? {} : { portal }) }), portal).toMatchObject({ status: 400 });
  expect(await count('SELECT FROM login_request')).toBe(before);
});

test('where the database fails at one of several, those before stand and those after are not begun; of one alone it is said that nobody knows', async () => {
  const chosen = ['alpine-failing', 'alpine-locked', 'alpine-well-3'];
  const fields = [['token', token], ['reason', 'because'], ...chosen.map((id) => ['login', id])];
  await asSuperuser(w.url, [
    `CREATE FUNCTION goes_away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'gone' USING ERRCODE = '57P01'; END $$`,
    `CREATE TRIGGER goes_away BEFORE INSERT ON rotation_pause FOR EACH ROW WHEN (NEW.endpoint_id = 'alpine-locked') EXECUTE FUNCTION goes_away()`,
  ]);
  const several = await browser.send('/o/hospital-1/bulk/acts/pause', { method: 'POST', headers: { origin: w.origin }, body: new URLSearchParams(fields) });
  const one = await browser.post('/o/hospital-1/logins/alpine-locked/acts/pause', { token, reason: 'because' });
  await asSuperuser(w.url, ['DROP FUNCTION goes_away CASCADE', `DELETE FROM rotation_pause WHERE endpoint_id = 'alpine-failing'`]);
  expect([several.status, several.text.match(/taken:|It is not known whether it was done|Not begun/g)]).toEqual([
    503,
    ['taken:', 'It is not known whether it was done', 'Not begun'],
  ]);
  expect([one.status, /<h1>([^<]*)/.exec(one.text)?.[1]]).toEqual([503, 'Not known whether it was done']);
});

test('several are chosen, looked at and acted on one by one: fifty at most, and another’s is none', async () => {
  const send = (path: string, logins: readonly string[]): Promise<Answer> =>
    browser.send(`/o/hospital-1/bulk${path}`, {
      method: 'POST',
      headers: { origin: w.origin },
      body: new URLSearchParams([['token', token], ['reason', HOSTILE], ...logins.map((login): [string, string] => ['login', login])]),
    });
  const asked = () => count(`SELECT FROM login_request WHERE kind = 'verify' AND ended_at IS NULL`);
  const before = await asked();
  const fifty = Array.from({ length: 51 }, (_, i) => `alpine-none-${i}`);
  for (const path of ['', '/acts/verify', '/acts/pause'])
    for (const logins of [fifty, [], ['alpine-well-3', HOSTILE], ['alpine-well-3', '*']]) expect(await send(path, logins), path).toMatchObject({ status: 400 });
  for (const act of ['rotate', 'rollback', 'resolve', 'retry', 'constructor'])
    expect(await send(`/acts/${act}`, ['alpine-well-3'])).toMatchObject({ status: 404 });
  expect(await asked()).toBe(before);
  const mixed = ['alpine-well-3', 'alpine-2', 'alpine-locked', 'alpine-well-3'];
  const preview = await send('', mixed);
  mustBeHarmless(preview, 'preview');
  expect([preview.status, preview.text.includes('2 logins of'), preview.text.includes('alpine-2<'), await asked()]).toEqual([200, true, false, before]);
  const done = await send('/acts/verify', mixed);
  mustBeHarmless(done, 'done');
  expect([done.text.includes('There is no such login here'), await asked()]).toEqual([true, before + 2]);
  const again = await send('/acts/verify', ['alpine-well-3', 'alpine-failing']);
  expect([again.status, again.text.includes('asked for already'), await asked()]).toEqual([200, true, before + 3]);
  await send('/acts/pause', ['alpine-locked', 'alpine-failing', 'alpine-2']);
  expect(await count(`SELECT FROM rotation_pause WHERE endpoint_id IN ('alpine-locked', 'alpine-failing')`)).toBe(2);
  expect(await count(`SELECT FROM rotation_pause WHERE endpoint_id = 'alpine-2'`)).toBe(0);
  const paused = await send('/acts/pause', ['alpine-locked']);
  expect([paused.text.includes('paused already; the first reason stands'), paused.text.includes('taken:')]).toEqual([true, false]);
  await send('/acts/resume', ['alpine-locked', 'alpine-failing']);
  expect(await count(`SELECT FROM rotation_pause WHERE endpoint_id IN ('alpine-locked', 'alpine-failing')`)).toBe(0);
  expect(
    await count(
      `SELECT FROM audit_event WHERE action LIKE 'rotation.%' AND reason = '${HOSTILE.replaceAll("'", "''")}' AND subject IN ('alpine-locked', 'alpine-failing')`,
    ),
  ).toBe(4);
});

test('the same is not asked for twice while it waits', async () => {
  const verify = () => browser.post('/o/hospital-1/logins/alpine-well-2/acts/verify', { token, reason: 'once' });
  expect([(await verify()).status, (await verify()).status]).toEqual([303, 409]);
});

test.each(FORGED)('a form with %s does nothing', async (_name, fields, headers) => {
  const another = await (await w.browser('one-operator')).token();
  const given = fields.token === 'own' ? token : fields.token === 'another' ? another : fields.token;
  const before = await count('SELECT FROM login_request');
  const sent = await browser.post(
    '/o/hospital-1/logins/alpine-locked/acts/unlocked',
    { ...(given ? { token: given } : {}), reason: 'evil' },
    { origin: w.origin, ...headers },
  );
  expect(sent).toMatchObject({ status: 403 });
  expect(await browser.post('/sign-out', given ? { token: given } : {}, { origin: w.origin, ...headers })).toMatchObject({
    status: 403,
  });
  expect([await count('SELECT FROM login_request'), (await browser.get('/')).status]).toEqual([before, 200]);
});

test('nothing is done by a link, by another kind of form, or by JSON', async () => {
  const at = '/o/hospital-1/logins/alpine-locked/acts/unlocked';
  const before = await count('SELECT FROM login_request');
  expect(await browser.get(`${at}?token=${token}&reason=evil`)).toMatchObject({ status: 404 });
  for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x'])
    expect(
      (await browser.send(at, { method: 'POST', headers: { 'content-type': type, origin: w.origin }, body: JSON.stringify({ token, reason: 'evil' }) })).status,
      type,
    ).toBeGreaterThanOrEqual(400);
  for (const method of ['PUT', 'DELETE', 'PATCH'])
    expect((await browser.send(at, { method, headers: { origin: w.origin } })).status).toBeGreaterThanOrEqual(400);
  expect(await count('SELECT FROM login_request')).toBe(before);
});

test('every answer forbids all scripts but one, frames, guesses of its kind and being kept', async () => {
  const stranger = await w.browser(null);
  const answers = [
    await browser.get('/'),
    await browser.get('/nothing'),
    await stranger.get('/'),
    await stranger.get('/sign-in'),
    await browser.post('/sign-out', {}),
    await browser.get('/%'),
    await browser.get('/o/hospital-1/logins/alpine-locked/set'),
    await browser.post(`/o/hospital-1/requests/${crypto.randomUUID()}/acts/type`, { token, password: 'x' }),
  ];
  const [, script] = /<script src="([^"]+)"/.exec((await browser.get('/all/logins')).text) ?? [];
  const served = await stranger.get(script ?? '');
  expect([served.status, served.headers.get('content-type'), served.headers.get('cache-control')]).toEqual([
    200,
    'text/javascript; charset=utf-8',
    'public, max-age=31536000, immutable',
  ]);
  for (const { headers } of answers) {
    expect(headers.get('content-security-policy')).toBe(
      `default-src 'none'; script-src ${w.origin}${script}; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`,
    );
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('server')).toBeNull();
  }
});

test('a role of Postgres that is taken away ends the console’s work with words and no detail', async () => {
  await asSuperuser(w.url, [`REVOKE SELECT ON organization FROM rcm_console`]);
  const answer = await browser.get('/o/hospital-1/logins');
  await asSuperuser(w.url, [`GRANT SELECT ON organization TO rcm_console`]);
  expect(answer.status).toBeGreaterThanOrEqual(500);
  expect(answer.text).not.toMatch(/permission denied|organization|SELECT/);
});
