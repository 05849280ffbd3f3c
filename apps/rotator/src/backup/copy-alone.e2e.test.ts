import { afterAll, beforeAll, expect, it } from 'vitest';
import { ACT, type BackupEnvironment, dyingAfter, openBackupEnvironment } from './backup-environment.fixture.ts';

let backups: BackupEnvironment;
beforeAll(async () => void (backups = await openBackupEnvironment()));
afterAll(() => backups?.close());

it('where the copy of an open rotation alone is gone, it is put back, and that is said and stands in the audit trail', async () => {
  const { row } = backups;
  const { id } = await row.testEnvironment.addEndpoint('alpine');
  await expect(row.rotate(id, { ...row.patient, onJournalWrite: dyingAfter('applied') })).rejects.toThrow('the process is gone');
  const before = await backups.texts(id);
  const { file } = await backups.backUp();
  await backups.destroy(id, 'copies alone');
  const [current] = before;
  const restored = async (dryRun: boolean) => (await backups.restore(file, { dryRun })).logins?.[id];
  expect([await restored(true), await backups.texts(id), await row.audit('secret.restore', id)]).toEqual(['copy_restored', [current], []]);
  expect([await restored(false), await backups.texts(id)]).toEqual(['copy_restored', before]);
  expect(await restored(false)).toBe('same');
  expect(await row.audit('secret.restore', id)).toMatchObject([{ ...ACT, details: { result: 'copy_restored', copies: 1 } }]);
  expect(await row.rotateToEnd(id)).toBe('done');
  expect(await backups.currentIsAccepted(id)).toBe(true);
});
