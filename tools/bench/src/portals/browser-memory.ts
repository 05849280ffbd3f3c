import { readdirSync, readFileSync } from 'node:fs';

/**
 * Mebibytes that this process's browsers hold, each page of memory counted once (Pss), so that what Chromium's processes share is not
 * counted for each. Linux only: `null` elsewhere.
 */
export function browserMemory(): number | null {
  if (process.platform !== 'linux') return null;
  const parents = new Map<number, number>();
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const parent = /^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1];
    if (parent !== undefined) parents.set(pid, Number(parent));
  }
  const isOurs = (pid: number): boolean => pid === process.pid || (parents.has(pid) && isOurs(parents.get(pid) ?? 0));
  const kib = [...parents.keys()]
    .filter((pid) => pid !== process.pid && isOurs(pid) && /chrom/i.test(read(`/proc/${pid}/cmdline`)))
    .map((pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0));
  return kib.reduce((sum, one) => sum + one, 0) / 1_024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process ended meanwhile.
    return '';
  }
}
