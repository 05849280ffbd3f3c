import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loginsInFile, type NewLogin, problemOf } from './new-login.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'rcm-new-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (text: string | Buffer, mode = 0o600): string => {
  const path = join(folder, 'logins.csv');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};
const ROWS = 'organization,portal_type,account,username,password,mfa_seed\nclinic,alpine,desk,user,"a,b",\n';

test('a row becomes a login with an id of its own', () => {
  const [login] = loginsInFile(file(ROWS));
  expect(login).toMatchObject({ id: 'clinic-alpine-desk', organization: 'clinic', portalType: 'alpine', account: 'desk', baseUrl: null });
  expect(login?.payload.reveal()).toBe('{"username":"user","password":"a,b"}');
  expect(JSON.stringify(login)).not.toContain('a,b');
});

test('a file of passwords that others can read is refused', () => {
  for (const mode of [0o644, 0o640, 0o602]) expect(() => loginsInFile(file(ROWS, mode))).toThrow(/chmod 600/);
  expect(() => loginsInFile(join(folder, 'none.csv'))).toThrow(/cannot be read/);
});

test('a file that is not UTF-8 is refused: its passwords would be others', () => {
  expect(() => loginsInFile(file(Buffer.from(ROWS.replace('a,b', 'pä1'), 'latin1')))).toThrow(/^--csv: the file is not UTF-8: export it as UTF-8/);
  expect(() => loginsInFile(file(Buffer.from(`\uFEFF${ROWS}`, 'utf16le')))).toThrow(/not UTF-8/);
  expect(loginsInFile(file(ROWS.replace('a,b', 'pä1')))[0]?.payload.reveal()).toContain('pä1');
});

const good: NewLogin = { id: 'a', organization: 'o', portalType: 'p', account: 'x', baseUrl: null, payload: new Secret('{"username":"u","password":"p"}') };
test.each([
  [{}, null],
  [{ id: 'No Id' }, /^id is no id/],
  [{ organization: '../x' }, /^organization is no id/],
  [{ account: '' }, /^account is no id/],
  [{ baseUrl: 'hunter2' }, /^base_url is no address/],
  [{ payload: new Secret('{"username":"hunter2"}') }, /password/],
  [{ payload: new Secret('hunter2') }, /not JSON/],
  [{ payload: new Secret('{"username":"","password":"hunter2"}') }, /username/],
] as const)('%j is found right or wrong by its field', (change, said) => {
  const problem = problemOf({ ...good, ...change });
  if (said === null) expect(problem).toBeNull();
  else expect(problem).toMatch(said);
  expect(problem ?? '').not.toContain('hunter2');
});
