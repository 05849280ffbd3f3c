import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const LAST_WORDS = 2_000;
const READY_MS = 60_000;

/** How a program ended, and all that it said through pipes. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Waits for a program's end. Fails where it could not be started. */
export function endOf(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

export const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** The end of what it has said until now, for whoever looks for the reason. */
export function lastWordsOf(child: ChildProcess): () => string {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-LAST_WORDS)));
  return () => said;
}

/**
 * The line by which a program says that it is ready: its first, or the first that is like this. Fails, with its last words, where it ends before or is not
 * ready in time; then it does not stay.
 */
export async function readyLine(
  child: ChildProcess,
  { like = /^/, withinMs = READY_MS }: { readonly like?: RegExp; readonly withinMs?: number } = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const said = lastWordsOf(child);
  const timer = setTimeout(() => reject(new Error(`It was not ready after ${withinMs} ms: ${said()}`)), withinMs);
  child.once('error', reject).once('close', (code) => reject(new Error(`It ended with ${code} before it was ready: ${said()}`)));
  const look = (line: string): void => {
    if (like.test(line)) resolve(line);
  };
  for (const input of [child.stdout, child.stderr]) if (input) createInterface({ input }).on('line', look);
  try {
    return await promise;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Asks it to end, and ends it where it still runs after so long. Returns once it is gone. */
export async function endChild(child: ChildProcess, withinMs: number): Promise<void> {
  if (hasEnded(child)) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
  clearTimeout(timer);
}
