import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@rcm/db';
import type { BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { rounded } from '../statistics.ts';
import { exactly, figure, under } from '../targets.ts';
import { signIn, Stream } from './browsers.ts';
import type { ConsoleProcess } from './console-process.ts';

const OF_A_SESSION = 4;
const STILL_MS = 10_000;
/** Each was told once, at 20 a second; and a round of looking has passed. */
const TOLD_BY_MS = 180_000;

export interface Held {
  readonly lines: readonly BenchmarkResult[];
  leave(): void;
}

interface Around {
  readonly db: Database;
  /** As the tables' owner, for what is to change. */
  readonly owner: Database;
  readonly console: ConsoleProcess;
  readonly organizations: number;
}

/** Opens so many, of sessions of as many organizations as there are, each on four pages; and measures what they cost and how soon they are told. */
export async function holdStreams(most: number, { db, owner, console, organizations }: Around, { progress, signal }: BenchmarkRun): Promise<Held> {
  const before = console.memoryMb();
  const streams: Stream[] = [];
  for (let number = 0; streams.length < most && !signal.aborted; number += 1) {
    const orgId = `o${number % organizations}`;
    const visitor = await signIn(db, { origin: console.origin, name: `person-${number}`, roles: { [orgId]: ['operator'] } });
    const paths = ['/changes/tasks', '/changes/logins', '/changes/rotations', '/changes/notifications'].slice(0, Math.min(OF_A_SESSION, most - streams.length));
    for (const path of paths) streams.push(await Stream.open(visitor, `/o/${orgId}${path}`));
  }
  await until(() => streams.every(({ told }) => told > 0), TOLD_BY_MS);
  const [more, spent] = [console.memoryMb() - before, console.processorMs()];
  await sleep(STILL_MS);
  const busy = (100 * (console.processorMs() - spent)) / STILL_MS;
  const took = await timeChange(owner, streams);
  const open = streams.filter(({ isOpen }) => isOpen).length;
  progress(`  ${open} streams: ${rounded(more)} MB more, ${rounded(busy)} % of a processor while nothing happens, told after ${rounded(took)} ms`);
  return {
    lines: [
      figure({ name: 'event streams held by one process', value: open, unit: 'streams', target: exactly(most) }),
      figure({ name: 'memory of its process for them', value: more, digits: 1, peers: { before: rounded(before) }, unit: 'MB', target: under(200) }),
      figure({ name: 'a processor’s time while nothing happens', value: busy, digits: 1, unit: '%', target: under(50) }),
      figure({ name: 'from a task’s being asked for to its organization’s page being told', value: took, digits: 0, unit: 'ms', target: under(10_000) }),
    ],
    leave: () => streams.forEach((stream) => stream.leave()),
  };
}

/** The first stream is of the tasks of the first organization. */
async function timeChange(owner: Database, [first]: readonly Stream[]): Promise<number> {
  if (!first) return Number.NaN;
  const { told } = first;
  await owner.transaction('every tenant', (tx) =>
    tx.$executeRawUnsafe(
      `INSERT INTO portal_task (id, org_id, endpoint_id, name) SELECT gen_random_uuid(), org_id, id, 'claim_status' FROM integration_endpoint WHERE org_id = 'o0' ORDER BY id LIMIT 1`,
    ),
  );
  const began = performance.now();
  await until(() => first.told > told, TOLD_BY_MS);
  return performance.now() - began;
}

async function until(isSo: () => boolean, longestMs: number): Promise<void> {
  for (const end = performance.now() + longestMs; !isSo() && performance.now() < end;) await sleep(20);
}
