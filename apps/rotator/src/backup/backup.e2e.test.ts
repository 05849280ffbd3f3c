import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseReference } from '@rcm/credentials';
import { serverTime } from '@rcm/db';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { itInLongForm } from '../long-form.fixture.ts';
import { DAY, HOUR, MINUTE, refusals, type RowEnvironment } from '../rows/row-environment.fixture.ts';
import { dyingStores } from '../testing.fixture.ts';
import { ACT, type BackupEnvironment, DEATHS_OF_A_RESTORE, dyingAfter, openBackupEnvironment, SECOND } from './backup-environment.fixture.ts';
import { openBucket } from './bucket.fixture.ts';

let backups: BackupEnvironment;
let row: RowEnvironment;
beforeAll(async () => {
  backups = await openBackupEnvironment();
  row = backups.row;
});
afterAll(() => backups?.close());
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const login = (store?: 'ssm' | 'secrets-manager' | 'vault', account?: string) => row.testEnvironment.addEndpoint('alpine', store, account);

it('everything that a store held is lost, and comes back: also what a rotation had only staged, and at Secrets Manager under another ARN', async () => {
  const [still, rotated, open] = [await login(), await login(), await login()];
  const [managed, managedOpen] = [await login('secrets-manager'), await login('secrets-manager')];
  const [vault, vaultOpen] = [await login('vault'), await login('vault')];
  const away = await login('ssm', SECOND);
  const all = [still, rotated, open, managed, managedOpen, vault, vaultOpen, away].map(({ id }) => id);
  for (const id of isLongForm() ? all : [away.id]) expect(await row.visit(id)).toBe('in');
  expect(await row.rotateToEnd(rotated.id)).toBe('done');
  // The portal has the new password, and nobody has made it current.
  for (const { id } of [open, managedOpen, vaultOpen])
    await expect(row.rotate(id, { ...row.patient, onJournalWrite: dyingAfter('applied') })).rejects.toThrow('the process is gone');
  const before = await Promise.all(all.map(backups.texts));
  const passwords = (await Promise.all(all.map((id) => row.storedPasswords(id)))).flat();

  const { exitCode, files, file } = await backups.backUp();
  expect({ exitCode, files }).toMatchObject({ exitCode: 0, files: [{ logins: 8, copies: 4, missing: [] }] });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const sealed = await readFile(file);
  const sha256 = createHash('sha256').update(sealed).digest('hex');
  expect(await row.audit('secret.backup', row.testEnvironment.orgId)).toMatchObject([{ ...ACT, details: { recipients: [backups.recipient] } }]);
  expect(await row.audit('secret.backed_up', row.testEnvironment.orgId)).toMatchObject([{ details: { sha256, logins: 8, copies: 4, missing: 0 } }]);
  const bytes = sealed.toString('latin1');
  expect(passwords.length).toBeGreaterThan(10);
  for (const word of [...passwords, 'password', row.testEnvironment.orgId]) expect(bytes).not.toContain(word);

  for (const id of all) await backups.destroy(id);
  for (const { id } of [still, rotated, managed, vault, away]) expect(await row.visit(id)).not.toBe('in');
  const asked = await backups.restore(file, { dryRun: true });
  expect(asked).toMatchObject({ exitCode: 0, logins: Object.fromEntries(all.map((id) => [id, 'restored'])) });
  for (const id of all) expect(await backups.store().read(parseReference(await backups.arnOf(id)))).toBeNull();

  expect(await backups.restore(file)).toMatchObject({ exitCode: 0, logins: Object.fromEntries(all.map((id) => [id, 'restored'])) });
  expect(await Promise.all(all.map(backups.texts))).toEqual(before);
  for (const { id, secretArn } of [managed, managedOpen]) {
    expect(await backups.arnOf(id)).not.toBe(secretArn);
    expect((await backups.arnOf(id)).slice(0, -6)).toBe(secretArn.slice(0, -6));
  }
  for (const { id } of [still, rotated, managed, vault, away]) expect(await row.visit(id)).toBe('in');
  for (const { id } of [open, managedOpen, vaultOpen]) {
    expect(await row.rotateToEnd(id)).toBe('done');
    await row.untilIn(id, { stepMs: 10 * MINUTE, atMostMs: HOUR });
  }
  for (const id of all) {
    expect(await backups.currentIsAccepted(id)).toBe(true);
    expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
  }
  expect(Object.values((await backups.restore(file)).logins ?? {})).toEqual(['same', 'same', 'kept', 'same', 'kept', 'same', 'kept', 'same']);
  const said = await row.audit('secret.restore', managed.id);
  expect(said).toMatchObject([{ ...ACT, details: { result: 'restored', copies: 0 } }]);
});

