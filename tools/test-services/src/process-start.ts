import { readFileSync } from 'node:fs';

/**
 * When a process started, in clock ticks since boot: with its number it names one process, as numbers are used again.
 * Null when it is gone, or has ended and nobody has asked how (a zombie); '' for a living process where the system does not tell (other than Linux).
 */
export function processStart(pid: number): string | null {
  if (process.platform !== 'linux') return isAlive(pid) ? '' : null;
  try {
    // The name in field 2 may hold blanks and brackets: count from its last bracket; field 3 is the state, field 22 the start.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
