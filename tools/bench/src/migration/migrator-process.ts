import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asInImage } from '@rcm/images/as-in-image';
import { asRoot, type Ended, endOf, hasEnded } from '@rcm/test-services';

const ROOT = join(import.meta.dirname, '../../../..');

export interface MigratorOrder {
  /** What Node is given before the command's words. */
  readonly program: readonly string[];
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface MigratorEnd extends Ended {
  readonly seconds: number;
  /** The most memory that was the process's at once (VmHWM), as its operating system counts it: with what it shares with others, such as Node's own code. */
  readonly peakBytes: number;
}

const LOOK_EVERY_MS = 50;

/** The migrator as its image has it, in a folder. */
export const migratorProgram = (out: string): Promise<readonly string[]> => asInImage('migrator', { root: ROOT, out });

/** What the image's own environment adds. */
const OF_THE_IMAGE = { MALLOC_ARENA_MAX: '1' };

/** Starts a migrator as an operator would and waits for its end. */
export async function runMigrator(order: MigratorOrder): Promise<MigratorEnd> {
  const startedAt = performance.now();
  const { child, ended } = startMigrator(order);
  const peak = watchMemory(child);
  const end = await ended;
  return { ...end, seconds: (performance.now() - startedAt) / 1000, peakBytes: await peak };
}

export function startMigrator({ program, args, environment, signal }: MigratorOrder) {
  const child = spawn(process.execPath, [...program, ...args], {
    env: { ...asRoot(), ...OF_THE_IMAGE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  return { child, ended: endOf(child) };
}

/** The kernel keeps the highest figure, so that only what comes in the last moment is missed. */
async function watchMemory(child: ChildProcess): Promise<number> {
  let highest = 0;
  while (!hasEnded(child)) {
    highest = Math.max(highest, peakOf(child.pid));
    await sleep(LOOK_EVERY_MS);
  }
  return highest;
}

function peakOf(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return 0;
  }
}
