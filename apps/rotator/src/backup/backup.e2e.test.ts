import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { parseReference } from '@rcm/credentials';
import { generateAgeIdentity } from '@rcm/credentials/backup';
import { GUARDIAN_ROLE } from '@rcm/credentials/policies';
import { getEndpoint, serverTime } from '@rcm/db';
import { newestBackupRun } from '@rcm/db/admin';
import { isRcmError } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { backupCommand } from '../commands/backup.ts';
import { restoreCommand } from '../commands/restore.ts';
import { itInLongForm } from '../long-form.fixture.ts';
import { DAY, HOUR, MINUTE, openRowEnvironment, refusals, type RowEnvironment } from '../rows/row-environment.fixture.ts';
import { dyingStores } from '../testing.fixture.ts';
import { backupPlace } from './open-place.ts';

const ACT = { actor: 'person:os:jane@host', reason: 'the store is gone' };

/** Secrets lie in two accounts, of which the loss of one is a loss like any other. */
const SECOND = '222222222222';

let row: RowEnvironment;
let folder: string;
let identity: string;
let recipient: string;
beforeAll(async () => {
  [row, folder] = [await openRowEnvironment({ furtherAccounts: [SECOND] }), await mkdtemp(join(tmpdir(), 'rcm-backup-'))];
  const made = await generateAgeIdentity();
  recipient = made.recipient;
  identity = join(folder, 'identity.txt');
  await writeFile(identity, `# kept in a safe\n${made.identity.reveal()}\n`);
});
afterAll(async () => {
  await row?.close();
  if (folder) await rm(folder, { recursive: true });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

interface Answer {
  readonly exitCode: number | string;
  readonly files?: readonly { readonly file: string; readonly logins: number; readonly copies: number; readonly missing: readonly string[] }[];
  readonly logins?: Readonly<Record<string, string>>;
}

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
const context = (keys = row.rotator.keys) => ({
  opened: { ...row.process, rotator: { ...row.patient, keys } },
  json: true,
  signal: new AbortController().signal,
});
/** `null`: all organizations, which are one in this test environment. */
async function backUpTo(where: string, orgId: string | null, signal = context().signal): Promise<number> {
  const { region, endpoint } = row.testEnvironment.aws;
  const place = await backupPlace(where, { region, endpoint, signal });
  return backupCommand({ ...context(), signal }, { ...ACT, place, orgId, recipients: [recipient] }).finally(() => place.close());
}
const newestRun = () => newestBackupRun(row.process.db);
let times = 0;
/** What `rotator backup` says; its file is of this test environment's one organization. */
async function backUp(): Promise<Answer & { readonly file: string }> {
  const out = join(folder, `${(times += 1)}`);
  const answer = await told(() => backUpTo(out, row.testEnvironment.orgId));
  return { ...answer, file: answer.files?.[0]?.file ?? '' };
}
const restore = (file: string, options: { readonly dryRun?: boolean; readonly acceptUnknown?: boolean } = {}, keys = row.rotator.keys): Promise<Answer> =>
  told(() => restoreCommand(context(keys), { ...ACT, file, identity, acceptUnknown: false, dryRun: false, ...options }));

const arnOf = async (endpointId: string): Promise<string> => {
  const endpoint = await getEndpoint(row.testEnvironment.db, { orgId: row.testEnvironment.orgId, endpointId });
  return endpoint?.secretArn ?? '';
};
const storeOf = () => row.rotator.stores.forTenant(row.testEnvironment.orgId);

/** A person who became the guardian deletes it all, staged copies too, for good. */
async function destroy(endpointId: string, what: 'all' | 'current alone' = 'all'): Promise<void> {
  const reference = parseReference(await arnOf(endpointId));
  const account = reference.store !== 'vault' && reference.accountId === SECOND ? row.testEnvironment.further[0] : row.testEnvironment.aws;
  if (!account) throw new Error('there is no second account');
  const options = { region: account.region, endpoint: account.endpoint, credentials: account.taskCredentials(GUARDIAN_ROLE) };
  if (reference.store === 'secrets-manager') {
    const person = new SecretsManagerClient(options);
    await person.send(new DeleteSecretCommand({ SecretId: await arnOf(endpointId), ForceDeleteWithoutRecovery: true }));
    return person.destroy();
  }
  const staged = what === 'all' ? await storeOf().listStaged(reference) : [];
  const [path = ''] = /rcm\/.*$/.exec(await arnOf(endpointId)) ?? [];
  const paths = [path, ...staged.map((attemptId) => `${path.replace('/endpoints/', '/rotation/')}/${attemptId}`)];
  if (reference.store === 'vault') return void (await Promise.all(paths.map((each) => row.testEnvironment.vault.destroy(each))));
  const person = new SSMClient(options);
  for (const name of paths) await person.send(new DeleteParameterCommand({ Name: `/${name}` }));
  person.destroy();
}

const dyingAfter = (write: string) => (written: string, when: 'before' | 'after') => {
  if (written === write && when === 'after') throw new Error('the process is gone');
};
const texts = async (endpointId: string): Promise<readonly unknown[]> => {
  const reference = parseReference(await arnOf(endpointId));
  const tags = { TenantId: row.testEnvironment.orgId, Environment: row.testEnvironment.environmentName, PortalType: 'alpine' };
  const staged = await storeOf().listStaged(reference);
  const copies = [];
  for (const attemptId of staged) copies.push((await storeOf().readStaged({ current: reference, attemptId, tags }))?.text.reveal());
  return [(await storeOf().read(reference))?.text.reveal(), ...copies];
};

/** By the portal's word, with what the store holds under the name that the row has now. */
async function currentIsAccepted(endpointId: string): Promise<boolean> {
  const { portal, username } = row.testEnvironment.endpoint(endpointId);
  const { password } = JSON.parse(String((await texts(endpointId))[0])) as { readonly password: string };
  return row.testEnvironment.portals.accepts({ portal, username, password });
}

it('everything that a store held is lost, and comes back: also what a rotation had only staged, and at Secrets Manager under another ARN', async () => {
  const [still, rotated, open] = [
    await row.testEnvironment.addEndpoint('alpine'),
    await row.testEnvironment.addEndpoint('alpine'),
    await row.testEnvironment.addEndpoint('alpine'),
  ];
  const [managed, managedOpen] = [
    await row.testEnvironment.addEndpoint('alpine', 'secrets-manager'),
    await row.testEnvironment.addEndpoint('alpine', 'secrets-manager'),
  ];
  const [vault, vaultOpen] = [await row.testEnvironment.addEndpoint('alpine', 'vault'), await row.testEnvironment.addEndpoint('alpine', 'vault')];
  const away = await row.testEnvironment.addEndpoint('alpine', 'ssm', SECOND);
  const all = [still, rotated, open, managed, managedOpen, vault, vaultOpen, away].map(({ id }) => id);
  for (const id of isLongForm() ? all : [away.id]) expect(await row.visit(id)).toBe('in');
  expect(await row.rotateToEnd(rotated.id)).toBe('done');
  // The portal has the new password, and nobody has made it current.
  for (const { id } of [open, managedOpen, vaultOpen])
    await expect(row.rotate(id, { ...row.patient, onJournalWrite: dyingAfter('applied') })).rejects.toThrow('the process is gone');
  const before = await Promise.all(all.map(texts));
  const passwords = (await Promise.all(all.map((id) => row.storedPasswords(id)))).flat();

  const { exitCode, files, file } = await backUp();
  expect({ exitCode, files }).toMatchObject({ exitCode: 0, files: [{ logins: 8, copies: 4, missing: [] }] });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const sealed = await readFile(file);
  const sha256 = createHash('sha256').update(sealed).digest('hex');
  expect(await row.audit('secret.backup', row.testEnvironment.orgId)).toMatchObject([{ ...ACT, details: { recipients: [recipient] } }]);
  expect(await row.audit('secret.backed_up', row.testEnvironment.orgId)).toMatchObject([{ details: { sha256, logins: 8, copies: 4, missing: 0 } }]);
  const bytes = sealed.toString('latin1');
  expect(passwords.length).toBeGreaterThan(10);
  for (const word of [...passwords, 'password', row.testEnvironment.orgId]) expect(bytes).not.toContain(word);

  for (const id of all) await destroy(id);
  for (const { id } of [still, rotated, managed, vault, away]) expect(await row.visit(id)).not.toBe('in');
  const asked = await restore(file, { dryRun: true });
  expect(asked).toMatchObject({ exitCode: 0, logins: Object.fromEntries(all.map((id) => [id, 'restored'])) });
  for (const id of all) expect(await storeOf().read(parseReference(await arnOf(id)))).toBeNull();

  expect(await restore(file)).toMatchObject({ exitCode: 0, logins: Object.fromEntries(all.map((id) => [id, 'restored'])) });
  expect(await Promise.all(all.map(texts))).toEqual(before);
  for (const { id, secretArn } of [managed, managedOpen]) {
    expect(await arnOf(id)).not.toBe(secretArn);
    expect((await arnOf(id)).slice(0, -6)).toBe(secretArn.slice(0, -6));
  }
  for (const { id } of [still, rotated, managed, vault, away]) expect(await row.visit(id)).toBe('in');
  for (const { id } of [open, managedOpen, vaultOpen]) {
    expect(await row.rotateToEnd(id)).toBe('done');
    await row.untilIn(id, { stepMs: 10 * MINUTE, atMostMs: HOUR });
  }
  for (const id of all) {
    expect(await currentIsAccepted(id)).toBe(true);
    expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
  }
  expect(Object.values((await restore(file)).logins ?? {})).toEqual(['same', 'same', 'kept', 'same', 'kept', 'same', 'kept', 'same']);
  const said = await row.audit('secret.restore', managed.id);
  expect(said).toMatchObject([{ ...ACT, details: { result: 'restored', copies: 0 } }]);
});

it('what lies in the store is newer than any backup, and stays; a login that was rotated since and is gone is named, and works again with what a person knows', async () => {
  const [edited, newer] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine')];
  for (const { id } of [edited, newer]) expect(await row.rotateToEnd(id)).toBe('done');
  const { file } = await backUp();
  await row.edit(edited.id, { note: 'a person’s' });
  const kept = await texts(edited.id);
  await row.pass(DAY);
  expect(await row.rotateToEnd(newer.id)).toBe('done');
  await destroy(newer.id);
  const answer = await restore(file);
  expect(answer).toMatchObject({ exitCode: 1, logins: { [edited.id]: 'kept', [newer.id]: 'outdated' } });
  expect(await texts(edited.id)).toEqual(kept);
  expect(await row.visit(newer.id)).not.toBe('in');
  await row.mend();

  // Support resets it, and a person puts it into the secret that was put back.
  await row.setAtPortal(newer.id, 'Reset-by-support-1');
  await row.edit(newer.id, { password: 'Reset-by-support-1' });
  await row.untilIn(newer.id, { stepMs: 10 * MINUTE, atMostMs: 3 * HOUR });
  expect(refusals(await row.history(newer.id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
});

itInLongForm('where current alone was deleted, the newer password that lies staged in the store is found by itself', async () => {
  const { id } = await row.testEnvironment.addEndpoint('alpine');
  expect(await row.rotateToEnd(id)).toBe('done');
  const { file } = await backUp();
  await row.pass(DAY);
  expect(await row.rotateToEnd(id)).toBe('done');
  await destroy(id, 'current alone');
  expect((await restore(file)).logins).toMatchObject({ [id]: 'restored' });
  await row.untilIn(id, { stepMs: 10 * MINUTE, atMostMs: 3 * HOUR });
  expect(await currentIsAccepted(id)).toBe(true);
  expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
});

it('a restore that dies in the middle is repeated, and nothing of it is missing', async () => {
  // Each run dies at the first that it puts back.
  const ended = await row.testEnvironment.addEndpoint('alpine');
  const [parameter, managed] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine', 'secrets-manager')];
  expect(await row.rotateToEnd(ended.id)).toBe('done');
  const [both, all] = [
    [parameter.id, managed.id],
    [parameter.id, managed.id, ended.id],
  ];
  for (const id of both) await expect(row.rotate(id, { ...row.patient, onJournalWrite: dyingAfter('applied') })).rejects.toThrow('the process is gone');
  const before = await Promise.all(all.map(texts));
  const { file } = await backUp();
  for (const id of all) await destroy(id);
  const { stores } = row.rotator;
  const real = { close: () => stores.close(), forTenant: stores.forTenant.bind(stores) };
  // Four at the first of them, one at the second, and at Secrets Manager, where the copy comes last, three.
  const deaths = [
    ['stage', 'before'],
    ['stage', 'after'],
    ['create', 'before'],
    ['create', 'after'],
    ['create', 'after'],
    ['create', 'before'],
    ['stage', 'before'],
    ['stage', 'after'],
  ] as const;
  for (const [step, when] of deaths) {
    const dying = vi.spyOn(row.patient.stores, 'forTenant').mockImplementation(dyingStores(real, step, when).forTenant);
    await expect(restore(file), `dies ${when} ${step}`).rejects.toThrow(`died ${when} ${step}`);
    dying.mockRestore();
  }
  await restore(file);
  expect(await Promise.all(all.map(texts))).toEqual(before);
  for (const id of both) {
    expect(await row.rotateToEnd(id)).toBe('done');
    expect(await currentIsAccepted(id)).toBe(true);
  }
});

it('nothing is done with a file that is cut, changed, another environment’s, not for this identity, or that somebody else made', async () => {
  const { id } = await row.testEnvironment.addEndpoint('alpine');
  const { file } = await backUp();
  await destroy(id);
  const bytes = await readFile(file);
  const cut = join(folder, 'cut.age');
  await writeFile(cut, bytes.subarray(0, bytes.length - 20));
  const other = { current: { ...row.rotator.keys.current, id: 'other' } };
  expect(await restore(cut)).toEqual({ exitCode: 'input_invalid' });
  expect(await restore(join(folder, 'none.age'))).toEqual({ exitCode: 'input_invalid' });
  expect(await restore(file, {}, other)).toEqual({ exitCode: 'input_invalid' });
  expect(await storeOf().read(parseReference(await arnOf(id)))).toBeNull();
  expect((await restore(file, { acceptUnknown: true }, other)).logins).toMatchObject({ [id]: 'restored' });
  expect(await row.visit(id)).toBe('in');
});

it('a secret that is gone is named and not in the file; no file is left of a backup that ends in the middle', async () => {
  const [gone, there] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine')];
  await destroy(gone.id);
  const { exitCode, files } = await backUp();
  expect({ exitCode, missing: files?.[0]?.missing }).toEqual({ exitCode: 1, missing: [gone.id] });

  const out = join(folder, 'aborted');
  const stop = new AbortController();
  const { store } = { store: storeOf() };
  const read = vi.spyOn(row.rotator.stores, 'forTenant').mockReturnValue({
    ...store,
    read: (reference, options) => {
      if (reference.endpointId === there.id) stop.abort();
      return store.read(reference, options);
    },
  });
  await expect(backUpTo(out, null, stop.signal)).rejects.toThrow();
  read.mockRestore();
  expect(await readdir(out)).toEqual([]);
  expect(await newestRun()).toBeNull();
});

it('a backup of every organization that came to its end is noted, with where it lies; one of a single organization is not', async () => {
  await backUp();
  expect(await newestRun()).toBeNull();
  const beganAfter = await serverTime(row.process.db);
  const { exitCode, files } = await told(() => backUpTo(join(folder, 'whole'), null));
  const [file] = files ?? [];
  const newest = await newestRun();
  expect(newest).toMatchObject({ place: join(folder, 'whole'), organizations: 1, logins: file?.logins, copies: file?.copies, missing: file?.missing.length });
  expect(exitCode).toBe(file?.missing.length === 0 ? 0 : 1);
  expect(newest?.beganAt.getTime()).toBeGreaterThanOrEqual(beganAfter.getTime());
});

itInLongForm('a bucket gets what a folder gets, and restores the same; one that is away is no backup', async () => {
  const { id } = await row.testEnvironment.addEndpoint('alpine');
  const { aws } = row.testEnvironment;
  await writeFile(
    join(folder, 'credentials'),
    `[default]\naws_access_key_id = ${aws.credentials.accessKeyId}\naws_secret_access_key = ${aws.credentials.secretAccessKey}\n`,
  );
  // The SDK's default chain reads it from here.
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  const s3 = new S3Client({ region: aws.region, endpoint: aws.endpoint, credentials: { ...aws.credentials }, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'backups', ObjectLockEnabledForBucket: true }));
  const before = await newestRun();
  aws.setFaults({ match: 's3:PutObject', kind: 'down' });
  expect(await told(() => backUpTo('s3://backups/prod', null))).toEqual({ exitCode: 'store_unavailable' });
  aws.setFaults([]);
  expect(await newestRun()).toMatchObject({ beganAt: before?.beganAt });

  const { files } = await told(() => backUpTo('s3://backups/prod', null));
  const place = (await newestRun())?.place ?? '';
  expect(place).toMatch(/^s3:\/\/backups\/prod\/.*\/$/);
  const get = async (address: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'backups', Key: address.replace('s3://backups/', '') }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  const { files: listed } = JSON.parse((await get(`${place}complete.json`)).toString()) as { readonly files: readonly { readonly sha256: string }[] };
  const file = files?.[0]?.file ?? '';
  const sealed = await get(file);
  s3.destroy();
  expect(listed.map(({ sha256 }) => sha256)).toEqual([createHash('sha256').update(sealed).digest('hex')]);
  await writeFile(join(folder, 'from-the-bucket.age'), sealed);
  await destroy(id);
  expect((await restore(join(folder, 'from-the-bucket.age'))).logins).toMatchObject({ [id]: 'restored' });
  expect(await row.visit(id)).toBe('in');
});
