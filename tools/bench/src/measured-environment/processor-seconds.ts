import { readdirSync, readFileSync } from 'node:fs';

/** proc(5): times are told in hundredths of a second on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;
/** Fields of /proc/PID/stat behind the name in brackets, which may hold spaces: 4 is the parent, 14 and 15 its own times, 16 and 17 those of children it has waited for, 22 when it began. */
const AFTER_NAME = 3;
const [PARENT, OWN_USER, CHILDREN_SYSTEM, BEGUN] = [4 - AFTER_NAME, 14 - AFTER_NAME, 17 - AFTER_NAME, 22 - AFTER_NAME];

export interface Process {
  readonly parent: number;
  /** In ticks since the system began. */
  readonly begun: number;
  /** Seconds. */
  readonly own: number;
  readonly ended: number;
}

export interface ProcessorSeconds {
  /** Of the process itself. */
  readonly own: number;
  /** Of all that it has started, directly or not: of those that live, and of those that ended and were waited for. */
  readonly others: number;
}

/** What a process and its children have used of processors so far, in seconds. One that is gone has used nothing. */
export function processorSeconds(pid: number): ProcessorSeconds {
  const all = new Map(readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [[Number(name), timesOf(Number(name))] as const] : [])));
  const root = all.get(pid);
  if (!root) return { own: 0, others: 0 };
  let others = root.ended;
  for (const [child, known] of all) if (child !== pid && known && descendsFrom(all, child, pid)) others += known.own + known.ended;
  return { own: root.own, others };
}

/** Of a process and all that it has started. */
export function secondsOfAll(pid: number): number {
  const { own, others } = processorSeconds(pid);
  return own + others;
}

function descendsFrom(all: ReadonlyMap<number, Process | null>, pid: number, root: number): boolean {
  for (let at: number | undefined = all.get(pid)?.parent; at !== undefined && at > 1; at = all.get(at)?.parent) if (at === root) return true;
  return false;
}

/** `null`: it is gone. */
export function timesOf(pid: number): Process | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    // It has ended since the folder was read.
    return null;
  }
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(OWN_USER, CHILDREN_SYSTEM + 1);
  return { parent: fields[PARENT] ?? 0, begun: fields[BEGUN] ?? 0, own: (user + system) / TICKS_A_SECOND, ended: (childUser + childSystem) / TICKS_A_SECOND };
}
