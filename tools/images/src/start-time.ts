import { docker } from './docker.ts';

const START_MS = 120_000;
const TRIES = 5;

/** Milliseconds from `docker run` to the app's help, the median of five: container, Node and the app's command line; without the database, which a service waits for. */
export async function startTime(reference: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    const from = performance.now();
    await docker({ args: ['run', '--rm', '--network', 'none', '--read-only', '--cap-drop', 'ALL', reference, '--help'], deadlineMs: START_MS });
    times.push(performance.now() - from);
  }
  return Math.round(times.sort((a, b) => a - b)[Math.floor(TRIES / 2)] ?? 0);
}
