import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@rcm/db';
import { upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rcm } from '../testing.fixture.ts';

const CANARY = 'canary-password-1';
let drop: () => Promise<void>;
let environment: NodeJS.ProcessEnv;
let folder: string;
beforeAll(async () => {
  const fresh = await freshDatabase({ migrate: migrateWithLogins });
  ({ drop } = fresh);
  const owner = openDatabase({ url: fresh.url, applicationName: 'test environment', maxConnections: 2 });
  await upsertOrganization(owner, { id: 'north', name: 'North' });
  await upsertPortalType(owner, { ...PLAIN_PORTAL_TYPE, hosts: ['portal.alpine.example'] });
  await owner.close();
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', fresh.url) };
  folder = mkdtempSync(join(tmpdir(), 'rcm-import-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await drop?.();
});

const written = (name: string, content: string, mode = 0o600): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
};
const row = (title: string, url: string) => `${title},${url},user-${title},${CANARY},,false,false,North,`;
const exported = [
  'Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes',
  row('One', 'https://portal.alpine.example'),
  row('Bank', 'https://bank.example'),
].join('\n');
const mapping = (portal: string) =>
  written(`${portal}.json`, JSON.stringify({ portals: [{ address: 'portal.alpine.example', portal_type: portal }], organizations: { '*': 'north' } }), 0o644);
const add = async (...words: string[]) => {
  const ended = await rcm(['endpoint', 'add', '--from', '1password', '--dry-run', '--reason', 'new customer', '--color', 'never', ...words], environment, 160);
  expect(ended.stdout + ended.stderr).not.toMatch(/canary-password|user-One/);
  return ended;
};

test('says of each login whether it could be added, and what is left out, by its place and without a value', async () => {
  const file = written('export.csv', exported);
  const { code, stdout } = await add('--file', file, '--mapping', mapping('alpine'));
  expect(code).toBe(0);
  expect(stdout).toMatch(/north-alpine-one +valid/);
  expect(stdout).toContain('left out: 1 item, as it is at no address of the mapping (2)');
  expect(stdout).toContain('1 of 1 could be added');
  const json = await add('--file', file, '--mapping', mapping('alpine'), '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ mode: 'dry run', wrong: 0, endpoints: [{ id: 'north-alpine-one' }], leftOut: [{ place: 2 }] });
});

test.each([
  ['an export without an item', [exported.split('\n')[0]]],
  ['one whose items are all left out', exported.split('\n').filter((line) => !line.includes('alpine'))],
])('%s is not well: nothing of it could be added', async (_, lines) => {
  const { code, stdout } = await add('--file', written('none.csv', lines.join('\n')), '--mapping', mapping('alpine'));
  expect(code).toBe(1);
  expect(stdout).toContain('nothing was done: no login to add was found');
  expect(stdout).not.toContain('0 of 0');
});

test('one that cannot be used stops all, as in a CSV', async () => {
  const file = written('bad.csv', `${exported}\n${row('Two', 'https://portal.alpine.example').replace(CANARY, '')}`);
  const { code, stdout } = await add('--file', file, '--mapping', mapping('alpine'));
  expect(code).toBe(1);
  expect(stdout).toMatch(/item 3 +invalid +has no password/);
});

test.each<[string, () => readonly string[], RegExp]>([
  ['a file that others can read', () => ['--file', written('open.csv', exported, 0o644), '--mapping', mapping('alpine')], /chmod 600/],
  ['no mapping', () => ['--file', written('export.csv', exported)], /--mapping/],
  ['a portal type that is not there', () => ['--file', written('export.csv', exported), '--mapping', mapping('none')], /no portal type none/],
])('%s is refused', async (_, words, said) => {
  const { code, stdout, stderr } = await add(...words());
  expect(code).toBeGreaterThan(0);
  expect(stdout + stderr).toMatch(said);
});
