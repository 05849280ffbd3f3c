import type { Turn } from '@rcm/db/migration';
import type { Clock } from '@rcm/telemetry';

/** Time that passes only when everybody waits, so that a busy machine changes nothing. */
export function virtualTime() {
  let [now, order] = [0, 0];
  const waiting: { readonly at: number; readonly order: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    until: (at: number) => new Promise<void>((wake) => void waiting.push({ at: Math.max(at, now), order: order++, wake })),
    /** Until nobody waits any more. */
    async run(): Promise<void> {
      for (;;) {
        await new Promise((settled) => setImmediate(settled));
        const [next] = waiting.sort((a, b) => a.at - b.at || a.order - b.order).splice(0, 1);
        if (!next) return;
        now = next.at;
        next.wake();
      }
    },
  };
}

export type VirtualTime = ReturnType<typeof virtualTime>;

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whoever is to run at this time runs then, or later. */
export type Delay = (at: number) => number;

/** A process that stands still now and then, by chance, for up to `longestMs`: whatever comes to it meanwhile comes at the end of that. */
export function stallsNowAndThen(random: () => number, { everyMs, longestMs }: { readonly everyMs: number; readonly longestMs: number }): Delay {
  const stalls: { readonly from: number; readonly to: number }[] = [];
  return (at) => {
    while ((stalls.at(-1)?.to ?? 0) <= at) {
      const from = (stalls.at(-1)?.to ?? 0) + everyMs * (0.5 + random());
      stalls.push({ from, to: from + random() * longestMs });
    }
    return stalls.find(({ from, to }) => from <= at && at < to)?.to ?? at;
  };
}

/** A process as seen by its pacer: a clock that is wrong by `ahead`, and waits that end late. */
export const clockOf = (time: VirtualTime, { sleeps, ahead }: { readonly sleeps: Delay; readonly ahead: number }): Clock => ({
  now: () => new Date(time.now() + ahead),
  elapsed: () => time.now(),
  sleep: (ms) => time.until(sleeps(time.now() + ms)),
});

/** The row of turns, at the end of a wire; what the statement itself does is tried in libs/db (legacy/together.int.test.ts). */
export function turnsOf(time: VirtualTime, random: () => number) {
  let next = 0;
  return (hears: Delay) =>
    async ({ gapMs, wide }: { readonly gapMs: number; readonly wide: number }): Promise<Turn> => {
      await time.until(time.now() + 1 + random() * 20);
      const [now, at] = [time.now(), Math.max(next, time.now())];
      next = at + wide * gapMs;
      await time.until(hears(time.now() + 1 + random() * 20));
      return { at, now, gapMs, slowed: false };
    };
}

/** A store that counts by its own clock: in any stretch of time, no more calls than its second's worth and what comes in anew meanwhile. Answers how many it would refuse. */
export function refusedBy(arrivals: readonly number[], perSecond: number): number {
  const taken: number[] = [];
  for (const at of [...arrivals].sort((a, b) => a - b)) {
    const fits = (from: number, n: number) => taken.length - n + 1 <= perSecond + ((at - from) / 1000) * perSecond + 1e-6;
    if (taken.every(fits)) taken.push(at);
  }
  return arrivals.length - taken.length;
}
