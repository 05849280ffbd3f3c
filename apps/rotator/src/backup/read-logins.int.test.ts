import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReference, secretPath, type SecretStore } from '@rcm/credentials';
import { generateAgeIdentity } from '@rcm/credentials/backup';
import { newestBackupRun } from '@rcm/db/admin';
import { RcmError } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { backupCommand } from '../commands/backup.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { backupPlace } from './open-place.ts';

let opened: RotatorEnvironment;
let folder: string;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [] });
  folder = await mkdtemp(join(tmpdir(), 'rcm-read-logins-'));
});
afterAll(async () => {
  await opened?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What `rotator backup` of every organization comes to where these logins' stores refuse them. */
async function backUp(refused: readonly string[]): Promise<{ readonly exitCode: number; readonly said: string }> {
  const { rotator, process, testEnvironment } = opened;
  const forTenant = (orgId: string): SecretStore => {
    const store = rotator.stores.forTenant(orgId);
    const read: SecretStore['read'] = (reference, options) =>
      refused.includes(reference.endpointId) ? Promise.reject(new RcmError('store_denied', 'not for you')) : store.read(reference, options);
    return { ...store, read };
  };
  const { region, endpoint } = testEnvironment.aws;
  const signal = new AbortController().signal;
  const place = await backupPlace(join(folder, randomUUID()), { region, endpoint, signal });
  const context = { opened: { ...process, rotator: { ...rotator, stores: { ...rotator.stores, forTenant } } }, json: false, signal };
  const { recipient } = await generateAgeIdentity();
  const print = vi.spyOn(globalThis.process.stdout, 'write').mockReturnValue(true);
  try {
    const exitCode = await backupCommand(context, { place, orgId: null, recipients: [recipient], actor: 'person:os:jane@host', reason: 'test' });
    return { exitCode, said: print.mock.calls.map(([text]) => String(text)).join('') };
  } finally {
    print.mockRestore();
    place.close();
  }
}

it('one secret that a store refuses, and one copy that is no payload, end no backup and take nothing else out of it; each is named with why', async () => {
  const { testEnvironment, process } = opened;
  const [refused, beside, plain] = [
    await testEnvironment.addEndpoint('alpine', 'vault'),
    await testEnvironment.addEndpoint('alpine', 'vault'),
    await testEnvironment.addEndpoint('alpine'),
  ];
  const rotation = secretPath(parseReference(beside.secretArn)).replace('/endpoints/', '/rotation/');
  for (const name of [randomUUID(), 'old-copy'])
    await testEnvironment.vault.save(`${rotation}/${name}`, { username: 'billing', password: 'Saved-by-hand-16!' });
  const { exitCode, said } = await backUp([refused.id]);
  expect(exitCode).toBe(1);
  expect(said).toContain('2 logins, 0 staged copies');
  expect(said).toContain(`${refused.id}  is in no file: its store does not let the rotator read its secret`);
  expect(said).toContain(`${beside.id}  is in the file, without what lies among its staged copies and is no payload (1)`);
  expect(said).not.toContain(`${plain.id}  `);
  const noted = await newestBackupRun(process.db);
  expect(noted).toMatchObject({ logins: 2, missing: 1 });

  // A backup of nothing would let nobody see that there is none.
  expect((await backUp([refused.id, beside.id, plain.id])).exitCode).toBe(1);
  expect((await newestBackupRun(process.db))?.beganAt).toEqual(noted?.beganAt);
});

it('a row that names no secret of this deployment ends no backup either', async () => {
  const { testEnvironment } = opened;
  const [unreadable, plain] = [await testEnvironment.addEndpoint('alpine'), await testEnvironment.addEndpoint('alpine')];
  await opened.sql('UPDATE integration_endpoint SET secret_arn = $2 WHERE id = $1', [unreadable.id, 'vault:kv/typed-by-hand']);
  const { exitCode, said } = await backUp([]);
  expect(exitCode).toBe(1);
  expect(said).toContain(`${unreadable.id}  is in no file: its row names no secret in a store of this deployment`);
  expect(said).not.toContain(`${plain.id}  `);
});
