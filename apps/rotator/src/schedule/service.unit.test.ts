import { once } from 'node:events';
import { openDatabase } from '@rcm/db';
import { createLogger, createMetrics, RcmError, systemClock } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { expect, it } from 'vitest';
import type { Rotator } from '../rotator.ts';
import type { rotateAndReport } from './rotation-outcome.ts';
import { startService } from './service.ts';

const quiet = { concurrency: 1, scanMs: 10_000, recoveryMs: 10_000, chores: [] };

it('says by its code why it cannot work', async () => {
  const db = openDatabase({ url: 'postgresql://nobody@127.0.0.1:1/none', applicationName: 'test' });
  const rotator = { db, clock: systemClock, logger: createLogger({ name: 'test', level: 'silent' }) } as unknown as Rotator;
  const service = startService({
    ...{ ...quiet, rotator, metrics: createMetrics() },
    beforeScan: () => Promise.reject(new RcmError('database_unavailable', 'No database.')),
  });
  await expect.poll(service.problem, { timeout: 100_000 }).toMatch(/^(due|recovery) scan fails: database_unavailable$/);
  await service.stop(1_000);
  await db.close();
});

const databaseAway = new RcmError('database_unavailable', 'Away.');
it.each([
  ['its database', databaseAway, 2],
  ['its database, of which it heard by the audit trail,', new RcmError('audit_unavailable', 'No event.', { cause: databaseAway }), 2],
  ['its store', new RcmError('store_unavailable', 'Away.'), 1],
] as const)('what is done once an hour and found %s away is tried again before a minute is over only where that is the database', async (_, failure, tries) => {
  // An hour never passes here; a minute is over at once.
  const sleep = (ms: number, signal?: AbortSignal) =>
    ms > 60_000 ? once(signal ?? expect.unreachable(), 'abort') : new Promise((resolve) => setTimeout(resolve, 1));
  const db = { transaction: () => Promise.resolve([]) };
  const rotator = { db, clock: { ...systemClock, sleep }, logger: createLogger({ name: 'test', level: 'silent' }) } as unknown as Rotator;
  const rounds = { hourly: 0, other: 0 };
  const hourly = () => (++rounds.hourly === 1 ? Promise.reject(failure) : Promise.resolve());
  const chores = [
    { name: 'hourly', everyMs: 3_600_000, round: hourly },
    { name: 'other', everyMs: 60_000, round: () => Promise.resolve(++rounds.other) },
  ];
  const service = startService({ ...quiet, chores, rotator, metrics: createMetrics(), beforeScan: () => Promise.resolve() });
  await expect.poll(() => rounds.other, { timeout: 100_000 }).toBeGreaterThan(20);
  expect(rounds.hourly).toBe(tries);
  await service.stop(1_000);
});

it('tells of a store’s account that is full, and of no other failure as that', async () => {
  const due = ['alpine-1', 'alpine-2'].map((endpointId) => ({ orgId: 'hospital-one', endpointId, portalTypeCode: 'alpine', dueSince: new Date() }));
  const answers = {
    $executeRaw: () => Promise.resolve(0),
    $queryRaw: (sql: TemplateStringsArray) => Promise.resolve(sql.join('').includes('room') ? due.splice(0, 1) : []),
  };
  const rotator = {
    ...{ db: { transaction: (_: unknown, act: (tx: typeof answers) => Promise<unknown>) => act(answers) }, timing: { retryMs: 1 }, clock: systemClock },
    ...{
      logger: createLogger({ name: 'test', level: 'silent' }),
      lease: { waitMs: 1 },
      owner: 'rotator',
      rules: { canary: false, probeMs: 1, lastingMs: 1 },
    },
  } as unknown as Rotator;
  const metrics = createMetrics();
  const codes = ['store_unavailable', 'store_full'] as const;
  let ended = 0;
  const rotate: typeof rotateAndReport = async (_, { endpointId }) => ({
    endpointId,
    result: 'failed',
    attemptId: null,
    code: codes[ended++] ?? null,
    detail: null,
  });
  const told = async () => (await alarmsTold(metrics, 'rotator')).prometheus;
  const service = startService({ ...quiet, rotator, metrics, rotate, beforeScan: () => Promise.resolve() });
  await expect.poll(() => ended, { timeout: 100_000 }).toBeGreaterThanOrEqual(2);
  await expect.poll(told, { timeout: 100_000 }).toEqual(['rcm-store-full', 'rcm-rotation-failed']);
  await service.stop(1_000);
  expect((await metrics.values()).find(({ name }) => name === 'rcm_store_full_total')?.value).toBe(1);
});

it('a chore gives up what it holds once no round of it runs, and one that cannot keeps nothing from ending', async () => {
  const db = openDatabase({ url: 'postgresql://nobody@127.0.0.1:1/none', applicationName: 'test' });
  const rotator = { db, clock: systemClock, logger: createLogger({ name: 'test', level: 'silent' }) } as unknown as Rotator;
  const heard: string[] = [];
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const held = {
    ...{ name: 'held', everyMs: 10_000 },
    async round() {
      begun.resolve();
      await goOn.promise;
      heard.push('round');
    },
    leave: () => Promise.resolve(heard.push('left')),
  };
  const broken = { name: 'broken', everyMs: 10_000, round: () => Promise.resolve(), leave: () => Promise.reject(new Error('no database')) };
  const service = startService({ ...quiet, rotator, metrics: createMetrics(), chores: [broken, held], beforeScan: () => Promise.resolve() });
  await begun.promise;
  const stopped = service.stop(100_000);
  expect(heard).toEqual([]);
  goOn.resolve();
  await stopped;
  expect(heard).toEqual(['round', 'left']);
  await db.close();
});

it('tells of the first rotation that fails', async () => {
  const due = [{ orgId: 'hospital-one', endpointId: 'alpine-1', portalTypeCode: 'alpine', dueSince: new Date() }];
  const answers = {
    $executeRaw: () => Promise.resolve(0),
    $queryRaw: (sql: TemplateStringsArray) => Promise.resolve(sql.join('').includes('room') ? due : []),
  };
  const transaction = (scope: unknown, act: (tx: typeof answers) => Promise<unknown>) =>
    typeof scope === 'string' ? act(answers) : Promise.reject(new Error('a fault of ours'));
  const rotator = {
    ...{ db: { transaction }, timing: { retryMs: 1 }, clock: systemClock, logger: createLogger({ name: 'test', level: 'silent' }) },
    ...{ lease: { waitMs: 1 }, owner: 'rotator', rules: { canary: false, probeMs: 1, lastingMs: 1 } },
  } as unknown as Rotator;
  const metrics = createMetrics();
  expect(await alarmsTold(metrics, 'rotator')).toEqual({ prometheus: [], cloudWatch: [] });
  const service = startService({ ...quiet, rotator, metrics, beforeScan: () => Promise.resolve() });
  await expect.poll(() => metrics.exposition(), { timeout: 100_000 }).toMatch(/rcm_rotation_seconds_count\{result="failed"\} 1/);
  expect(await alarmsTold(metrics, 'rotator')).toEqual({ prometheus: ['rcm-rotation-failed'], cloudWatch: ['rcm-rotation-failed'] });
  await service.stop(1_000);
});
