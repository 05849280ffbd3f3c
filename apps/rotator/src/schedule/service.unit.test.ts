import { openDatabase, type Jobs } from '@rcm/db';
import { createLogger, createMetrics, RcmError, systemClock } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { expect, it } from 'vitest';
import type { Rotator } from '../rotate.ts';
import { startService } from './service.ts';

/** A queue that has nothing. */
const jobs: Jobs = { send: () => Promise.resolve(true), work: () => Promise.resolve(() => Promise.resolve()), stop: () => Promise.resolve() };

it('says by its code why it cannot work', async () => {
  const db = openDatabase({ url: 'postgresql://nobody@127.0.0.1:1/none', applicationName: 'test' });
  const rotator = { db, clock: systemClock, logger: createLogger({ name: 'test', level: 'silent' as 'error' }) } as unknown as Rotator;
  const service = await startService({
    ...{ rotator, jobs, metrics: createMetrics(), concurrency: 1, scanMs: 10_000, recoveryMs: 10_000, pollMs: 500, chores: [] },
    beforeScan: () => Promise.reject(new RcmError('database_unavailable', 'No database.')),
  });
  await expect.poll(service.problem, { timeout: 100_000 }).toMatch(/^(due|recovery) scan fails: database_unavailable$/);
  await service.stop(1_000);
  await db.close();
});

it('tells of the first rotation that fails', async () => {
  const db = { transaction: () => Promise.reject(new Error('a fault of ours')) };
  const rotator = { db, timing: { retryMs: 1 }, clock: systemClock, logger: createLogger({ name: 'test', level: 'silent' as 'error' }) } as unknown as Rotator;
  let hint: ((job: { orgId: string; endpointId: string }) => Promise<unknown>) | undefined;
  const hinting = {
    ...jobs,
    work: (_queue: string, _options: object, handle: never) => ((hint = handle), jobs.work('rotation', { concurrency: 1, pollMs: 500 }, handle)),
  } as Jobs;
  const metrics = createMetrics();
  const service = await startService({
    ...{ rotator, jobs: hinting, metrics, concurrency: 1, scanMs: 10_000, recoveryMs: 10_000, pollMs: 500, chores: [], beforeScan: () => Promise.resolve() },
  });
  expect(await alarmsTold(metrics, 'rotator')).toEqual({ prometheus: [], cloudWatch: [] });
  await hint?.({ orgId: 'hospital-one', endpointId: 'alpine-1' });
  expect(await alarmsTold(metrics, 'rotator')).toEqual({ prometheus: ['rcm-rotation-failed'], cloudWatch: ['rcm-rotation-failed'] });
  expect(await metrics.exposition()).toMatch(/rcm_rotation_seconds_count\{result="failed"\} 1/);
  await service.stop(1_000);
});
