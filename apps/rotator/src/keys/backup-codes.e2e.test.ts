import type { IdentityKeys } from '@rcm/credentials';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { itInLongForm } from '../long-form.fixture.ts';
import { type Login, openRowEnvironment, type RowEnvironment } from '../rows/row-environment.fixture.ts';
import { moveKeys } from './move-keys.ts';

const CODES = ['AAAA-0001', 'BBBB-0002', 'CCCC-0003', 'DDDD-0004', 'EEEE-0005', 'FFFF-0006', 'GGGG-0007'];
let row: RowEnvironment;
let one: IdentityKeys['current'];
const two = { id: '2', key: new Secret('the second key of the accounts, of no real one') };
beforeAll(async () => {
  row = await openRowEnvironment({ endpoints: [] });
  one = row.rotator.keys.current;
});
afterAll(() => row?.close());

/** At a portal that asks for a code, with backup codes and no seed. */
async function withCodes(): Promise<Login> {
  const login = await row.testEnvironment.addEndpoint('borealis');
  const { password } = (await row.open(login.id)).fields;
  await row.testEnvironment.portals.createAccount({ portal: login.portal, username: login.username, password: String(password), backupCodes: CODES });
  await row.edit(login.id, { mfa_seed: null, backup_codes: CODES });
  return login;
}
const typed = (login: Login) => row.testEnvironment.portals.backupCodesTyped(login);

it('a rotation types other codes than agents do, and leaves the secret’s list as it is', async () => {
  const login = await withCodes();
  expect(await row.visit(login.id)).toBe('in');
  const before = await row.open(login.id);
  expect(await row.rotateToEnd(login.id)).toBe('done');
  const after = await row.open(login.id);
  expect(after.version).not.toBe(before.version);
  expect(after.fields).toEqual({ ...before.fields, password: after.fields.password, metadata: after.fields.metadata });
  expect(after.fields.backup_codes).toEqual(CODES);
  expect(await row.visit(login.id)).toBe('in');
  expect((await typed(login)).every((times) => times <= 1)).toBe(true);
  expect(await row.history(login.id)).toMatchObject({ passwordsChanged: 1, loginsRejected: 0 });
});

itInLongForm('while both keys are changed no code is typed twice, at any step, and the old keys are needed no more', async () => {
  const login = await withCodes();
  const [before, rolledOut, exchanged, after]: readonly IdentityKeys[] = [
    { current: one },
    { current: one, previous: two },
    { current: two, previous: one },
    { current: two },
  ];
  for (const keys of [before, rolledOut, exchanged]) expect(await row.visit(login.id, keys)).toBe('in');
  const moved = await moveKeys({ ...row.patient, keys: exchanged ?? row.patient.keys }, new AbortController().signal);
  expect(moved.notMoved).toEqual([]);
  for (const keys of [exchanged, after]) expect(await row.visit(login.id, keys)).toBe('in');
  expect(await typed(login)).toEqual([1, 1, 1, 1, 1, 0, 0]);
  const left = await row.sql<{ keys: string }>(`SELECT DISTINCT split_part(fingerprint, ':', 1) AS keys FROM backup_code_spent WHERE endpoint_id = $1`, [
    login.id,
  ]);
  expect(left).toEqual([{ keys: '2' }]);
});
