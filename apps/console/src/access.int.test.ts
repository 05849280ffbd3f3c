import { asSuperuser } from '@rcm/db/testing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessTable, ACT_NAMES, CASES, type Case, expectsAct, expectsPage, PAGE_NAMES } from './access/cases.fixture.ts';
import { type AllMade, makeAll, pairsOf } from './access/made.fixture.ts';
import { actPath, loginIn, pagePath } from './access/paths.fixture.ts';
import type { Browser } from './browser.fixture.ts';
import { BULK_ACTS } from './pages/bulk.ts';
import { PEOPLE, openTestConsole, type TestConsole } from './testing.fixture.ts';

let w: TestConsole;
const browsers = new Map<string, { readonly browser: Browser; readonly token: string }>();
let made: AllMade;

beforeAll(async () => {
  w = await openTestConsole();
  made = await makeAll(w.url);
  for (const { id } of PEOPLE.filter((person) => person.id !== 'nobody')) {
    const browser = await w.browser(id);
    browsers.set(id, { browser, token: await browser.token() });
  }
});
afterAll(() => w?.close());

/** Pages of rows that are some organization's, of one and of all. */
const OF_ALL = ['/logins', '/rotations', '/calendar?day=2031-03-05', '/migration', '/tasks', '/codes', '/approvals', '/notifications'];

const signedIn = (person: string) => {
  const found = browsers.get(person);
  if (!found) throw new Error(`nobody is ${person}`);
  return found;
};
const title = ({ role, where }: Case): string => `${role} ${where}`;

describe.each(CASES.map((each) => [title(each), each] as const))('%s', (_title, each) => {
  const missing = (browser: Browser): Promise<string> => browser.get('/o/no-such-place/logins').then(({ text }) => text);

  test.each(PAGE_NAMES)('page %s', async (page) => {
    const { browser } = signedIn(each.person);
    const answer = await browser.get(pagePath(page, each.organization, made));
    if (expectsPage(each, page)) return void expect(answer.status).toBe(200);
    expect([answer.status, answer.text]).toEqual([404, await missing(browser)]);
  });

  // Without a reason: whoever may act is told to give one, and nothing is done; whoever may not is told nothing.
  test.each(ACT_NAMES)('act %s', async (act) => {
    const { browser, token } = signedIn(each.person);
    const answer = await browser.post(actPath(act, each.organization, made), { token, reason: ' ' });
    // What was asked for with a reason is read, and typed, without another one, by whoever asked.
    const alone = act === 'read' ? 'they alone may read it' : act === 'type' ? 'they alone type it' : null;
    const told = alone === null ? [400, expect.stringContaining('Say why')] : [409, expect.stringContaining(alone)];
    if (expectsAct(each, act)) return void expect([answer.status, answer.text]).toEqual(told);
    expect([answer.status, answer.text]).toEqual([404, await missing(browser)]);
  });

  test.each(BULK_ACTS)('act %s on several', async (act) => {
    const { browser, token } = signedIn(each.person);
    const fields = { token, reason: ' ', login: loginIn(each.organization) };
    const [chosen, answer] = [
      await browser.post(`/o/${each.organization}/bulk`, fields),
      await browser.post(`/o/${each.organization}/bulk/acts/${act}`, fields),
    ];
    if (expectsAct(each, act)) return void expect([chosen.status, answer.status, answer.text]).toEqual([200, 400, expect.stringContaining('Say why')]);
    for (const { status, text } of [chosen, answer]) expect([status, text]).toEqual([404, await missing(browser)]);
  });
});

test('what is another’s is answered word for word, and header for header, as what does not exist', async () => {
  const { browser, token } = signedIn('one-operator');
  const heard = ({ status, text, headers }: Awaited<ReturnType<Browser['get']>>) => [status, text, [...headers].filter(([name]) => name !== 'date').sort()];
  for (const [theirs, nowhere] of pairsOf(made)) expect(heard(await browser.get(theirs)), theirs).toEqual(heard(await browser.get(nowhere)));
  const act = (path: string) => browser.post(path, { token, reason: 'because' }).then(heard);
  expect(await act('/o/hospital-2/logins/alpine-2/acts/pause')).toEqual(await act('/o/hospital-3/logins/alpine-2/acts/pause'));
  expect(await act('/o/hospital-1/logins/alpine-2/acts/verify')).toEqual(await act('/o/hospital-1/logins/none/acts/verify'));
  for (const place of [1, 2])
    expect(await act(`/o/hospital-${place}/requests/${made.typings['hospital-2']}/acts/type`)).toEqual(
      await act(`/o/hospital-3/requests/${crypto.randomUUID()}/acts/type`),
    );
  expect(await act(`/o/hospital-1/tasks/${made.tasks.get('hospital-2')}/acts/cancel`)).toEqual(
    await act(`/o/hospital-1/tasks/${crypto.randomUUID()}/acts/cancel`),
  );
});

