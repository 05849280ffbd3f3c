import { asSuperuser } from '@rcm/db/testing';
import { MOST_VIEWS } from '@rcm/db/acts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from './browser.fixture.ts';
import { countIn, mustBeHarmless } from './harmless.fixture.ts';
import { HOSTILE } from './story.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

let w: TestConsole;
beforeAll(async () => void (w = await openTestConsole()));
afterAll(() => w?.close());

interface Person {
  readonly browser: Browser;
  post(path: string, fields: Readonly<Record<string, string>>): ReturnType<Browser['post']>;
}
async function person(name: string): Promise<Person> {
  const browser = await w.browser(name);
  const token = await browser.token();
  return { browser, post: (path, fields) => browser.post(path, { token, ...fields }) };
}
/** What the fleet's page offers as kept views: name and address. */
async function views({ browser }: Person, base = '/o/hospital-1'): Promise<readonly string[]> {
  const [, nav = ''] = /<nav aria-label="Views">(.*?)<\/nav>/s.exec((await browser.get(`${base}/logins`)).text) ?? [];
  return [...nav.matchAll(/<a href="([^"]*)">([^<]*)/g)].map(([, path, name]) => `${name} ${path}`);
}

test('whoever sees the fleet keeps a view for themselves, at its place, replaces it and forgets it', async () => {
  const viewer = await person('one-viewer');
  const path = '/o/hospital-1/logins?show=failing&portal=alpine';
  const kept = await viewer.post('/o/hospital-1/views', { name: ' mine ', show: 'failing', portal: 'alpine' });
  expect([kept.status, kept.headers.get('location')]).toEqual([303, path]);
  const shown = [`mine ${path.replace('&', '&amp;')}`];
  expect(await views(viewer)).toEqual(shown);
  expect((await viewer.browser.get(path)).status).toBe(200);
  // Of nobody else's pages, and of no other place.
  for (const other of ['one-operator', 'all-viewer']) expect(await views(await person(other))).toEqual([]);
  const everywhere = await person('all-operator');
  await everywhere.post('/all/views', { name: 'mine', show: 'all', order: 'next_rotation' });
  expect(await views(everywhere, '/all')).toEqual(['mine /all/logins?show=all&amp;order=next_rotation']);
  expect(await views(everywhere)).toEqual([]);

  await viewer.post('/o/hospital-1/views', { name: 'mine', show: 'due' });
  expect(await views(viewer)).toEqual(['mine /o/hospital-1/logins?show=due']);
  expect(await viewer.post('/o/hospital-1/views/forget', { name: 'mine' })).toMatchObject({ status: 303 });
  expect(await views(viewer)).toEqual([]);
  expect(await views(everywhere, '/all')).toHaveLength(1);
});

test('what is kept is made of what the page understands: no name, portal or order of somebody’s leads elsewhere', async () => {
  const viewer = await person('one-viewer');
  const kept = await viewer.post('/o/hospital-1/views', { name: HOSTILE, show: '//elsewhere.example', portal: '../..', order: HOSTILE });
  expect([kept.status, kept.headers.get('location')]).toEqual([303, '/o/hospital-1/logins?show=all']);
  mustBeHarmless(await viewer.browser.get('/o/hospital-1/logins'), 'fleet');
  await viewer.post('/o/hospital-1/views/forget', { name: HOSTILE });
  const insert = (path: string) => asSuperuser(w.url, [`INSERT INTO console_view (person, name, path) VALUES ('person:os:jane', 'x', '${path}')`]);
  for (const path of ['//elsewhere.example/logins?show=all', 'https://elsewhere.example/', '/all/system?x=y', '/all/logins?next=//x', '/o/../logins?show=all'])
    await expect(insert(path), path).rejects.toThrow(/console_view_path_check/);
});

test.each(['', ' ', 'a\nb', 'a'.repeat(101)])('%j is no name', async (name) =>
  expect(await (await person('one-viewer')).post('/o/hospital-1/views', { name, show: 'all' })).toMatchObject({ status: 400 }),
);

test('nobody keeps more than a list can show, also not two at once', async () => {
  const auditor = await person('one-auditor');
  const answers = await Promise.all(
    Array.from({ length: MOST_VIEWS + 3 }, (_, i) => auditor.post('/o/hospital-1/views', { name: `view ${i}`, show: 'all' }).then(({ status }) => status)),
  );
  expect(answers.toSorted()).toEqual([...Array.from({ length: MOST_VIEWS }, () => 303), 409, 409, 409]);
  expect(await countIn(w.url, `SELECT 1 FROM console_view WHERE person LIKE '%#one-auditor'`)).toBe(MOST_VIEWS);
});

test('at another organization, and without the form’s token, nothing is kept', async () => {
  const operator = await person('one-operator');
  const missing = await operator.browser.get('/o/no-such-place/logins');
  for (const path of ['/o/hospital-2/views', '/o/no-such-place/views', '/all/views', '/o/hospital-2/views/forget', '/all/views/forget']) {
    const { status, text } = await operator.post(path, { name: 'x', show: 'all' });
    expect([status, text], path).toEqual([404, missing.text]);
  }
  expect(await operator.browser.post('/o/hospital-1/views', { name: 'x', show: 'all' })).toMatchObject({ status: 403 });
  expect(await countIn(w.url, `SELECT 1 FROM console_view WHERE person LIKE '%#one-operator'`)).toBe(0);
});