it('what lies in the store is newer than any backup, and stays; a login that was rotated since and is gone is named, and works again with what a person knows', async () => {
  const [edited, newer, first] = [await login(), await login(), await login()];
  for (const { id } of [edited, newer]) expect(await row.rotateToEnd(id)).toBe('done');
  const { file } = await backups.backUp();
  await row.edit(edited.id, { note: 'a person’s' });
  const kept = await backups.texts(edited.id);
  await row.pass(DAY);
  for (const { id } of [newer, first]) {
    expect(await row.rotateToEnd(id)).toBe('done');
    await backups.destroy(id);
  }
  const answer = await backups.restore(file);
  expect(answer).toMatchObject({ exitCode: 1, logins: { [edited.id]: 'kept', [newer.id]: 'outdated', [first.id]: 'outdated' } });
  expect(await backups.texts(edited.id)).toEqual(kept);
  expect(await row.visit(newer.id)).not.toBe('in');
  await row.mend();

  // Support resets it, and a person puts it into the secret that was put back.
  await row.setAtPortal(newer.id, 'Reset-by-support-1');
  await row.edit(newer.id, { password: 'Reset-by-support-1' });
  await row.untilIn(newer.id, { stepMs: 10 * MINUTE, atMostMs: 3 * HOUR });
  expect(refusals(await row.history(newer.id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
});

itInLongForm('where current alone was deleted, the newer password that lies staged in the store is found by itself', async () => {
  const { id } = await login();
  expect(await row.rotateToEnd(id)).toBe('done');
  const { file } = await backups.backUp();
  await row.pass(DAY);
  expect(await row.rotateToEnd(id)).toBe('done');
  await backups.destroy(id, 'current alone');
  expect((await backups.restore(file)).logins).toMatchObject({ [id]: 'restored' });
  await row.untilIn(id, { stepMs: 10 * MINUTE, atMostMs: 3 * HOUR });
  expect(await backups.currentIsAccepted(id)).toBe(true);
  expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
});

it('a restore that dies in the middle is repeated, and nothing of it is missing', async () => {
  // Each run dies at the first that it puts back.
  const ended = await login();
  const [parameter, managed] = [await login(), await login('secrets-manager')];
  expect(await row.rotateToEnd(ended.id)).toBe('done');
  const [both, all] = [
    [parameter.id, managed.id],
    [parameter.id, managed.id, ended.id],
  ];
  for (const id of both) await expect(row.rotate(id, { ...row.patient, onJournalWrite: dyingAfter('applied') })).rejects.toThrow('the process is gone');
  const before = await Promise.all(all.map(backups.texts));
  const { file } = await backups.backUp();
  for (const id of all) await backups.destroy(id);
  const { stores } = row.rotator;
  const real = { close: () => stores.close(), forTenant: stores.forTenant.bind(stores) };
  for (const [step, when] of DEATHS_OF_A_RESTORE) {
    const dying = vi.spyOn(row.patient.stores, 'forTenant').mockImplementation(dyingStores(real, step, when).forTenant);
    await expect(backups.restore(file), `dies ${when} ${step}`).rejects.toThrow(`died ${when} ${step}`);
    dying.mockRestore();
  }
  await backups.restore(file);
  expect(await Promise.all(all.map(backups.texts))).toEqual(before);
  for (const id of both) {
    expect(await row.rotateToEnd(id)).toBe('done');
    expect(await backups.currentIsAccepted(id)).toBe(true);
  }
});

it('nothing is done with a file that is cut, changed, another environment’s, not for this identity, or that somebody else made', async () => {
  const { id } = await login();
  const { file } = await backups.backUp();
  await backups.destroy(id);
  const bytes = await readFile(file);
  const cut = join(backups.folder, 'cut.age');
  await writeFile(cut, bytes.subarray(0, bytes.length - 20));
  const other = { current: { ...row.rotator.keys.current, id: 'other' } };
  expect(await backups.restore(cut)).toEqual({ exitCode: 'input_invalid' });
  expect(await backups.restore(join(backups.folder, 'none.age'))).toEqual({ exitCode: 'input_invalid' });
  expect(await backups.restore(file, {}, other)).toEqual({ exitCode: 'input_invalid' });
  expect(await backups.store().read(parseReference(await backups.arnOf(id)))).toBeNull();
  expect((await backups.restore(file, { acceptUnknown: true }, other)).logins).toMatchObject({ [id]: 'restored' });
  expect(await row.visit(id)).toBe('in');
});

it('a secret that is gone is named and not in the file; no file is left of a backup that ends in the middle', async () => {
  const [gone, there] = [await login(), await login()];
  await backups.destroy(gone.id);
  const { exitCode, files } = await backups.backUp();
  expect({ exitCode, missing: files?.[0]?.missing }).toEqual({ exitCode: 1, missing: [gone.id] });

  const out = join(backups.folder, 'aborted');
  const stop = new AbortController();
  const store = backups.store();
  const read = vi.spyOn(row.rotator.stores, 'forTenant').mockReturnValue({
    ...store,
    read: (reference, options) => {
      if (reference.endpointId === there.id) stop.abort();
      return store.read(reference, options);
    },
  });
  await expect(backups.backUpTo(out, null, stop.signal)).rejects.toThrow();
  read.mockRestore();
  expect(await readdir(out)).toEqual([]);
  expect(await backups.newestRun()).toBeNull();
});

it('a backup of every organization that came to its end is noted, with where it lies; one of a single organization is not', async () => {
  await backups.backUp();
  expect(await backups.newestRun()).toBeNull();
  const beganAfter = await serverTime(row.process.db);
  const place = join(backups.folder, 'whole');
  const { exitCode, files } = await backups.told(() => backups.backUpTo(place, null));
  const [file] = files ?? [];
  const newest = await backups.newestRun();
  expect(newest).toMatchObject({ place, organizations: 1, logins: file?.logins, copies: file?.copies, missing: file?.missing.length });
  expect(exitCode).toBe(file?.missing.length === 0 ? 0 : 1);
  expect(newest?.beganAt.getTime()).toBeGreaterThanOrEqual(beganAfter.getTime());
});

itInLongForm('a bucket gets what a folder gets, and restores the same; one that is away is no backup', async () => {
  const { id } = await login();
  const { aws } = row.testEnvironment;
  const bucket = await openBucket(aws, { name: 'backups', folder: backups.folder });
  const before = await backups.newestRun();
  aws.setFaults({ match: 's3:PutObject', kind: 'down' });
  expect(await backups.told(() => backups.backUpTo('s3://backups/prod', null))).toEqual({ exitCode: 'store_unavailable' });
  aws.setFaults([]);
  expect(await backups.newestRun()).toMatchObject({ beganAt: before?.beganAt });

  const { files } = await backups.told(() => backups.backUpTo('s3://backups/prod', null));
  const place = (await backups.newestRun())?.place ?? '';
  expect(place).toMatch(/^s3:\/\/backups\/prod\/.*\/$/);
  const { files: listed } = JSON.parse((await bucket.read(`${place}complete.json`)).toString()) as { readonly files: readonly { readonly sha256: string }[] };
  const file = files?.[0]?.file ?? '';
  const sealed = await bucket.read(file);
  bucket.close();
  expect(listed.map(({ sha256 }) => sha256)).toEqual([createHash('sha256').update(sealed).digest('hex')]);
  await writeFile(join(backups.folder, 'from-the-bucket.age'), sealed);
  await backups.destroy(id);
  expect((await backups.restore(join(backups.folder, 'from-the-bucket.age'))).logins).toMatchObject({ [id]: 'restored' });
  expect(await row.visit(id)).toBe('in');
});
