import { asSuperuser } from '@rcm/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

/** More than are read at once. */
const MANY = 1_100;
const FORMULA = '=HYPERLINK("https://elsewhere.example","look")';

let w: TestConsole;
beforeAll(async () => {
  w = await openTestConsole();
  const event = (org: string, actor: string, action: string, reason: string) =>
    `INSERT INTO audit_event (org_id, seq, at, actor, action, subject, reason, previous_hash, hash) VALUES ('${org}', 0, now(), '${actor}', '${action}', 'alpine-1', ${reason}, '', '')`;
  await asSuperuser(w.url, [
    `SELECT set_config('app.tenant_id', '*', false)`,
    `DO $$ BEGIN FOR n IN 1..${MANY} LOOP ${event('hospital-1', 'agent', 'login.used', `'event ' || n`)}; END LOOP; END $$`,
    event('hospital-1', 'person:os:jane', 'secret.set', `'${FORMULA}'`),
    event('hospital-2', 'agent', 'login.used', `'of the other'`),
  ]);
});
afterAll(() => w?.close());

test('the audit of an organization is taken along as a file, all of it in its order, and what was asked for alone', async () => {
  const auditor = await w.browser('one-auditor');
  const { headers, text, status } = await auditor.get('/o/hospital-1/audit.csv');
  expect([status, headers.get('content-type'), headers.get('content-disposition'), headers.get('cache-control')]).toEqual([
    200,
    'text/csv; charset=utf-8',
    'attachment; filename="audit-hospital-1.csv"',
    expect.stringContaining('no-store'),
  ]);
  const rows = text.trimEnd().split('\r\n');
  expect(rows[0]).toBe('"number","time","who","what","on","why"');
  const numbers = rows.slice(1).map((row) => Number(/^"(\d+)"/.exec(row)?.[1]));
  // Without a gap, from the newest: the chain numbers its events one after the other.
  expect(numbers.length).toBeGreaterThan(MANY);
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) - index));
  expect(text).toContain('"event 1"');
  expect(text).not.toContain('of the other');
  // A table program takes it for a text.
  expect(text).toContain(`"'=HYPERLINK(""https://elsewhere.example"",""look"")"`);
  const asked = await auditor.get('/o/hospital-1/audit.csv?action=secret.');
  expect(asked.text.trimEnd().split('\r\n')).toHaveLength(2);
  const page = await auditor.get('/o/hospital-1/audit?action=secret.');
  expect(page.text).toContain('href="/o/hospital-1/audit.csv?action=secret."');
});

test('whoever does not see the page has no file', async () => {
  const viewer = await w.browser('one-viewer');
  const missing = await viewer.get('/o/hospital-3/audit');
  expect(await viewer.get('/o/hospital-1/audit.csv')).toMatchObject({ status: 404, text: missing.text });
  expect(await (await w.browser('one-auditor')).get('/o/hospital-2/audit.csv')).toMatchObject({ status: 404 });
});
