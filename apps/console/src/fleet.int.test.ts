import { openDatabase } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { asSuperuser } from '@rcm/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from './browser.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

let w: TestConsole;
let browser: Browser;
beforeAll(async () => {
  w = await openTestConsole();
  const owner = openDatabase({ url: w.url, applicationName: 'fleet', maxConnections: 1 });
  const place = { orgId: 'hospital-1', portalTypeCode: 'alpine', baseUrl: 'https://alpine.example/' };
  for (const id of ['a-late', 'b-old', 'c-soon']) await insertEndpoint(owner, { ...place, id, accountId: id });
  await owner.close();
  const dated = (id: string, next: string, last: string): string =>
    `UPDATE integration_endpoint SET login_identity = encode(sha256(id::bytea), 'hex'), secret_arn = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/' || id, current_version = '1',
            next_rotation_at = '${next}', last_rotated_at = '${last}' WHERE id = '${id}'`;
  await asSuperuser(w.url, [
    `SELECT set_config('app.tenant_id', '*', false), set_config('app.reason', 'fleet', false)`,
    `INSERT INTO login_identity (id) SELECT encode(sha256(e.id::bytea), 'hex') FROM integration_endpoint e`,
    dated('a-late', '2031-03-03', '2031-01-02'),
    dated('b-old', '2031-03-02', '2031-01-01'),
    dated('c-soon', '2031-03-01', '2031-01-03'),
  ]);
  browser = await w.browser('all-operator');
});
afterAll(() => w?.close());

const shown = async (query: string, base = '/o/hospital-1'): Promise<readonly string[]> => {
  const { status, text } = await browser.get(`${base}/logins?${query}`);
  expect(status).toBe(200);
  return [...text.matchAll(/href="\/o\/hospital-\d\/logins\/([^"]+)"/g)].map(([, id]) => id ?? '');
};

test.each(['/o/hospital-1', '/all'])('the fleet at %s is shown in the order that is asked for, of what has such a date', async (base) => {
  expect(await shown('order=next_rotation', base)).toEqual(['c-soon', 'b-old', 'a-late']);
  expect(await shown('order=oldest_password', base)).toEqual(['b-old', 'a-late', 'c-soon']);
  expect(await shown('order=next_rotation&portal=alpine', base)).toEqual(['c-soon', 'b-old', 'a-late']);
});

test.each(['order=none', 'order=next_rotation&order=name', 'order=name'])('?%s is by name', async (query) =>
  expect(await shown(query)).toEqual(['a-late', 'alpine-1', 'b-old', 'c-soon']),
);

test('the command of the page says the order, and what has one of its own is offered none', async () => {
  expect((await browser.get('/o/hospital-1/logins?order=oldest_password')).text).toContain('rcm logins --org hospital-1 --order oldest_password');
  const { text } = await browser.get('/o/hospital-1/logins?show=due&order=oldest_password');
  expect(text).not.toContain('name="order"');
  expect(text).not.toContain('--order');
});

test('a portal whose rotations begin is called so wherever it is shown: open is a breaker, which stops them', async () => {
  const passed = `(portal_type_code, canary_attempt_id, canary_state, canary_day) VALUES ('alpine', '${crypto.randomUUID()}', 'passed', current_date)`;
  await asSuperuser(w.url, [`DELETE FROM portal_gate`, `SET session_replication_role = replica`, `INSERT INTO portal_gate ${passed}`]);
  const words = async (path: string): Promise<readonly string[]> =>
    [...(await browser.get(path)).text.matchAll(/<span class="pill [a-z]+">([^<]+)</g)].map(([, word]) => word ?? '');
  expect(await words('/all/portals')).toContain('closed');
  expect(await words('/all/system')).toContain('not stopped');
  for (const path of ['/all/portals', '/all/rotations', '/all/system']) expect(await words(path), path).not.toContain('open');
});
