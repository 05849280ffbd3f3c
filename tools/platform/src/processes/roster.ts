import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { replaceFile } from '@rcm/local-aws/kit';
import { systemClock } from '@rcm/telemetry';
import { identify, isAlive, type ProcessIdentity } from './identity.ts';
import { signalIfThere } from './signal.ts';

const schema = z.array(z.object({ name: z.string(), pid: z.number(), startedAt: z.string() }));
type Entry = ProcessIdentity & { readonly name: string };

export type Roster = ReturnType<typeof openRoster>;

/** Which processes of ours run, in a file: a run that is killed leaves it, and the next one ends what is still there before it starts its own. */
export function openRoster(path: string) {
  let entries: Entry[] = [];
  const write = () => replaceFile(path, JSON.stringify(entries));
  write();
  return {
    add(name: string, pid: number): void {
      const identity = identify(pid);
      if (identity) entries = [...entries, { name, ...identity }];
      write();
    },
    remove(pid: number): void {
      entries = entries.filter((entry) => entry.pid !== pid);
      write();
    },
  };
}

const SOFT_MS = 15_000;
const LOOK_EVERY_MS = 50;

/**
 * Ends the processes of an earlier run in the order of a clean stop (the last started first): each gets SIGTERM and time to finish,
 * then its whole group SIGKILL. They end by themselves too; waiting here keeps two of a kind from working on one folder.
 */
export async function endLeftovers(path: string): Promise<number> {
  const alive = leftovers(path).toReversed();
  for (const entry of alive) {
    signalIfThere(entry.pid, 'SIGTERM');
    const until = Date.now() + SOFT_MS;
    while (isAlive(entry) && Date.now() < until) await systemClock.sleep(LOOK_EVERY_MS);
    if (isAlive(entry)) signalIfThere(-entry.pid, 'SIGKILL');
  }
  return alive.length;
}

/** The processes in a roster that still run. */
export const leftovers = (path: string): readonly ProcessIdentity[] => readRoster(path).filter(isAlive);

function readRoster(path: string): Entry[] {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return [];
  }
}
