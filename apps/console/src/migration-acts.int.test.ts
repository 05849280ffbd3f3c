import { asSuperuser } from '@rcm/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from './browser.fixture.ts';
import { countIn, mustBeHarmless } from './harmless.fixture.ts';
import { RUN, runAtWork } from './story.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

/** What is done to a migration on its page. */
let w: TestConsole;
let operator: Browser;
let token: string;
beforeAll(async () => {
  w = await openTestConsole();
  await asSuperuser(w.url, [
    `SELECT set_config('app.tenant_id', '*', false)`,
    runAtWork(RUN),
    runAtWork(RUN + 1),
    `UPDATE migration_run SET ended_at = now(), ended = 'done' WHERE id = ${RUN + 1}`,
    `INSERT INTO storage_outside (kind, found_at) VALUES ('base_backups', now()), ('standbys', now())`,
  ]);
  operator = await w.browser('all-operator');
  token = await operator.token();
});
afterAll(() => w?.close());

const PAGE = '/all/migration';
const post = (path: string, reason = 'the payer asked us to wait', browser = operator, form = token) =>
  browser.post(`${PAGE}/${path}`, { token: form, reason });
const events = (action: string) =>
  countIn(w.url, `SELECT FROM audit_event WHERE action = '${action}' AND actor LIKE '%#all-operator' AND reason = 'the payer asked us to wait'`);

test('a run that is at work is asked to stop, once; it stands in the chain of every organization, and the page says who and why', async () => {
  const before = await operator.get(PAGE);
  mustBeHarmless(before, PAGE);
  expect(before.text).toContain(`/all/migration/runs/${RUN}/acts/stop`);
  expect(before.text).toContain(`rcm migrate stop ${RUN}`);
  expect(before.text).not.toContain(`/runs/${RUN + 1}/acts`);
  expect(await post(`runs/${RUN}/acts/stop`)).toMatchObject({ status: 303 });
  expect(await events('migration.stop_asked')).toBe(2);
  expect(
    await countIn(
      w.url,
      `SELECT FROM migration_run WHERE id = ${RUN} AND stop_asked_by LIKE '%#all-operator' AND stop_reason = 'the payer asked us to wait' AND ended_at IS NULL`,
    ),
  ).toBe(1);
  const page = (await operator.get(PAGE)).text;
  expect(page).toContain('asked to stop by');
  expect(page).not.toContain(`/runs/${RUN}/acts/stop`);
  for (const again of [RUN, RUN + 1]) expect(await post(`runs/${again}/acts/stop`)).toMatchObject({ status: 409 });
  expect(await events('migration.stop_asked')).toBe(2);
});

test('copies outside are listed with what to do, and dealt with by somebody’s word; what is not open is not', async () => {
  const before = (await operator.get(PAGE)).text;
  for (const words of ['base_backups', 'pgbackrest expire', 'rcm migrate dealt-with standbys']) expect(before).toContain(words);
  expect(await post('outside/base_backups/acts/dealt-with')).toMatchObject({ status: 303 });
  expect(await events('storage.dealt_with')).toBe(2);
  expect(
    await countIn(w.url, `SELECT FROM storage_outside WHERE kind = 'base_backups' AND dealt_with_by LIKE '%#all-operator' AND dealt_with_at > found_at`),
  ).toBe(1);
  const page = (await operator.get(PAGE)).text;
  expect([page.includes('pgbackrest expire'), page.includes('outside/standbys')]).toEqual([false, true]);
  for (const kind of ['base_backups', 'archived_wal']) expect(await post(`outside/${kind}/acts/dealt-with`)).toMatchObject({ status: 409 });
});

test.each([
  ['runs/0', 'stop'],
  ['runs/4713', 'stop'],
  ['runs/1e3', 'stop'],
  ['runs/99999999999', 'stop'],
  ['runs/constructor', 'stop'],
  ['outside/constructor', 'dealt-with'],
  ['outside/%27', 'dealt-with'],
  ['outside/none', 'dealt-with'],
])('%s is none', async (what, act) => {
  const missing = (await operator.get('/o/no-such-place/logins')).text;
  const { status, text } = await post(`${what}/acts/${act}`);
  expect([status, text]).toEqual([404, missing]);
});

test('the page of one organization has neither, and no role but an operator of all of them does either', async () => {
  await asSuperuser(w.url, [runAtWork(RUN + 3)]);
  const one = await operator.get('/o/hospital-1/migration');
  for (const word of ['acts/stop', 'acts/dealt-with', 'standbys']) expect(one.text).not.toContain(word);
  for (const person of ['one-operator', 'all-approver', 'all-auditor', 'all-viewer']) {
    const browser = await w.browser(person);
    const missing = (await browser.get('/o/no-such-place/logins')).text;
    for (const path of [`runs/${RUN + 3}/acts/stop`, 'outside/standbys/acts/dealt-with']) {
      const { status, text } = await post(path, 'because', browser, await browser.token());
      expect([status, text], `${person} ${path}`).toEqual([404, missing]);
    }
    const page = await browser.get(PAGE);
    if (page.status === 200) expect(page.text).not.toMatch(/acts\/(stop|dealt-with)/);
  }
  expect(await countIn(w.url, `SELECT FROM migration_run WHERE id = ${RUN + 3} AND stop_asked_at IS NOT NULL`)).toBe(0);
});
