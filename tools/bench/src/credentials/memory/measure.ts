/** The process that measures one reader's memory: carries out one order that comes by IPC. Run with `--expose-gc`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { rounded } from '../../statistics.ts';
import { benchSecrets } from '../secrets.ts';
import { openSubject } from '../subjects/all.ts';
import { fill } from '../subjects/fill.ts';
import { TEN_MINUTES_MS } from '../subjects/subject.ts';
import type { MemoryAnswer, MemoryOrder } from './ask.ts';

const GC_ROUNDS = 50;
const GC_PAUSE_MS = 20;
/** Collected this often with nothing gained: nothing more is to be had. */
const GC_UNCHANGED = 5;
/** The first of the secrets also pay for connections, sessions, code and the cache's own tables. */
const FIRST_PART = 0.2;

async function usedBytes(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0, unchanged = 0; round < GC_ROUNDS && unchanged < GC_UNCHANGED; round += 1) {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    unchanged = heapUsed + external < least ? 0 : unchanged + 1;
    least = Math.min(least, heapUsed + external);
    await sleep(GC_PAUSE_MS);
  }
  return least;
}

async function measure({ subject: name, account, secrets: count }: MemoryOrder): Promise<MemoryAnswer> {
  const subject = openSubject(name, { account, ttlMs: TEN_MINUTES_MS });
  const secrets = benchSecrets(account, { count, tenants: 1 });
  const first = Math.ceil(secrets.length * FIRST_PART);
  await fill(subject, secrets.slice(0, first));
  const before = await usedBytes();
  await fill(subject, secrets.slice(first));
  const bytes = ((await usedBytes()) - before) / (secrets.length - first);
  // Asked once more, so that it was in use while it was measured.
  await fill(subject, secrets.slice(0, 1));
  return { bytes: rounded(bytes, 0) };
}

process.once('message', (order: MemoryOrder) => void measure(order).then((answer) => process.send?.(answer)));
