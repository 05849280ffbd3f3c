import { setTimeout as delay } from 'node:timers/promises';
import { RcmError } from '@rcm/telemetry';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installJobs, QUEUE_TABLES } from './jobs-install.ts';
import { openJobs, type JobData, type Jobs, type RefusedJob } from './jobs.ts';
import { openTestDatabase, type TestDatabase } from './testing.fixture.ts';
import { urlFor } from './testing.ts';

let t: TestDatabase;
let opened: Jobs[] = [];
beforeEach(async () => void (t = await openTestDatabase()));
afterEach(async () => {
  await Promise.all(opened.map((jobs) => jobs.stop({ timeoutMs: 2000 })));
  opened = [];
  await t.close();
});

async function open(): Promise<Jobs> {
  const jobs = await openJobs({ url: urlFor('rcm_rotator', t.url), applicationName: 'test', maxConnections: 2 });
  opened.push(jobs);
  return jobs;
}
const rotation = (endpointId: string): JobData['rotation'] => ({ endpointId, orgId: 'org' });

test('eight processes that prepare the queues at once make them once, and eight that open them work', async () => {
  await t.sql('DROP SCHEMA pgboss CASCADE');
  await Promise.all(Array.from({ length: 8 }, () => installJobs({ url: t.url })));
  const all = await Promise.all(Array.from({ length: 8 }, open));
  expect(await all[0]?.send('rotation', rotation('a'))).toBe(true);
  expect((await t.sql(`SELECT name FROM pgboss.queue WHERE name NOT LIKE '\\_%'`)).map((row) => row['name'])).toEqual(['rotation']);
});

test('one job per endpoint waits, whoever sends it; while it is worked on, the next may wait', async () => {
  const [one, two] = [await open(), await open()];
  expect(await one.send('rotation', rotation('a'))).toBe(true);
  expect(await two.send('rotation', rotation('a'))).toBe(false);
  expect(await two.send('rotation', rotation('b'))).toBe(true);
  const seen: string[] = [];
  const stop = await one.work('rotation', { concurrency: 2 }, async ({ endpointId }) => {
    if (endpointId === 'a' && !seen.includes('a')) expect(await two.send('rotation', rotation('a'))).toBe(true);
    seen.push(endpointId);
  });
  await expect.poll(() => seen.toSorted(), { timeout: 30_000 }).toEqual(['a', 'a', 'b']);
  await stop();
});

test('what is sent in a transaction exists only if it commits', async () => {
  const jobs = await open();
  await expect(
    t.rotator.transaction('no tenant', async (tx) => {
      await jobs.send('rotation', rotation('undone'), {}, tx);
      throw new Error('stop');
    }),
  ).rejects.toThrow();
  await t.rotator.transaction('no tenant', async (tx) => void (await jobs.send('rotation', rotation('done'), { priority: 5, delayMs: 100 }, tx)));
  expect((await t.sql(`SELECT data->>'endpointId' AS id FROM pgboss.job WHERE name = 'rotation'`)).map((row) => row['id'])).toEqual(['done']);
});

test('the stopper waits for the handler in hand and takes nothing after it', async () => {
  const jobs = await open();
  const done: string[] = [];
  const stop = await jobs.work('rotation', { concurrency: 1 }, async ({ endpointId }) => {
    done.push(`begin ${endpointId}`);
    await delay(700);
    done.push(`end ${endpointId}`);
  });
  await jobs.send('rotation', rotation('a'));
  await expect.poll(() => done, { timeout: 30_000 }).toEqual(['begin a']);
  await jobs.send('rotation', rotation('b'));
  await stop();
  await delay(700);
  expect(done).toEqual(['begin a', 'end a']);
});

test('a handler that throws gets its job again', { timeout: 60_000 }, async () => {
  const jobs = await open();
  let calls = 0;
  await jobs.work('rotation', { concurrency: 1 }, async () => {
    calls += 1;
    if (calls === 1) throw new Error('once');
  });
  await jobs.send('rotation', rotation('a'));
  await expect.poll(() => calls, { timeout: 40_000 }).toBe(2);
});