test('no page of an organization names another’s login, whoever looks', async () => {
  await asSuperuser(w.url, [
    `INSERT INTO rotation_pause (org_id, endpoint_id, actor, reason) VALUES ('hospital-2', 'alpine-2', 'person:os:jane', 'r')`,
    `INSERT INTO login_identity (id) VALUES (repeat('b', 64))`,
    `UPDATE integration_endpoint SET login_identity = repeat('b', 64), secret_arn = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/b', current_version = '1', next_rotation_at = '2031-03-05T12:00:00Z' WHERE id = 'alpine-2'`,
    `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash)
     VALUES (gen_random_uuid(), repeat('b', 64), 'hospital-2', 'alpine-2', 'alpine', 'staged', 1, 'rotator@host:1', 'due', 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/b', '1', 'h')`,
  ]);
  await asSuperuser(w.url, [
    `INSERT INTO notice (kind, dedup_key, org_id, endpoint_id) VALUES ('blocked', 'b', 'hospital-2', 'alpine-2')`,
    `INSERT INTO migration_proof (org_id, endpoint_id, step, version, fingerprint) VALUES ('hospital-2', 'alpine-2', 'applied', '1', 'canary-print')`,
    `UPDATE login_request SET login_stood = rcm_login_stands(org_id, endpoint_id) WHERE endpoint_id = 'alpine-2' AND kind = 'rollback'`,
  ]);
  const { browser } = signedIn('all-operator');
  const seen = async (base: string): Promise<readonly boolean[]> => {
    const pages = await Promise.all(OF_ALL.map((path) => browser.get(`${base}${path}`)));
    expect(pages.map(({ status }) => status)).toEqual(OF_ALL.map(() => 200));
    return pages.map(({ text }) => text.includes('alpine-2') || text.includes('/o/hospital-2'));
  };
  expect(await seen('/o/hospital-1')).toEqual(OF_ALL.map(() => false));
  expect(await seen('/all')).toEqual(OF_ALL.map(() => true));
});

test('what waits in another organization, or in all of them, is no request of an approver of one', async () => {
  const { browser, token } = signedIn('one-approver');
  const decide = async (path: string): Promise<readonly unknown[]> => {
    const { status, text } = await browser.post(path, { token, reason: 'because' });
    return [status, text];
  };
  const none = await decide(`/o/hospital-1/requests/${crypto.randomUUID()}/acts/approve`);
  expect(none[0]).toBe(404);
  // Under their own organization's address, too.
  for (const id of [made.requests['hospital-2'], made.requests['*']]) expect(await decide(`/o/hospital-1/requests/${id}/acts/approve`)).toEqual(none);
  expect(await decide(`/all/requests/${made.requests['*']}/acts/approve`)).toEqual(none);
  expect(
    await signedIn('all-approver').browser.post(`/all/requests/${made.requests['hospital-1']}/acts/approve`, {
      token: signedIn('all-approver').token,
      reason: 'because',
    }),
  ).toMatchObject({ status: 404 });
  const page = (await browser.get('/o/hospital-1/approvals')).text;
  expect([page.includes(made.requests['hospital-1']), page.includes(made.requests['hospital-2']), page.includes(made.requests['*'])]).toEqual([
    true,
    false,
    false,
  ]);
});

