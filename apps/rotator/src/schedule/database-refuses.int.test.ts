import { asSuperuser } from '@rcm/db/testing';
import { alarmsTold } from '@rcm/telemetry/testing';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRotatorConfig } from '../config.ts';
import { openRotator, type RotatorProcess } from '../services.ts';
import { countBooks } from './chores/books.ts';
import { startService } from './service.ts';

const LONG_MS = 600_000;
const NEVER_MS = 3_600_000;
const { signal } = new AbortController();

let testEnvironment: TestEnvironment;
let opened: RotatorProcess;
beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine'] });
  const environment = testEnvironment.environmentOf('rcm_rotator');
  process.env.AWS_SHARED_CREDENTIALS_FILE = environment.AWS_SHARED_CREDENTIALS_FILE;
  opened = openRotator(
    readRotatorConfig({ ...process.env, ...environment, RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'), RCM_LOG_LEVEL: 'error' }),
  );
});
afterAll(async () => {
  await opened?.close();
  await testEnvironment?.close();
});

const onlyReads = (setting: 'on' | 'off') =>
  asSuperuser(testEnvironment.databaseUrl, [
    'SET default_transaction_read_only = off',
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ${setting}', current_database()); END $$`,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  ]);

it('a database that answers what is read and takes nothing is told of, also where nothing is due and the books are counted', { timeout: LONG_MS }, async () => {
  const { rotator, metrics } = opened;
  await countBooks(rotator, metrics).round(signal, signal);
  expect(await alarmsTold(metrics, 'rotator')).toEqual({ prometheus: [], cloudWatch: [] });
  await onlyReads('on');
  const service = startService({
    ...{ rotator, metrics, concurrency: 1, scanMs: NEVER_MS, recoveryMs: NEVER_MS, beforeScan: () => Promise.resolve() },
    chores: [countBooks(rotator, metrics)],
  });
  try {
    const told = ['rcm-database-refuses'];
    await expect.poll(() => alarmsTold(metrics, 'rotator'), { timeout: LONG_MS / 2 }).toEqual({ prometheus: told, cloudWatch: told });
  } finally {
    await onlyReads('off');
    await service.stop(0);
  }
});
