import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Transaction } from '../database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const next = (tx: Transaction) => tx.$queryRaw<{ id: string | null }[]>`SELECT task_id::text AS id FROM rcm_next_task('w', interval '1 minute')`;

/** A task that nobody waits before: asked for, taken, ended, and followed by whoever asks next. */
async function cycle(tx: Transaction, { orgId, endpointId }: TestEndpoint): Promise<void> {
  const id = randomUUID();
  await tx.$executeRaw`INSERT INTO portal_task (id, org_id, endpoint_id, name) VALUES (${id}::uuid, ${orgId}, ${endpointId}, 'n')`;
  expect(await next(tx)).toEqual([{ id }]);
  await tx.$executeRaw`UPDATE portal_task SET state = 'failed', error_code = 'c', claimed_until = NULL, finished_at = clock_timestamp() WHERE id = ${id}::uuid`;
  expect(await next(tx)).toEqual([{ id: null }]);
}

type Counts = Readonly<Record<string, readonly number[]>>;

async function written(tx: Transaction): Promise<Counts> {
  const rows = await tx.$queryRaw<{ name: string; counts: number[] }[]>`
    SELECT relname AS name, ARRAY[n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del]::int[] AS counts FROM pg_stat_xact_user_tables WHERE relname LIKE 'task\_%'`;
  return Object.fromEntries(rows.map(({ name, counts }) => [name, counts]));
}

const more = (before: Counts, after: Counts): Counts =>
  Object.fromEntries(Object.entries(after).map(([name, counts]) => [name, counts.map((count, place) => count - (before[name]?.[place] ?? 0))]));

test('of the rows that keep whose turn it is, a task adds one to a queue and one to the turns, and changes its tenant’s twice, in no index', async () => {
  const endpoint = await makeEndpoint(t.db);
  const counted = await t.db.transaction('no tenant', async (tx) => {
    // The first writes down when its claim runs out, which holds for those that follow.
    await cycle(tx, endpoint);
    const before = await written(tx);
    await cycle(tx, endpoint);
    return more(before, await written(tx));
  });
  // Rows added, changed, of these in no index, and removed.
  expect(counted).toMatchObject({ task_queue: [1, 0, 0, 1], task_turn: [1, 0, 0, 1], task_tenant: [0, 2, 2, 0], task_note: [2, 0, 0, 2] });
});
