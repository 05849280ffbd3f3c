import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverTime } from '../server-time.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { newestBackupRun, recordBackupRun } from './backup-runs.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const RUN = { place: 's3://backups/prod', organizations: 2, logins: 5, copies: 1, missing: 0 };

test('the newest backup is the one that began last, and its age is by the clock of Postgres', async () => {
  expect(await newestBackupRun(t.rotator)).toBeNull();
  const now = await serverTime(t.rotator);
  const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
  await recordBackupRun(t.rotator, { ...RUN, beganAt: hoursAgo(1) });
  // It ended later, but what it has is older.
  await recordBackupRun(t.rotator, { ...RUN, beganAt: hoursAgo(30), logins: 4 });
  const newest = await newestBackupRun(t.another('rcm_operator'));
  expect(newest).toMatchObject({ ...RUN, beganAt: hoursAgo(1) });
  const since = (await serverTime(t.rotator)).getTime() - now.getTime();
  expect(newest?.ageMs).toBeGreaterThanOrEqual(3_600_000);
  // A Date is cut to whole milliseconds, where the age has its microseconds.
  expect(Math.floor(newest?.ageMs ?? NaN)).toBeLessThanOrEqual(3_600_000 + since);
});

test('a backup of nothing, or one that ended before it began, is none', async () => {
  const beganAt = await serverTime(t.rotator);
  await expect(recordBackupRun(t.rotator, { ...RUN, beganAt, organizations: 0 })).rejects.toThrow();
  await expect(recordBackupRun(t.rotator, { ...RUN, beganAt: new Date(beganAt.getTime() + 3_600_000) })).rejects.toThrow();
});
