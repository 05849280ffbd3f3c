import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** APP@HOST:PID-PLACE-START, see `processName`. */
const NAME = /^[a-z-]+@(?<host>[^:]+):(?<pid>\d{1,10})-(?<place>[0-9a-f]{12})-(?<start>\d{1,20})$/;

/**
 * What a process calls itself in leases, claims, journal and logs: `rotator@HOST:PID-PLACE-START`. No other process ever has the same name, whatever
 * becomes of its number: the place is the kernel's boot and the namespace in which the number counts, the start is in clock ticks since that boot
 * (proc(5), field 22 of `stat`). Where the system has no `/proc`, chance stands in for both.
 */
export function processName(app: string): string {
  life ??= lifeOf(placeOfNumbers(), startOf(process.pid));
  return `${app}@${hostname()}:${process.pid}-${life}`;
}

let life: string | undefined;
const lifeOf = (place: string | null, start: string | null): string =>
  place !== null && start !== null ? `${place}-${start}` : randomBytes(8).toString('hex');

/**
 * Whether the process of this name has ended for certain, so that nothing can be sent by it any more: its traffic goes through a proxy of its own.
 * False for one that lives or stands still, for one of another machine, container or boot, and wherever this cannot be told.
 */
export function hasEnded(name: string): boolean {
  const { host, pid, place, start } = NAME.exec(name)?.groups ?? {};
  if (pid === undefined || host !== hostname() || place !== placeOfNumbers()) return false;
  if (!isThere(Number(pid))) return true;
  const now = startOf(Number(pid));
  // Where another user's processes are hidden (hidepid), one that is there shows no start: it may be the same.
  return now !== null && now !== start;
}

function placeOfNumbers(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return createHash('sha256')
      .update(`${boot} ${readlinkSync('/proc/self/ns/pid')}`)
      .digest('hex')
      .slice(0, 12);
  } catch {
    return null;
  }
}

/** The command's name may hold blanks and brackets, so fields are counted from its last bracket. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** A signal that is none asks the kernel, which answers whoever asks: one that is not allowed to send it is told so, and the process is there. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
