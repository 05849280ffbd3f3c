import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { parsePayload, parseReference, serializePayload, type TenantStores } from '@rcm/credentials';
import { GUARDIAN_ROLE } from '@rcm/credentials/policies';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { itInLongForm } from '../long-form.fixture.ts';
import { HOUR, MINUTE, openRowEnvironment, refusals, type RowEnvironment, SECOND } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterAll(() => row?.close());

/** A person who became the guardian deletes the parameter: nobody else may. */
async function remove(id: string): Promise<void> {
  const { testEnvironment } = row;
  const { secretArn } = testEnvironment.endpoint(id);
  const person = new SSMClient({
    region: testEnvironment.aws.region,
    endpoint: testEnvironment.aws.endpoint,
    credentials: testEnvironment.aws.taskCredentials(GUARDIAN_ROLE),
  });
  await person.send(new DeleteParameterCommand({ Name: secretArn.slice(secretArn.indexOf(':parameter') + ':parameter'.length) }));
  person.destroy();
}

/** And makes it again: SSM counts its versions from 1. */
async function create(id: string, fields: object): Promise<void> {
  const { testEnvironment } = row;
  const { orgId, secretArn, portal } = testEnvironment.endpoint(id);
  const tags = { TenantId: orgId, Environment: testEnvironment.environmentName, PortalType: portal };
  const text = serializePayload(parsePayload(new Secret(JSON.stringify(fields))));
  expect(await testEnvironment.stores.forTenant(orgId).create(parseReference(secretArn), text, tags)).toMatchObject({ version: '1' });
}

it('a secret that was deleted and made again has the version of one that was refused, and works at once', async () => {
  const [{ id }, other] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine')];
  expect([await row.visit(id), await row.visit(other.id)]).toEqual(['in', 'in']);
  await row.setAtPortal(id, 'Set-by-a-person-1');
  for (let look = 0; look < 2; look += 1) {
    expect([await row.visit(id), await row.visit(other.id)]).toEqual([expect.not.stringMatching(/^in$/), 'in']);
    await row.pass(2 * SECOND);
  }
  await row.pass(20 * MINUTE);
  const { fields } = await row.open(id);
  await remove(id);
  await create(id, { ...fields, password: 'Set-by-a-person-1' });
  expect(await row.visit(id)).toBe('in');
  expect(await row.rotateToEnd(id)).toBe('done');
  expect(await row.visit(id)).toBe('in');
  expect(await row.testEnvironment.portalAcceptsStore(id)).toBe(true);
  expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
});

it('a secret that is made again begins with the version that an edit replaced, and is no old answer once a store has had its time', async () => {
  const { id } = await row.testEnvironment.addEndpoint('alpine');
  const { fields } = await row.open(id);
  await row.setAtPortal(id, 'Set-by-a-person-1');
  await row.edit(id, { password: 'Set-by-a-person-1' });
  expect(await row.visit(id)).toBe('in');
  await remove(id);
  await create(id, { ...fields, password: 'Set-by-a-person-1' });
  expect(await row.untilIn(id, { stepMs: 20 * SECOND, atMostMs: 2 * MINUTE })).toBeLessThanOrEqual(MINUTE);
  expect(await row.testEnvironment.portalAcceptsStore(id)).toBe(true);
  expect(refusals(await row.history(id)).wrong).toBe(0);
});

it('a secret that is made again in the very moment in which a new password is to become current has that one, and what the person wrote', async () => {
  const { id } = await row.testEnvironment.addEndpoint('alpine');
  expect(await row.visit(id)).toBe('in');
  const { fields } = await row.open(id);
  const dies = { ...row.patient, onJournalWrite: dyingAfter('verified') };
  await expect(row.rotate(id, dies)).rejects.toThrow('the process is gone');
  await remove(id);
  await row.rotate(id, row.patient);
  await create(id, { ...fields, note: 'made again' });
  await row.pass(MINUTE);
  expect(await row.rotateToEnd(id)).toBe('done');
  expect(await row.visit(id)).toBe('in');
  expect((await row.open(id)).fields).toMatchObject({ note: 'made again' });
  expect(await row.testEnvironment.portalAcceptsStore(id)).toBe(true);
  expect((await row.history(id)).passwordsChanged).toBe(1);
});

