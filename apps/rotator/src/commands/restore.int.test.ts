import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReference, type SecretStore } from '@rcm/credentials';
import { type BackedUpLogin, generateAgeIdentity, sealBackup } from '@rcm/credentials/backup';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { restoreCommand } from './restore.ts';

let opened: RotatorEnvironment;
let folder: string;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [] });
  folder = await mkdtemp(join(tmpdir(), 'rcm-restore-'));
});
afterAll(async () => {
  await opened?.close();
  await rm(folder, { recursive: true, force: true });
});

async function* each(logins: readonly BackedUpLogin[]): AsyncGenerator<BackedUpLogin> {
  for (const login of logins) yield await Promise.resolve(login);
}

/** What `rotator restore` of these logins says; `storeOf`: what is changed of the tenant's store. */
async function restore(logins: readonly BackedUpLogin[], storeOf: (store: SecretStore) => SecretStore): Promise<unknown> {
  const { testEnvironment, rotator, process } = opened;
  const { identity: key, recipient } = await generateAgeIdentity();
  const [file, identity] = [join(folder, 'backup.age'), join(folder, 'identity.txt')];
  const head = { environment: rotator.environment, orgId: testEnvironment.orgId, takenAt: new Date() };
  await writeFile(file, await sealBackup({ recipients: [recipient], keys: rotator.keys, head, logins: each(logins) }));
  await writeFile(identity, key.reveal());
  const stores = { ...rotator.stores, forTenant: (orgId: string) => storeOf(rotator.stores.forTenant(orgId)) };
  const context = { opened: { ...process, rotator: { ...rotator, stores } }, json: true, signal: new AbortController().signal };
  const print = vi.spyOn(globalThis.process.stdout, 'write').mockReturnValue(true);
  try {
    const exitCode = await restoreCommand(context, { file, identity, acceptUnknown: false, dryRun: false, actor: 'person:os:jane@host', reason: 'test' });
    return { exitCode, ...(JSON.parse(String(print.mock.lastCall?.[0])) as object) };
  } finally {
    print.mockRestore();
  }
}

async function backedUp(store?: 'secrets-manager'): Promise<BackedUpLogin> {
  const { id, orgId, secretArn } = await opened.testEnvironment.addEndpoint('alpine', store);
  const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('no secret');
  return { endpointId: id, portalTypeCode: 'alpine', reference: secretArn, version: current.version, text: current.text, staged: [] };
}

/** The row names a secret there, as it did when it was backed up. */
async function lyingAt(login: BackedUpLogin, reference: string): Promise<BackedUpLogin> {
  await opened.sql('UPDATE integration_endpoint SET secret_arn = $2 WHERE id = $1', [login.endpointId, reference]);
  return { ...login, reference };
}

it('a login whose place this deployment has no more, or whose row is changed meanwhile, keeps none behind it from being put back', async () => {
  const [first, second, moved, last] = [await backedUp(), await backedUp(), await backedUp('secrets-manager'), await backedUp()];
  const lostAccount = await lyingAt(first, first.reference.replace(/:\d{12}:/, ':999999999999:'));
  const lostMount = await lyingAt(second, `vault:lost/rcm/${second.reference.split('parameter/rcm/')[1] ?? ''}`);
  const elsewhere = lostAccount.reference.replace(first.endpointId, moved.endpointId);
  // Both are gone; while one of them is made anew, a person lets its row name something else.
  const gone = [moved.endpointId, last.endpointId];
  const answer = await restore([lostAccount, lostMount, moved, last], (store) => ({
    ...store,
    read: (reference, options) => (gone.includes(reference.endpointId) ? Promise.resolve(null) : store.read(reference, options)),
    async create(reference, ...given) {
      const made = await store.create(reference, ...given);
      if (reference.endpointId === moved.endpointId) await lyingAt(moved, elsewhere);
      return made;
    },
  }));
  const [a, b, c, d] = [lostAccount, lostMount, moved, last].map(({ endpointId }) => endpointId);
  expect(answer).toMatchObject({ exitCode: 1, logins: { [`${a}`]: 'failed', [`${b}`]: 'failed', [`${c}`]: 'failed', [`${d}`]: 'restored' } });
});
