import { asSuperuser } from '@rcm/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CASES, type Case, expectsPage } from './access/cases.fixture.ts';
import { loginIn } from './access/paths.fixture.ts';
import type { Browser } from './browser.fixture.ts';
import { CHANGES } from './live/changes.fixture.ts';
import { follow, type Followed } from './live/follow.fixture.ts';
import { LIVE_PAGES, type LivePage } from './live/watched.ts';
import { openTestConsole, PEOPLE, type TestConsole } from './testing.fixture.ts';

let w: TestConsole;
const browsers = new Map<string, Browser>();
const followed: Followed[] = [];

beforeAll(async () => {
  w = await openTestConsole({ streams: 12 });
  await asSuperuser(w.url, [
    `INSERT INTO login_identity (id) SELECT encode(sha256(e.id::bytea), 'hex') FROM integration_endpoint e`,
    `UPDATE integration_endpoint e SET login_identity = encode(sha256(e.id::bytea), 'hex'), current_version = '1', next_rotation_at = now(),
            secret_arn = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/' || e.id`,
  ]);
  for (const { id } of PEOPLE.filter((person) => person.id !== 'nobody')) browsers.set(id, await w.browser(id));
});
afterAll(async () => {
  followed.forEach((each) => each.leave());
  await w?.close();
});

const signedIn = (person: string): Browser => {
  const found = browsers.get(person);
  if (!found) throw new Error(`nobody is ${person}`);
  return found;
};
const pathOf = ({ path }: LivePage, base: string, login = ''): string => `${base}/changes${path.replace(':id', login)}`;
const open = async (browser: Browser, path: string): Promise<Followed> => {
  const stream = await follow(browser, path);
  followed.push(stream);
  return stream;
};
/** Open, and told of its being opened, so that what comes is of what happens from now on. */
async function opened(browser: Browser, path: string): Promise<{ readonly stream: Followed; readonly from: number }> {
  const stream = await open(browser, path);
  return { stream, from: await stream.until(/event: changed\n.*\n\n/) };
}
const leave = async (...streams: readonly Followed[]): Promise<void> => {
  for (const stream of streams) {
    stream.leave();
    await stream.ended;
  }
};
/** The server has seen that they are gone when it lets others in. */
const whenThereIsRoom = async (browser: Browser, path: string): Promise<Followed> => {
  for (;;) {
    const stream = await open(browser, path);
    if (stream.status === 200) return stream;
    await stream.ended;
  }
};

const watching = (what: string): readonly LivePage[] => LIVE_PAGES.filter((page) => (page.what as readonly string[]).includes(what));

test.each(Object.entries(CHANGES))(
  '%s: the pages that show it are told, and no page of another organization is told anything',
  async (_title, { what, sql }) => {
    const [operator, other] = [signedIn('one-operator'), signedIn('mixed')];
    for (const page of watching(what)) {
      const mine = await opened(operator, pathOf(page, '/o/hospital-1', 'alpine-1'));
      const theirs = await opened(other, pathOf(page, '/o/hospital-2', 'alpine-2'));
      const all = page.where === 'both' ? await opened(signedIn('all-operator'), pathOf(page, '/all')) : null;
      await asSuperuser(w.url, [sql('alpine-1', 'hospital-1')]);
      await mine.stream.until(/event: changed\ndata: .*\n\n/, mine.from);
      await all?.stream.until(/event: changed\ndata: .*\n\n/, all.from);
      expect(mine.stream.text().slice(mine.from)).toMatch(new RegExp(`data: .*\\b${what}\\b`));
      // Another's change comes, and is the first that has come there: what was told in that round or before would be in front of it.
      const quiet = theirs.stream.text().slice(theirs.from);
      await asSuperuser(w.url, [sql('alpine-2', 'hospital-2')]);
      await theirs.stream.until(/event: changed\ndata: .*\n\n/, theirs.from);
      expect(quiet.replaceAll(':\n\n', '')).toBe('');
      expect(
        theirs.stream
          .text()
          .slice(theirs.from)
          .match(/event: changed/g),
      ).toHaveLength(1);
      await leave(mine.stream, theirs.stream, ...(all ? [all.stream] : []));
      await asSuperuser(w.url, ['DELETE FROM rotation_attempt', 'DELETE FROM rotation_pause', 'DELETE FROM login_request']);
    }
  },
);