test('what may cost much is done once somebody else has approved it, and never by who asked', async () => {
  const both = signedIn('both');
  await asSuperuser(w.url, [`DELETE FROM login_request WHERE org_id = 'hospital-1'`]);
  const login = '/o/hospital-1/logins/alpine-1';
  expect(await both.browser.post(`${login}/acts/rollback`, { token: both.token, reason: 'the old one is printed' })).toMatchObject({ status: 303 });
  const own = (await both.browser.get(login)).text;
  expect(own).toContain('waits for a second person');
  expect(own).not.toMatch(/acts\/(approve|decline)/);
  const approver = signedIn('one-approver');
  const [, path = ''] = /action="([^"]*acts\/approve)"/.exec((await approver.browser.get(login)).text) ?? [];
  expect(await both.browser.post(path, { token: both.token, reason: 'it is fine' })).toMatchObject({
    status: 409,
    text: expect.stringContaining('somebody else') as string,
  });
  expect(await approver.browser.post(path, { token: approver.token, reason: 'seen the print' })).toMatchObject({ status: 303 });
  expect(await approver.browser.post(path.replace(/approve$/, 'decline'), { token: approver.token, reason: 'no' })).toMatchObject({ status: 409 });
  const page = (await both.browser.get(login)).text;
  expect(page).toContain('waits for a rotator');
  expect(page).toMatch(/all-approver|one-approver: seen the print/);
  const audit = (await both.browser.get('/o/hospital-1/audit?action=approval.')).text;
  for (const word of ['approval.asked', 'approval.given', 'the old one is printed', 'seen the print', '#both', '#one-approver']) expect(audit).toContain(word);
  const withdraw = path.replace(/approve$/, 'withdraw');
  expect(page).toContain(`action="${withdraw}"`);
  expect((await approver.browser.get(login)).text).not.toContain(withdraw);
  expect(await signedIn('one-operator').browser.post(withdraw, { token: signedIn('one-operator').token, reason: 'not mine' })).toMatchObject({ status: 409 });
  expect(await both.browser.post(withdraw, { token: both.token, reason: 'found the print' })).toMatchObject({ status: 303 });
  expect((await both.browser.get(login)).text).toMatch(/withdrawn; nothing was done.*withdrawn: found the print/s);
});

test('a password is asked for here, and whoever asked is offered to read it once somebody else has approved it', async () => {
  const operator = signedIn('one-operator');
  await asSuperuser(w.url, [`DELETE FROM login_request WHERE org_id = 'hospital-1'`]);
  const login = '/o/hospital-1/logins/alpine-1';
  const ask = (minutes: string) => operator.browser.post(`${login}/acts/break_glass`, { token: operator.token, reason: 'no agent gets in', minutes });
  for (const minutes of ['', '0', '61', 'ten']) expect(await ask(minutes)).toMatchObject({ status: 400 });
  expect(await ask('10')).toMatchObject({ status: 303 });
  const approver = signedIn('one-approver');
  const shown = (await approver.browser.get('/o/hospital-1/approvals')).text;
  expect(shown).toContain('10 minutes from its being approved');
  const [, path = ''] = /action="([^"]*acts\/approve)"/.exec(shown) ?? [];
  expect(await approver.browser.post(path, { token: approver.token, reason: 'spoke to her' })).toMatchObject({ status: 303 });
  const page = (await operator.browser.get(login)).text;
  expect(page).toContain('approved: whoever asked may read it');
  expect(page).toMatch(/one-approver: spoke to her/);
  const [read = ''] = /[^"]*\/acts\/read(?=")/.exec(page) ?? [];
  expect(read).toMatch(/^\/o\/hospital-1\/requests\//);
  for (const person of ['one-approver', 'both', 'all-operator']) expect((await signedIn(person).browser.get(login)).text).not.toContain('/acts/read"');
  for (const person of ['both', 'all-operator'])
    expect(await signedIn(person).browser.post(read, { token: signedIn(person).token })).toMatchObject({ status: 409 });
  await asSuperuser(w.url, [`DELETE FROM login_request WHERE org_id = 'hospital-1'`]);
});

test('who has roles in two organizations has in each what they are there', async () => {
  const { browser, token } = signedIn('mixed');
  const act = (number: number) => browser.post(`/o/hospital-${number}/logins/alpine-${number}/acts/pause`, { token, reason: ' ' });
  expect([(await act(1)).status, (await act(2)).status]).toEqual([404, 400]);
  expect((await browser.get('/o/hospital-1/logins/alpine-1')).text).not.toContain('/acts/');
  expect((await browser.get('/o/hospital-2/logins/alpine-2')).text).toMatch(/\/acts\/(pause|resume)"/);
});

test('whoever is not signed in is sent to sign in from every address alike, and does nothing', async () => {
  const browser = await w.browser(null);
  for (const path of ['/', '/all/logins', '/o/hospital-1/logins', '/o/none/logins', '/nothing']) {
    const { status, headers } = await browser.get(path);
    expect([status, headers.get('location')]).toEqual([303, `/sign-in?${new URLSearchParams({ to: path }).toString()}`]);
  }
  expect(await browser.post('/o/hospital-1/logins/alpine-1/acts/pause', { reason: 'because', token: 'x' })).toMatchObject({ status: 401 });
});

test('docs/console.md has the table', () => {
  expect(readFileSync(join(import.meta.dirname, '../../../docs/console.md'), 'utf8')).toContain(accessTable());
});
