import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const PRLIMIT_MS = 5_000;

/**
 * Sees to it that a crash leaves no picture of this process's memory, which holds passwords, on disk: the limit for core files becomes 0
 * (`prlimit` of util-linux, where the start did not set it), and what would still be written, by a handler that the kernel pipes to, is
 * left without memory (/proc/self/coredump_filter). Children inherit both. Returns what could not be done, `null` where all was.
 */
export function preventCoreDumps(): string | null {
  if (process.platform !== 'linux') return null;
  if (coreLimit() !== 0)
    spawnSync('prlimit', ['--pid', String(process.pid), '--core=0:0'], { stdio: 'ignore', timeout: PRLIMIT_MS, env: { PATH: '/usr/bin:/bin' } });
  const emptied = leaveMemoryOut();
  if (coreLimit() === 0) return null;
  return emptied
    ? 'The limit for core files is not 0 (start it under `ulimit -c 0`); they are left without memory.'
    : 'A crash may leave a core file with passwords in it: start it under `ulimit -c 0`.';
}

/** Bytes; `null` where it is not known or not limited. */
function coreLimit(): number | null {
  try {
    const [, soft] = /^Max core file size +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined || soft === 'unlimited' ? null : Number(soft);
  } catch {
    return null;
  }
}

function leaveMemoryOut(): boolean {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
    return true;
  } catch {
    return false;
  }
}
