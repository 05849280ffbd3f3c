import { setTimeout as delay } from 'node:timers/promises';
import { openClient, type RunningService, startThrowawayPostgres, temporaryFolder } from '@rcm/test-services';
import type pg from 'pg';
import type { BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { atMost, figure } from '../targets.ts';
import { openQueueEnvironment, type QueueEnvironment } from './queue-environment.ts';
import { turnsByTenant } from './takers.ts';

/** Tasks that are asked for, taken, ended and deleted again; the sizes are looked at after the first fifth, and at the end. */
const CYCLES = { full: 100_000, quick: 1_000 } as const;
const FIRST = 0.2;
const TAKERS = 8;
/** Asked for by one statement. */
const BATCH = 250;
const MOST_GROWTH = 1.2;
const TABLES = ['portal_task', 'task_tenant', 'task_turn', 'task_queue', 'task_note'];

/** Whether what a task leaves behind is used again: the tables keep their size however many come and go. */
export async function measureCycles(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const cycles = CYCLES[run.size];
  await using testEnvironment = await openQueueEnvironment({ accounts: 1_000, tenants: 200, portalTypes: 20, tasksEach: 0, crowd: 0 }, 'now', vacuumed);
  await using watch = await openClient(testEnvironment.url);
  await turn(testEnvironment, watch, cycles * FIRST, run);
  const first = await sizes(watch);
  const before = await updates(watch);
  const startedAt = performance.now();
  await turn(testEnvironment, watch, cycles * (1 - FIRST), run);
  const seconds = (performance.now() - startedAt) / 1_000;
  const [last, after] = [await sizes(watch), await updates(watch)];
  const all = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((sum, bytes) => sum + bytes, 0);
  for (const [table, bytes] of last) run.progress(`${table}: ${first.get(table) ?? 0} bytes, then ${bytes}`);
  for (const [table, { updated, hot }] of after) {
    const [more, moreHot] = [updated - (before.get(table)?.updated ?? 0), hot - (before.get(table)?.hot ?? 0)];
    run.progress(
      `${table}: ${(more / (cycles * (1 - FIRST))).toFixed(2)} updates a task, ${Math.round((100 * moreHot) / Math.max(1, more))}% without an index`,
    );
  }
  run.progress(`${Math.round((cycles * (1 - FIRST)) / seconds)} a second`);
  const growth = Number((all(last) / all(first)).toFixed(3));
  const name = `${cycles} tasks that came and went: tables and indexes, beside after the first fifth`;
  return [figure({ name, value: growth, unit: 'times', target: atMost(MOST_GROWTH) })];
}

/** A server whose autovacuum looks as often for these few minutes as another's does in an hour. */
async function vacuumed(): Promise<RunningService> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await temporaryFolder('cycles'));
  const server = await startThrowawayPostgres({ folder: folder.path, settings: { autovacuum_naptime: '5s' } });
  opened.defer(() => server.stop());
  const kept = opened.move();
  return { url: server.url, stop: () => kept.disposeAsync() };
}

async function turn(testEnvironment: QueueEnvironment, watch: pg.Client, count: number, { signal, progress }: BenchmarkRun): Promise<void> {
  const queue = turnsByTenant(testEnvironment.agent);
  for (let done = 0; done < count && !signal.aborted; done += BATCH) {
    await watch.query(
      `INSERT INTO portal_task (id, org_id, endpoint_id, name) SELECT rcm_new_id(), 'o' || i % 200, 'e' || i, 'n' FROM (SELECT ($1::int + n) % 1000 AS i FROM generate_series(1, $2::int) n) x`,
      [done, BATCH],
    );
    let left = BATCH;
    await Promise.all(
      Array.from({ length: TAKERS }, async (_, place) => {
        while (left > 0 && !signal.aborted) {
          left -= 1;
          const task = await untilTaken(() => queue.take(`taker-${place}`));
          await queue.end(task, `taker-${place}`);
        }
      }),
    );
    // What tidyPortalTasks does, which keeps them for an hour at least.
    await watch.query('DELETE FROM portal_task WHERE finished_at IS NOT NULL');
    if (done % 10_000 === 0) progress(`${done} tasks`);
  }
}

/** Another taker may be at the last one that is in turn. */
async function untilTaken<T>(take: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const taken = await take();
    if (taken) return taken;
    await delay(5);
  }
}

/** Of each table, with its indexes and what lies beside it. */
async function sizes(watch: pg.Client): Promise<Map<string, number>> {
  const { rows } = await watch.query<{ name: string; bytes: string }>(
    `SELECT t AS name, pg_total_relation_size(t::regclass) AS bytes FROM unnest($1::text[]) t`,
    [TABLES],
  );
  return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
}

async function updates(watch: pg.Client): Promise<Map<string, { readonly updated: number; readonly hot: number }>> {
  await watch.query('SELECT pg_sleep(2)');
  const { rows } = await watch.query<{ name: string; updated: string; hot: string }>(
    'SELECT relname AS name, n_tup_upd AS updated, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE relname = ANY ($1)',
    [TABLES],
  );
  return new Map(rows.map(({ name, updated, hot }) => [name, { updated: Number(updated), hot: Number(hot) }]));
}