test('of a handler that throws only the code is kept with the job, which every rotator may read', { timeout: 60_000 }, async () => {
  const told: Error[] = [];
  const jobs = await openJobs({ url: urlFor('rcm_rotator', t.url), applicationName: 'test', onError: (error) => told.push(error) });
  opened.push(jobs);
  const cause = Object.assign(new Error('Jane Doe owes 12.50'), { detail: 'Failing row contains (hospital-a)' });
  await jobs.work('rotation', { concurrency: 1 }, () => {
    throw new RcmError('state_conflict', 'hospital-a is elsewhere', { cause, details: { endpointId: 'endpoint-of-a' } });
  });
  await jobs.send('rotation', rotation('a'));
  const outputs = () => t.sql<{ output: string }>(`SELECT output::text FROM pgboss.job WHERE output IS NOT NULL`).then((rows) => rows.map((row) => row.output));
  await expect.poll(outputs, { timeout: 30_000 }).toHaveLength(1);
  const [output] = await outputs();
  expect(output).toContain('state_conflict');
  for (const secret of ['Jane', 'hospital-a', 'endpoint-of-a']) expect(output).not.toContain(secret);
  expect(told).toMatchObject([{ code: 'state_conflict', cause }]);
});

test(
  'a job that says anything but that an endpoint may be due is told of and completed, whatever it is, and the next is taken',
  { timeout: 120_000 },
  async () => {
    const told: RefusedJob[] = [];
    const failed: Error[] = [];
    const url = urlFor('rcm_rotator', t.url);
    const jobs = await openJobs({ url, applicationName: 'test', onRefused: (job) => told.push(job), onError: (error) => failed.push(error) });
    opened.push(jobs);
    const order = { orgId: 'org', endpointId: 'a', reason: 'rollback', chosenVersion: '1' };
    const not = [order, {}, null, 'rotation', [], 7, { orgId: 'org' }, { orgId: '*', endpointId: 'a' }, { orgId: 'org', endpointId: `x' OR '1'='1` }];
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`field-${'x'.repeat(100)}-${i}`, i]));
    for (const data of [...not, many, { ...rotation('a'), ['__proto__']: {} }, { ...rotation('a'), endpointId: 'a'.repeat(100_000) }])
      await t.sql(`INSERT INTO pgboss.job (name, data) VALUES ('rotation', $1)`, [JSON.stringify(data)]);
    await jobs.send('rotation', rotation('last'));
    const seen: unknown[] = [];
    await jobs.work('rotation', { concurrency: 2 }, async (data) => void seen.push(data));
    const left = () => t.sql(`SELECT state, data FROM pgboss.job WHERE name = 'rotation' AND state <> 'completed'`);
    await expect.poll(left, { timeout: 100_000 }).toEqual([]);
    expect(seen).toEqual([rotation('last')]);
    expect(told).toHaveLength(not.length + 3);
    for (const { problem } of told) {
      expect(problem.length).toBeLessThan(120);
      expect(problem).not.toMatch(/rollback|field-|OR '1'/);
    }
    expect(failed).toEqual([]);
  },
);

test('nor can one be sent that says more', async () => {
  const jobs = await open();
  for (const data of [
    { ...rotation('a'), reason: 'compromise' },
    { ...rotation('a'), endpointId: '*' },
  ] as JobData['rotation'][])
    await expect(jobs.send('rotation', data)).rejects.toMatchObject({ code: 'input_invalid' });
});

test('a rotator keeps the queue in order with the few rights that it has', async () => {
  const pool = new pg.Pool({ connectionString: urlFor('rcm_rotator', t.url), max: 2 });
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    ...QUEUE_TABLES,
    migrate: false,
    schedule: false,
    reindex: false,
    monitorVacuum: false,
  });
  const failed: Error[] = [];
  boss.on('error', (error) => void failed.push(error));
  try {
    await boss.start();
    await boss.send('rotation', rotation('a'));
    await boss.supervise();
    await boss.supervise('rotation');
    expect(await t.sql(`SELECT queued_count FROM pgboss.queue WHERE name = 'rotation'`)).toEqual([{ queued_count: 1 }]);
    expect(failed).toEqual([]);
  } finally {
    await boss.stop({ graceful: false });
    await pool.end();
  }
});

test('without its tables, which no app may make, it says so', async () => {
  await t.sql('DROP SCHEMA pgboss CASCADE');
  await expect(open()).rejects.toMatchObject({ code: 'database_failed' });
});

test('an unreachable Postgres is said so', async () => {
  await expect(openJobs({ url: 'postgresql://nobody@127.0.0.1:1/none', applicationName: 'test' })).rejects.toMatchObject({ code: 'database_unavailable' });
});
