import { asSuperuser } from '@rcm/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

let w: TestConsole;
beforeAll(async () => void (w = await openTestConsole()));
afterAll(() => w?.close());

const SESSION = '__Host-rcm-session';

test('whoever signs in at the issuer comes back to where they wanted to go, and out again', async () => {
  const browser = await w.browser(null);
  expect(await browser.get('/o/hospital-1/logins')).toMatchObject({ status: 303 });
  const arrived = await browser.signIn('one-operator', '/o/hospital-1/logins?show=all');
  expect([arrived.status, arrived.at]).toEqual([200, `${w.origin}/o/hospital-1/logins?show=all`]);
  expect(arrived.text).toContain('alpine-1');
  const left = await browser.post('/sign-out', { token: await browser.token() });
  expect([left.status, browser.cookies.has(SESSION)]).toEqual([303, false]);
  expect(await browser.get('/')).toMatchObject({ status: 303 });
});

test('the cookies are of this host alone, and no script, no plain line and no other site’s form has them', async () => {
  const browser = await w.browser(null);
  const begun = await browser.send('/sign-in/begin');
  const arrived = await browser.signIn('one-viewer');
  expect(arrived.status).toBe(200);
  expect(begun.headers.get('set-cookie')).toMatch(/^__Host-rcm-sign-in=/);
  const session = browser.setCookies.find((line) => line.startsWith(SESSION));
  for (const line of [begun.headers.get('set-cookie'), session]) {
    for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']) expect(line).toContain(attribute);
    expect(line).not.toContain('Domain');
  }
  expect(session).not.toMatch(/expires|max-age/i);
});

test('a session’s id is new at each sign-in, whatever the browser came with, and the one before is nobody’s any more', async () => {
  const browser = await w.browser(null);
  browser.cookies.set(SESSION, 'A'.repeat(43));
  await browser.signIn('one-viewer');
  const first = browser.cookies.get(SESSION) ?? '';
  expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(first).not.toBe('A'.repeat(43));
  await browser.signIn('one-viewer');
  expect(browser.cookies.get(SESSION)).not.toBe(first);
  const thief = await w.browser(null);
  thief.cookies.set(SESSION, first);
  expect(await thief.get('/')).toMatchObject({ status: 303 });
});

test('a session is of one browser, ends by itself, and its id is in no row', async () => {
  const browser = await w.browser('one-viewer');
  const id = browser.cookies.get(SESSION) ?? '';
  browser.agent = 'another browser';
  expect(await browser.get('/')).toMatchObject({ status: 303 });
  browser.agent = 'test browser';
  expect(await browser.get('/')).toMatchObject({ status: 200 });
  const rows = await rowsOf('SELECT s::text AS row FROM console_session s');
  expect(rows).not.toContain(id);
  expect(rows).not.toContain(Buffer.from(id).toString('hex'));
  await asSuperuser(w.url, [`UPDATE console_session SET seen_at = now() - interval '11 minutes'`]);
  expect(await browser.get('/')).toMatchObject({ status: 303 });
});

test('somebody may end all their sessions at once', async () => {
  const [one, other, elses] = [await w.browser('one-viewer'), await w.browser('one-viewer'), await w.browser('one-auditor')];
  await one.post('/sign-out', { token: await one.token(), everywhere: 'yes' });
  expect([(await other.get('/')).status, (await elses.get('/')).status]).toEqual([303, 200]);
});

test('what a group gave ends with the next sign-in, in every browser that has it, also where nothing is left', async () => {
  const groups = ['one-operator', 'one-viewer'];
  const other = await openTestConsole({ people: [{ id: 'mover', name: 'Mover', groups }] });
  try {
    const [first, second] = [await other.browser('mover'), await other.browser('mover')];
    expect([(await first.get('/o/hospital-1/codes')).status, (await second.get('/')).status]).toEqual([200, 200]);
    groups.splice(0, 1);
    const third = await other.browser('mover');
    expect([(await first.get('/o/hospital-1/codes')).status, (await second.get('/')).status, (await third.get('/')).status]).toEqual([303, 303, 200]);
    groups.splice(0, 1);
    expect((await (await other.browser(null)).signIn('mover')).status).toBe(403);
    expect((await third.get('/')).status).toBe(303);
  } finally {
    await other.close();
  }
});

