import { type Database, openDatabase } from '@rcm/db';
import { keyFileWrapping } from '@rcm/db/sealing';
import { accountAt, makeFleet } from '@rcm/db/scale';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { openClient, throwawayDatabase } from '@rcm/test-services';
import type pg from 'pg';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { atMost, figure } from '../targets.ts';
import { type Account, type Act, ACTS, type Hands } from './acts.ts';
import { type Written, writtenBy } from './written-by.ts';

/** Bytes that may be written ahead for each. */
const MOST: Readonly<Record<ActName, number>> = { 'a task that signs in': 15_000, 'a task of a session': 15_000, 'a rotation': 50_000 };
/** Each login is used once before it is measured, and then so often: of five logins a day, four find what the first has left. */
const SIZES = { full: { logins: 10_000, accounts: 50, rounds: 4 }, quick: { logins: 1_000, accounts: 5, rounds: 2 } } as const;
/** Names of tables and indexes that are printed for each act. */
const SHOWN = 60;

async function measureWritten(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const measured = await measureActs(run);
  return [...measured].map(([name, bytes]) => figure({ name: `${name}: written ahead`, value: bytes, unit: 'bytes', target: atMost(MOST[name]) }));
}

type ActName = keyof typeof ACTS;

/** Bytes that each act writes ahead, with all of its kind one after the other. By step, table and index on the way. */
async function measureActs({ progress, signal, size, endpoints }: BenchmarkRun): Promise<Map<ActName, number>> {
  await using opened = new AsyncDisposableStack();
  const { logins, accounts: many, rounds } = { ...SIZES[size], ...(endpoints === undefined ? {} : { logins: endpoints }) };
  progress(`making ${logins} logins`);
  const testEnvironment = await openTestEnvironment(opened, logins);
  const quiet = quietAccounts(logins);
  const measured = new Map<ActName, number>();
  for (const [name, act] of Object.entries(ACTS) as [ActName, Act][]) {
    if (signal.aborted) break;
    const accounts = quiet.splice(0, many);
    for (const account of accounts) await act(testEnvironment.hands, account, async () => undefined);
    const [sums, from] = [new Map<string, number>(), await testEnvironment.place()];
    const step = testEnvironment.stepsOf(sums);
    for (let round = 0; round < rounds; round += 1) for (const account of accounts) await act(testEnvironment.hands, account, step);
    await step('end');
    const [to, times] = [await testEnvironment.place(), many * rounds];
    measured.set(name, Math.round((await testEnvironment.between(from, to)) / times));
    for (const [what, sum] of sums) progress(`  ${name}: ${what}: ${Math.round(sum / times)} bytes`);
    for (const line of (await writtenBy(testEnvironment.watch, from, to)).slice(0, SHOWN)) progress(`  ${name}: of ${described(line, times)}`);
  }
  return measured;
}

const described = ({ table, index, bytes, records }: Written, times: number): string =>
  `${index ?? table}: ${Math.round(bytes / times)} bytes in ${(records / times).toFixed(2)} records`;

/** Accounts of the fleet that nothing holds back and nobody else uses, in no order of their ids, each once. */
function quietAccounts(logins: number): Account[] {
  const isQuiet = (place: number): boolean =>
    [
      [97, 3],
      [101, 11],
      [103, 9],
      [211, 5],
      [211, 18],
      [307, 5],
      [499, 0],
      [499, 299],
      [997, 6],
      [1009, 8],
      [1013, 17],
      [2003, 9],
    ].every(([every = 1, at]) => place % every !== at) &&
    place % 40 < 36 &&
    place % 40 !== 7;
  return Array.from({ length: logins }, (_, index) => ((index * 7_919) % logins) + 1)
    .filter(isQuiet)
    .map(accountAt);
}

interface WrittenEnvironment {
  readonly watch: pg.Client;
  readonly hands: Hands;
  place(): Promise<string>;
  between(from: string, to: string): Promise<number>;
  /** Adds what was written since the last step to that step. */
  stepsOf(sums: Map<string, number>): (name: string) => Promise<void>;
}

async function openTestEnvironment(opened: AsyncDisposableStack, logins: number): Promise<WrittenEnvironment> {
  const { url } = opened.use(await throwawayDatabase({ migrate: migrateWithLogins }));
  await makeFleet(url, { to: logins });
  const watch = opened.use(await openClient(url));
  // Nothing else is in turn.
  await watch.query(
    `UPDATE portal_task SET state = 'failed', error_code = 'bench', claimed_until = NULL, finished_at = now() WHERE state IN ('queued', 'running')`,
  );
  await watch.query('TRUNCATE task_note, task_queue, task_turn');
  await watch.query('UPDATE task_tenant SET running = 0, expires_at = NULL');
  await watch.query('VACUUM (ANALYZE)');
  // What it writes by itself is nobody's act.
  await watch.query('ALTER SYSTEM SET autovacuum = off');
  await watch.query('SELECT pg_reload_conf()');
  const dataKeys = keyFileWrapping({ id: 'bench', key: new Secret('bench-key-0123456789-0123456789-0123456789') });
  const open = (role: 'rcm_agent' | 'rcm_rotator'): Database => {
    const db = openDatabase({ url: urlFor(role, url), applicationName: 'bench', maxConnections: 1, dataKeys });
    opened.defer(() => db.close());
    return db;
  };
  const one = async (text: string, values: readonly string[] = []): Promise<string> =>
    (await watch.query<{ one: string }>(text, [...values])).rows[0]?.one ?? '';
  const place = () => one('SELECT pg_current_wal_insert_lsn() AS one');
  const between = async (from: string, to: string) => Number(await one('SELECT $2::pg_lsn - $1::pg_lsn AS one', [from, to]));
  return {
    ...{ watch, place, between, hands: { agent: open('rcm_agent'), rotator: open('rcm_rotator') } },
    stepsOf(sums) {
      let last: { readonly name: string; readonly at: string } | null = null;
      return async (name) => {
        const at = await place();
        if (last) sums.set(last.name, (sums.get(last.name) ?? 0) + (await between(last.at, at)));
        last = { name, at };
      };
    },
  };
}

/** What `npm run bench -- written` measures. */
export const suite: readonly Benchmark[] = [{ name: 'written', run: measureWritten }];
