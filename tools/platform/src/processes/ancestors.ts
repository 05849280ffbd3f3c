import { readFileSync } from 'node:fs';
import { isAlive, identify, type ProcessIdentity } from './identity.ts';

const LOOK_EVERY_MS = 300;
/** npm, a shell between it and its script, and the starting script: more are not between npm and us. */
const MOST = 6;

/**
 * Calls `onGone` once when somebody between us and the `npm` that started us is gone: whoever kills `npm start` means all of it,
 * and a SIGKILL is not passed on. Outside Linux only our own parent is watched.
 */
export function watchAncestors(onGone: () => void): { stop(): void } {
  const watched = ancestorsUpToNpm();
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent && watched.every(isAlive)) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Our parent, and those above it as far as the nearest npm; only the parent where no npm is there. */
function ancestorsUpToNpm(): ProcessIdentity[] {
  const chain: ProcessIdentity[] = [];
  for (let pid = process.ppid; pid > 1 && chain.length < MOST; pid = parentOf(pid)) {
    const identity = identify(pid);
    if (identity) chain.push(identity);
    if (isNpm(pid)) return chain;
  }
  return chain.slice(0, 1);
}

function parentOf(pid: number): number {
  const stat = readProc(pid, 'stat');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/** npm names its own process after what it does: `npm start --once`. */
const isNpm = (pid: number): boolean => /^npm(\s|$)|npm-cli\.js/.test(readProc(pid, 'cmdline').replaceAll('\0', ' '));

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
