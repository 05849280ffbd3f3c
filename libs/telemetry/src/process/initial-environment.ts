import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';

/**
 * Where `env_start` stands in /proc/self/stat, counted from the field behind the program's name (proc_pid_stat(5): field 50 of all,
 * and the name is the second).
 */
const ENV_START = 50 - 3;

/**
 * Overwrites variables in the block that the kernel gave this process at its start. Whoever runs as the same user, the browser for one,
 * can read that block in /proc/PID/environ for as long as the process lives, and taking a variable out of `process.env` leaves it there.
 * The caller must have taken them out before, or set them anew: nobody may still look into the block. Returns whether none is left.
 */
export function overwriteInitialEnvironment(isHidden: (name: string) => boolean): boolean {
  if (process.platform !== 'linux') return true;
  let memory: number | null = null;
  try {
    const block = readFileSync('/proc/self/environ');
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const start = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[ENV_START]);
    memory = openSync('/proc/self/mem', 'r+');
    const there = Buffer.alloc(block.length);
    readSync(memory, there, 0, there.length, start);
    // A wrong place in memory must not be written to.
    if (!there.equals(block)) return false;
    for (const { from, to } of hiddenValues(block, isHidden)) writeSync(memory, Buffer.alloc(to - from), 0, to - from, start + from);
    return hiddenValues(readFileSync('/proc/self/environ'), isHidden).length === 0;
  } catch {
    return false;
  } finally {
    if (memory !== null) closeSync(memory);
  }
}

/** Where values of hidden variables stand in the block: `NAME=value`, each ended by a zero. */
function hiddenValues(block: Buffer, isHidden: (name: string) => boolean): { readonly from: number; readonly to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let start = 0; start < block.length;) {
    const end = block.indexOf(0, start);
    const to = end === -1 ? block.length : end;
    const equals = block.subarray(start, to).indexOf('=');
    if (equals > 0 && start + equals + 1 < to && isHidden(block.toString('latin1', start, start + equals))) found.push({ from: start + equals + 1, to });
    start = to + 1;
  }
  return found;
}