test('a stream says that something changed and of which kind it is: no name, no id, no figure', async () => {
  const { stream } = await opened(signedIn('all-operator'), '/all/changes/tasks');
  await asSuperuser(w.url, [CHANGES['a task is asked for']?.sql('alpine-1', 'hospital-1') ?? '']);
  await stream.until(/changed[^]*changed.*\n.*\n\n/);
  expect(stream.text().replace(/^retry: \d+\n\n/, '')).toMatch(/^(event: changed\ndata: task\n\n|:\n\n)+$/);
  expect(stream.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  expect(Object.keys(stream.headers)).not.toContain('set-cookie');
  await leave(stream);
});

describe.each(CASES.map((each) => [`${each.role} ${each.where}`, each] as const))('%s', (_title, each: Case) => {
  test.each(LIVE_PAGES.map((page) => [page.page, page] as const))('follows the page %s where it is seen, and nowhere else', async (name, page) => {
    const browser = signedIn(each.person);
    const path = pathOf(page, `/o/${each.organization}`, loginIn(each.organization));
    if (!expectsPage(each, name)) {
      const [answer, missing] = [await browser.get(path), await browser.get('/o/no-such-place/logins')];
      return void expect([answer.status, answer.text]).toEqual([404, missing.text]);
    }
    const stream = await whenThereIsRoom(browser, path);
    expect(stream.headers['content-type']).toContain('text/event-stream');
    await leave(stream);
  });
});

test('whose role is of one organization follows nothing of all, and a login that is none is told nothing', async () => {
  const operator = signedIn('one-operator');
  for (const path of [
    '/all/changes/logins',
    '/all/changes/tasks',
    '/o/hospital-2/changes/logins/alpine-2',
    `/o/hospital-1/changes/logins/${encodeURIComponent("a' OR 1")}`,
  ])
    expect(await operator.get(path), path).toMatchObject({ status: 404 });
  // Under one's own organization another's login is as one that there is not.
  const [theirs, none] = [await opened(operator, '/o/hospital-1/changes/logins/alpine-2'), await opened(operator, '/o/hospital-1/changes/logins/none')];
  const own = await opened(operator, '/o/hospital-1/changes/tasks');
  await asSuperuser(w.url, [
    CHANGES['a task is asked for']?.sql('alpine-2', 'hospital-2') ?? '',
    CHANGES['a task is asked for']?.sql('alpine-1', 'hospital-1') ?? '',
  ]);
  await own.stream.until(/event: changed/, own.from);
  for (const { stream, from } of [theirs, none]) expect(stream.text().slice(from).replaceAll(':\n\n', '')).toBe('');
  await leave(theirs.stream, none.stream, own.stream);
  expect(await (await w.browser(null)).get('/all/changes/tasks')).toMatchObject({ status: 303 });
});

const session = (set: string) => `UPDATE console_session SET ${set} WHERE person LIKE '%#one-auditor'`;
test.each([
  ['is revoked', `DELETE FROM console_session WHERE person LIKE '%#one-auditor'`],
  ['is over', session(`begun_at = now() - interval '2 hours', ends_at = now() - interval '1 second'`)],
  ['was not used for long', session(`seen_at = now() - interval '11 minutes'`)],
  ['is of a person who is something else there by now', session(`roles = '{"hospital-1": ["viewer"]}'`)],
  ['is of a person who is nothing there any more', session(`roles = '{"hospital-2": ["auditor"]}'`)],
])('the stream of a session that %s ends, and says so; others go on', async (_title, sql) => {
  const [auditor, operator] = [await w.browser('one-auditor'), signedIn('one-operator')];
  const [ending, going] = [await opened(auditor, '/o/hospital-1/changes/tasks'), await opened(operator, '/o/hospital-1/changes/tasks')];
  await asSuperuser(w.url, [sql]);
  await ending.stream.ended;
  expect(ending.stream.text()).toMatch(/event: over\ndata:\n\n$/);
  await asSuperuser(w.url, [CHANGES['a task is asked for']?.sql('alpine-1', 'hospital-1') ?? '']);
  await going.stream.until(/event: changed/, going.from);
  await leave(going.stream);
  await asSuperuser(w.url, [`DELETE FROM console_session WHERE person LIKE '%#one-auditor'`]);
});

test('neither a stream nor a page that is asked for again by itself keeps a session going', async () => {
  const browser = await w.browser('one-auditor');
  const seen = `UPDATE console_session SET seen_at = now() - interval '5 minutes' WHERE person LIKE '%#one-auditor'`;
  await asSuperuser(w.url, [seen]);
  const { stream } = await opened(browser, '/o/hospital-1/changes/tasks');
  expect(await browser.send('/o/hospital-1/tasks', { headers: { 'rcm-by-itself': 'yes' } })).toMatchObject({ status: 200 });
  // Six more and it is over; a page of its person would have made it eleven.
  await asSuperuser(w.url, [`UPDATE console_session SET seen_at = seen_at - interval '6 minutes' WHERE person LIKE '%#one-auditor'`]);
  await stream.ended;
  expect(stream.text()).toMatch(/event: over/);
  expect(await browser.get('/o/hospital-1/tasks')).toMatchObject({ status: 303 });
});

test('a session has four streams, a process as many as it may, and each that is left makes room', async () => {
  const path = '/o/hospital-1/changes/tasks';
  const [one, other, third, fourth] = [signedIn('one-operator'), signedIn('one-viewer'), signedIn('all-viewer'), signedIn('all-auditor')];
  const streams: Followed[] = [];
  for (const browser of [one, other, third]) for (let i = 0; i < 4; i += 1) streams.push(await whenThereIsRoom(browser, path));
  // Its process is full, too, by now: of both it is told what the browser asks no more after.
  expect((await fourth.get(path)).status).toBe(503);
  const [first, ...rest] = streams;
  await leave(...(first ? [first] : []));
  expect((await whenThereIsRoom(fourth, path)).status).toBe(200);
  const [, , , , ...others] = rest;
  await leave(...others);
  streams.push(await whenThereIsRoom(one, path));
  expect((await one.get(path)).status).toBe(204);
  followed.forEach((each) => each.leave());
});

test('is asked for by GET alone', async () => {
  const operator = signedIn('one-operator');
  for (const method of ['HEAD', 'POST', 'PUT'])
    expect((await operator.send('/o/hospital-1/changes/tasks', { method })).status, method).toBeGreaterThanOrEqual(400);
});
