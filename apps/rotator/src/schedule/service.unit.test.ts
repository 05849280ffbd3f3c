import { openDatabase, type Jobs } from '@rcm/db';
import { createLogger, createMetrics, RcmError, systemClock } from '@rcm/telemetry';
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
