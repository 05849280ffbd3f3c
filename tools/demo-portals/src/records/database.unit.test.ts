import { DatabaseSync } from 'node:sqlite';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findAccount } from './accounts.ts';
import { openRecords } from './database.ts';
import { noteTry, triesOf } from './login-tries.ts';

test('a file of the version before is taken on, accounts, locks and all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-portals-'));
  const file = join(folder, 'portals.db');
  openRecords(file).close();
  const old = new DatabaseSync(file);
  old.exec(
    'DROP TABLE login_try; DROP TABLE change_made; DROP TABLE pending_change; DROP TABLE backup_code; DROP TABLE code_receiver; DROP TABLE sent_code; DROP TABLE known_device; ALTER TABLE account DROP COLUMN locked_until_support;',
  );
  old.exec(`INSERT INTO account VALUES ('alpine', 'anna', 'salt.hash', NULL, 1, NULL, 77); PRAGMA user_version = 2;`);
  old.close();
  const records = openRecords(file);
  const anna = { portal: 'alpine', username: 'anna' } as const;
  expect(findAccount(records, anna)).toMatchObject({ passwordHash: 'salt.hash', lockedUntil: 77 });
  noteTry(records, anna, { at: 5, ended: 'wrong', atLocked: false, locks: false, by: 'visitor' });
  expect(triesOf(records, anna).tries).toHaveLength(1);
  records.close();
  openRecords(file).close();
  await rm(folder, { recursive: true });
});