it('the same, where the portal had not said for hours what became of the change', async () => {
  const login = await row.testEnvironment.addEndpoint('alpine');
  const { fields } = await row.open(login.id);
  await row.testEnvironment.portals.setAccountFault(login, { fault: '500_after_commit', count: 1 });
  await row.rotate(login.id, row.patient);
  await row.pass(2 * HOUR);
  const { stores } = row.patient;
  const goneAtPromotion: TenantStores = {
    close: () => stores.close(),
    forTenant(orgId) {
      const store = stores.forTenant(orgId);
      return { ...store, promote: (...asked) => remove(login.id).then(() => store.promote(...asked)) };
    },
  };
  await row.rotate(login.id, { ...row.patient, stores: goneAtPromotion });
  await create(login.id, { ...fields, note: 'made again' });
  await row.pass(MINUTE);
  expect(await row.rotateToEnd(login.id)).toBe('done');
  expect(await row.visit(login.id)).toBe('in');
  expect((await row.open(login.id)).fields).toMatchObject({ note: 'made again' });
  expect((await row.history(login.id)).passwordsChanged).toBe(1);
});

itInLongForm(
  'a password of their own that a person saves from an old copy stays, though the secret was made again and nobody can see what they had opened',
  async () => {
    const { id } = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.rotateToEnd(id)).toBe('done');
    const { fields } = await row.open(id);
    await remove(id);
    await create(id, fields);
    expect([await row.visit(id), await row.rotateToEnd(id)]).toEqual(['in', 'done']);
    const password = 'Stored-first-and-set-later-1';
    await row.save(id, { ...fields, password });
    expect(await row.visit(id)).not.toBe('in');
    await row.mend();
    expect((await row.open(id)).fields).toMatchObject({ password });
    await row.setAtPortal(id, password);
    await row.untilIn(id, { stepMs: 10 * MINUTE, atMostMs: 3 * 60 * MINUTE });
    expect((await row.open(id)).fields).toMatchObject({ password });
    expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
  },
);

it('a password that a rotation has replaced does not come back by a person who saves an old copy, though the secret was made again and nobody can see what they had opened', async () => {
  const { id } = await row.testEnvironment.addEndpoint('alpine');
  expect(await row.rotateToEnd(id)).toBe('done');
  const { fields: opened } = await row.open(id);
  expect(await row.rotateToEnd(id)).toBe('done');
  const { fields } = await row.open(id);
  await remove(id);
  await create(id, fields);
  expect(await row.visit(id)).toBe('in');
  await row.save(id, { ...opened, note: 'theirs' });
  expect(await row.visit(id)).not.toBe('in');
  await row.mend();
  expect((await row.open(id)).fields).toMatchObject({ password: fields.password, note: 'theirs' });
  expect(await row.visit(id)).toBe('in');
  expect(refusals(await row.history(id))).toMatchObject({ wrong: 0 });
});

it('a secret that is made again under an open rotation, and has its very version but another account, is that account’s', async () => {
  const { id } = await row.testEnvironment.addEndpoint('alpine');
  const { fields, version } = await row.open(id);
  await expect(row.rotate(id, { ...row.patient, onJournalWrite: dyingAfter('staged') })).rejects.toThrow('the process is gone');
  const [username, password] = [`${id}-second`, 'The-second-account-1'];
  await row.testEnvironment.portals.createAccount({ portal: 'alpine', username, password });
  await remove(id);
  await create(id, { ...fields, username, password });
  expect((await row.open(id)).version).toBe(version);
  expect(await row.rotateToEnd(id)).toBe('abandoned');
  // The row follows, and the rotation begins again.
  expect(await row.rotateToEnd(id)).toMatch(/^not started: the secret names another account/);
  expect(await row.rotateToEnd(id)).toBe('done');
  expect(await row.visit(id)).toBe('in');
  expect((await row.open(id)).fields).toMatchObject({ username });
});

const dyingAfter = (write: string) => (written: string, when: 'before' | 'after') => {
  if (written === write && when === 'after') throw new Error('the process is gone');
};