test('whom no group gives a role, who has begun no sign-in and who comes back to another’s is not let in', async () => {
  const browser = await w.browser(null);
  const refused = await browser.signIn('nobody');
  expect([refused.status, browser.cookies.has(SESSION)]).toEqual([403, false]);
  expect(refused.text).toContain('none of your groups has a role here');
  expect(await browser.get('/signed-in?code=x&state=y')).toMatchObject({ status: 403 });
  // The answer of somebody's sign-in, opened in another's browser (login CSRF).
  const [attacker, victim] = [await w.browser(null), await w.browser(null)];
  const choosing = await attacker.follow('/sign-in/begin');
  const chosen = await attacker.send(choosing.at, { method: 'POST', body: new URLSearchParams({ person: 'one-operator' }) });
  const resumed = await attacker.send(new URL(chosen.headers.get('location') ?? '', choosing.at).href);
  await victim.send('/sign-in/begin');
  expect(await victim.send(resumed.headers.get('location') ?? '')).toMatchObject({ status: 403 });
  expect(victim.cookies.has(SESSION)).toBe(false);
});

test.each([
  '//evil.example',
  'https://evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  'javascript:alert(1)',
  '/%09//evil.example',
  '',
])('a sign-in that is to lead to %j ends here', async (to) => {
  const arrived = await (await w.browser(null)).signIn('one-viewer', to);
  expect(new URL(arrived.at).origin).toBe(w.origin);
  const page = (await (await w.browser(null)).get(`/sign-in?${new URLSearchParams({ to }).toString()}`)).text;
  const [, link = ''] = /href="(\/sign-in\/begin[^"]*)"/.exec(page) ?? [];
  expect(new URL(new URL(link, w.origin).searchParams.get('to') ?? '', w.origin).origin).toBe(w.origin);
});

test('another name that leads here is not answered as this console', async () => {
  const { hostname, port } = new URL(w.origin);
  const { request } = await import('node:http');
  const status = await new Promise((resolve) => {
    request({ host: hostname, port, path: '/sign-in', headers: { host: 'rebound.example' } }, (response) => resolve(response.statusCode)).end();
  });
  expect(status).toBe(403);
});

test('where a second factor is demanded, whoever signed in without one is not let in', async () => {
  const strict = await openTestConsole({ amr: 'mfa' });
  try {
    const refused = await (await strict.browser(null)).signIn('one-operator');
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('second factor') as string });
  } finally {
    await strict.close();
  }
});

async function rowsOf(query: string): Promise<string> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: w.url });
  await client.connect();
  try {
    return JSON.stringify((await client.query(query)).rows);
  } finally {
    await client.end();
  }
}

test('who may do what is seen, taken along and ended in one’s own organization, and of nobody what they are elsewhere', async () => {
  const [approver, operator, ended, other] = [
    await w.browser('one-approver'),
    await w.browser('one-operator'),
    await w.browser('one-auditor'),
    await w.browser('mixed'),
  ];
  const page = (await approver.get('/o/hospital-1/access')).text;
  const file = await approver.get('/o/hospital-1/access.csv');
  expect([file.headers.get('content-type'), file.headers.get('content-disposition')]).toEqual([
    'text/csv; charset=utf-8',
    'attachment; filename="access-hospital-1.csv"',
  ]);
  expect(file.text).toMatch(/^"person","name","at the last sign-in","first seen","last seen","open sessions"\r\n/);
  for (const text of [page, file.text])
    expect([text.includes('Mixed'), text.includes('viewer hospital-1'), text.includes('hospital-2')]).toEqual([true, true, false]);
  const missing = (await approver.get('/o/hospital-3/access')).text;
  for (const path of ['access', 'access.csv']) {
    for (const base of ['/o/hospital-2', '/all']) expect(await approver.get(`${base}/${path}`)).toMatchObject({ status: 404, text: missing });
    expect(await operator.get(`/o/hospital-1/${path}`)).toMatchObject({ status: 404 });
  }
  const auditor = await w.browser('all-auditor');
  const all = (await auditor.get('/all/access')).text;
  expect([all.includes('operator hospital-2'), all.includes('/acts/revoke')]).toEqual([true, false]);
  const [, handle] = /Revoke the session of One auditor<\/summary>.*?\/sessions\/([^/"]+)\/acts\/revoke/s.exec(page) ?? [];
  const revoke = async (browser: typeof approver, base: string) =>
    (await browser.post(`${base}/sessions/${handle}/acts/revoke`, { token: await browser.token(), reason: 'left the company' })).status;
  expect([
    await revoke(operator, '/o/hospital-1'),
    await revoke(auditor, '/all'),
    await revoke(approver, '/all'),
    await revoke(approver, '/o/hospital-2'),
  ]).toEqual([404, 404, 404, 404]);
  expect((await ended.get('/')).status).toBe(200);
  expect([await revoke(approver, '/o/hospital-1'), await revoke(approver, '/o/hospital-1')]).toEqual([303, 404]);
  expect([(await ended.get('/')).status, (await other.get('/')).status]).toEqual([303, 200]);
  expect((await approver.get('/o/hospital-1/audit?action=session.')).text).toContain('left the company');
});
