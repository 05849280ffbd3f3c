import { setTimeout as delay } from 'node:timers/promises';
import type { Tables } from './tables.ts';

const LOOK_EVERY_MS = 500;

/** Waits until no rotation and no task is open, at most `withinMs`; says what is still open, or nothing. */
export async function untilIdle(tables: Tables, withinMs: number): Promise<string | null> {
  const until = Date.now() + withinMs;
  for (;;) {
    const open = (await tables.states()).filter((state) => state.isRotating || state.hasOpenTask);
    if (open.length === 0) return null;
    if (Date.now() > until) return `still open after ${withinMs / 1000} s: ${open.map(({ id, open: what }) => `${id} (${what})`).join(', ')}`;
    await delay(LOOK_EVERY_MS);
  }
}
