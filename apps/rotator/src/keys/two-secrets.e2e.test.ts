import type { IdentityKeys } from '@rcm/credentials';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { throughTheOtherDoor } from '../rows/other-door.fixture.ts';
import { openRowEnvironment, refusals, type RowEnvironment } from '../rows/row-environment.fixture.ts';
import { moveLoginKeys } from './move-login.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment({ endpoints: [] })));
afterAll(() => row?.close());

it('while the fingerprint key is changed, a password that cools down does so where it lies in another secret of the account than the one that is moved first', async () => {
  const two = { id: '2', key: new Secret('the second key of the passwords, of no real one') };
  const keysWith = (fingerprint: IdentityKeys): IdentityKeys => ({ ...row.rotator.keys, fingerprint });
  const www = await row.testEnvironment.addEndpoint('alpine');
  const app = await throughTheOtherDoor(row, www);
  await row.edit(app.id, { password: 'Not-the-password-and-it-rests' });
  await row.visit(app.id);
  const { wrong } = refusals(await row.history(www.id));
  const moving = { ...row.patient, keys: keysWith({ current: two, previous: row.rotator.keys.current }) };
  expect(await moveLoginKeys(moving, { orgId: www.orgId, endpointId: www.id }, new AbortController().signal)).toBe('prints');
  expect(await row.visit(app.id, keysWith({ current: two }))).not.toBe('in');
  expect(refusals(await row.history(www.id)).wrong).toBe(wrong);
});
