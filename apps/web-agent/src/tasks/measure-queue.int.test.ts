import { setTimeout as delay } from 'node:timers/promises';
import { createLogger, createMetrics, systemClock } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { createPortalTask } from '@rcm/db/tasks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiEnvironment, openApiEnvironment } from '../http/api.fixture.ts';
import { measureQueue } from './measure-queue.ts';

let testEnvironment: ApiEnvironment;
beforeAll(async () => void (testEnvironment = await openApiEnvironment()));
afterAll(() => testEnvironment?.close());

const metrics = createMetrics();
/** One look. */
async function measured(): Promise<Awaited<ReturnType<typeof alarmsTold>>> {
  const stop = new AbortController();
  const sleep = async () => stop.abort();
  await measureQueue({
    db: testEnvironment.db,
    logger: createLogger({ name: 'test', level: 'silent' }),
    metrics,
    clock: { ...systemClock, sleep },
    signal: stop.signal,
  });
  return alarmsTold(metrics, 'web-agent');
}

it('a task that waits for more than five minutes is told of, and no longer when it is taken', async () => {
  expect(await measured()).toEqual({ prometheus: [], cloudWatch: [] });
  const requester = { kind: 'token', subject: 'claims', issuer: 'https://identity.example/' } as const;
  await createPortalTask(testEnvironment.db, { orgId: 'one', endpointId: 'alpine-one', name: 'n', input: {}, requester });
  await delay(10);
  expect(await measured()).toEqual({ prometheus: [], cloudWatch: [] });
  expect(await metrics.exposition()).toContain('rcm_task_queue_waiting 1');
  const sql = (text: string) => testEnvironment.owner.transaction('every tenant', (tx) => tx.$executeRawUnsafe(text));
  await sql(`UPDATE portal_task SET not_before = now() - interval '6 minutes'`);
  expect(await measured()).toEqual({ prometheus: ['rcm-tasks-wait'], cloudWatch: ['rcm-tasks-wait'] });
  await sql(`UPDATE portal_task SET state = 'running', worker = 'w', claimed_until = now() + interval '1 minute'`);
  expect(await measured()).toEqual({ prometheus: [], cloudWatch: [] });
});
