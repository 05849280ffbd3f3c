import { readdirSync, readFileSync } from 'node:fs';

/**
 * Chromium's main processes below this one, whether started directly or by a script that systems put before it (Linux only). A process
 * that Chromium has just forked reads like Chromium itself until it becomes what it was forked for.
 */
export function browserProcesses(): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const alike = pids.filter((pid) => {
    const [program = '', ...args] = read(`/proc/${pid}/cmdline`).split('\0');
    const isBrowser = args.includes('--remote-debugging-pipe') && !args.some((arg) => arg.startsWith('--type=')) && !/(^|\/)(ba|da)?sh$/.test(program);
    return isBrowser && ancestors(pid).includes(process.pid);
  });
  return alike.filter((pid) => !ancestors(pid).some((ancestor) => alike.includes(ancestor)));
}

function ancestors(pid: number): number[] {
  const parent = Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  return parent <= 1 ? [] : [parent, ...ancestors(parent)];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
