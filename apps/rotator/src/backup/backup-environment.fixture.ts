import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { parseReference } from '@rcm/credentials';
import { generateAgeIdentity } from '@rcm/credentials/backup';
import { GUARDIAN_ROLE } from '@rcm/credentials/policies';
import { getEndpoint } from '@rcm/db';
import { newestBackupRun } from '@rcm/db/admin';
import { isRcmError } from '@rcm/telemetry';
import { vi } from 'vitest';
import { backupCommand } from '../commands/backup.ts';
import { restoreCommand } from '../commands/restore.ts';
import { openRowEnvironment } from '../rows/row-environment.fixture.ts';
import { backupPlace } from './open-place.ts';

export const ACT = { actor: 'person:os:jane@host', reason: 'the store is gone' };

/** Secrets lie in two accounts, of which the loss of one is a loss like any other. */
export const SECOND = '222222222222';

/**
 * Where a restore of three logins dies each time it is begun again: four times at the first of them, once at the second, and at Secrets Manager, where the copy comes
 * last, three times.
 */
export const DEATHS_OF_A_RESTORE = [
  ['stage', 'before'],
  ['stage', 'after'],
  ['create', 'before'],
  ['create', 'after'],
  ['create', 'after'],
  ['create', 'before'],
  ['stage', 'before'],
  ['stage', 'after'],
] as const;

/** At a rotation's write to its journal. */
export const dyingAfter = (write: string) => (written: string, when: 'before' | 'after') => {
  if (written === write && when === 'after') throw new Error('the process is gone');
};

export interface Answer {
  readonly exitCode: number | string;
  readonly files?: readonly { readonly file: string; readonly logins: number; readonly copies: number; readonly missing: readonly string[] }[];
  readonly logins?: Readonly<Record<string, string>>;
}

export type BackupEnvironment = Awaited<ReturnType<typeof openBackupEnvironment>>;

/** Logins whose secrets are backed up to files, lost, and restored by whoever has the identity that they are sealed to. */
export async function openBackupEnvironment() {
  const [row, folder] = [await openRowEnvironment({ furtherAccounts: [SECOND] }), await mkdtemp(join(tmpdir(), 'rcm-backup-'))];
  const made = await generateAgeIdentity();
  const { recipient } = made;
  const identity = join(folder, 'identity.txt');
  await writeFile(identity, `# kept in a safe\n${made.identity.reveal()}\n`);
  const { testEnvironment } = row;

  const context = (keys = row.rotator.keys) => ({
    opened: { ...row.process, rotator: { ...row.patient, keys } },
    json: true,
    signal: new AbortController().signal,
  });
  /** `null`: all organizations, which are one in this test environment. */
  async function backUpTo(where: string, orgId: string | null, signal: AbortSignal = context().signal): Promise<number> {
    const { region, endpoint } = testEnvironment.aws;
    const place = await backupPlace(where, { region, endpoint, signal });
    return backupCommand({ ...context(), signal }, { ...ACT, place, orgId, recipients: [recipient] }).finally(() => place.close());
  }
  const newestRun = () => newestBackupRun(row.process.db);
  let times = 0;
  /** What `rotator backup` says; its file is of this test environment's one organization. */
  async function backUp(): Promise<Answer & { readonly file: string }> {
    const out = join(folder, `${(times += 1)}`);
    const answer = await told(() => backUpTo(out, testEnvironment.orgId));
    return { ...answer, file: answer.files?.[0]?.file ?? '' };
  }
  const restore = (file: string, options: { readonly dryRun?: boolean; readonly acceptUnknown?: boolean } = {}, keys = row.rotator.keys): Promise<Answer> =>
    told(() => restoreCommand(context(keys), { ...ACT, file, identity, acceptUnknown: false, dryRun: false, ...options }));

  const arnOf = async (endpointId: string): Promise<string> => {
    const endpoint = await getEndpoint(testEnvironment.db, { orgId: testEnvironment.orgId, endpointId });
    return endpoint?.secretArn ?? '';
  };
  const store = () => row.rotator.stores.forTenant(testEnvironment.orgId);

  /** A person who became the guardian deletes it all, staged copies too, for good. */
  async function destroy(endpointId: string, what: 'all' | 'current alone' | 'copies alone' = 'all'): Promise<void> {
    const reference = parseReference(await arnOf(endpointId));
    const account = reference.store !== 'vault' && reference.accountId === SECOND ? testEnvironment.further[0] : testEnvironment.aws;
    if (!account) throw new Error('there is no second account');
    const options = { region: account.region, endpoint: account.endpoint, credentials: account.taskCredentials(GUARDIAN_ROLE) };
    if (reference.store === 'secrets-manager') {
      const person = new SecretsManagerClient(options);
      await person.send(new DeleteSecretCommand({ SecretId: await arnOf(endpointId), ForceDeleteWithoutRecovery: true }));
      return void person.destroy();
    }
    const staged = what === 'current alone' ? [] : await store().listStaged(reference);
    const [path = ''] = /rcm\/.*$/.exec(await arnOf(endpointId)) ?? [];
    const paths = [...(what === 'copies alone' ? [] : [path]), ...staged.map((attemptId) => `${path.replace('/endpoints/', '/rotation/')}/${attemptId}`)];
    if (reference.store === 'vault') return void (await Promise.all(paths.map((each) => testEnvironment.vault.destroy(each))));
    const person = new SSMClient(options);
    for (const name of paths) await person.send(new DeleteParameterCommand({ Name: `/${name}` }));
    person.destroy();
  }

  const texts = async (endpointId: string): Promise<readonly unknown[]> => {
    const reference = parseReference(await arnOf(endpointId));
    const tags = { TenantId: testEnvironment.orgId, Environment: testEnvironment.environmentName, PortalType: 'alpine' };
    const staged = await store().listStaged(reference);
    const copies = [];
    for (const attemptId of staged) copies.push((await store().readStaged({ current: reference, attemptId, tags }))?.text.reveal());
    return [(await store().read(reference))?.text.reveal(), ...copies];
  };

  /** By the portal's word, with what the store holds under the name that the row has now. */
  async function currentIsAccepted(endpointId: string): Promise<boolean> {
    const { portal, username } = testEnvironment.endpoint(endpointId);
    const { password } = JSON.parse(String((await texts(endpointId))[0])) as { readonly password: string };
    return testEnvironment.portals.accepts({ portal, username, password });
  }

  return {
    row,
    folder,
    recipient,
    told,
    backUpTo,
    backUp,
    newestRun,
    restore,
    arnOf,
    store,
    destroy,
    texts,
    currentIsAccepted,
    async close() {
      await row.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** What a command says as JSON, or the code that it failed with. */
async function told(act: () => Promise<number>): Promise<Answer> {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const exitCode = await act().catch((error: unknown) => {
    if (isRcmError(error)) return error.code;
    throw error;
  });
  const json = exitCode === 0 || exitCode === 1 ? (JSON.parse(String(written.mock.lastCall?.[0])) as object) : {};
  written.mockRestore();
  return { exitCode, ...json };
}
