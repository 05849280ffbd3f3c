import { isDatabaseAway } from '@rcm/db';
import { listOpenAttempts, type RotationAttempt } from '@rcm/db/rotation';
import { isRcmError, type Metrics } from '@rcm/telemetry';
import type { RotationRequest } from '../rotate.ts';
import type { Rotator } from '../rotator.ts';
import { DueLogins } from './due-logins.ts';
import { InFlight } from './in-flight.ts';
import { InTurn } from './in-turn.ts';
import { measuredRotation } from './measured-rotation.ts';
import type { rotateAndReport, RotationResult } from './rotation-outcome.ts';
import { Wake } from './wake.ts';

/** Work that is done again and again beside the rotations. */
export interface Chore {
  /** Shown in the log and on the health port when it fails. */
  readonly name: string;
  /** Pause between two rounds, in ms. */
  readonly everyMs: number;
  /** Once `intake` is aborted it begins nothing more; `signal` interrupts what it has begun, and is aborted no sooner. */
  round(signal: AbortSignal, intake: AbortSignal): Promise<unknown>;
  /** Ends a pause early, but never the first part of it. Default: nothing does. */
  readonly wake?: Wake;
  /** At the end, once no round runs: gives up what it holds between rounds. Default: it holds nothing. */
  leave?(): Promise<unknown>;
}

export interface ServiceOptions {
  readonly rotator: Rotator;
  readonly metrics: Metrics;
  /** Rotations at once in this process. */
  readonly concurrency: number;
  /** Longest pause between two looks for what is due, in ms; a rotation that ends makes room, and the next look comes at once. */
  readonly scanMs: number;
  /** Pause between two scans for attempts whose owner is gone or whose wait is over, in ms. */
  readonly recoveryMs: number;
  /** Before each look for what is due: may stop portal types that have begun to fail. */
  readonly beforeScan: () => Promise<unknown>;
  readonly chores: readonly Chore[];
  /** Must not reject. Default: `rotateAndReport`; a measurement of the schedule rotates nowhere. */
  readonly rotate?: typeof rotateAndReport;
}

export interface RotatorService {
  /** Stops taking work, lets what is in hand end within `drainMs`, then interrupts it: the journal says how to go on. */
  stop(drainMs: number): Promise<void>;
  /** A sentence when the service cannot work now, else `null`. */
  problem(): string | null;
}

/** So that rotations that end one after another, or at once, do not ask the database without a pause. */
const LEAST_PAUSE_MS = 250;

/** Without the database a round has done nothing. What comes round once an hour would be left undone for that long, and the process said to be ill, after an outage of seconds. */
const AGAIN_MS = 15_000;

/** Takes what is due from its rows as slots are free, goes on with what others left, and does the chores beside. */
export function startService(options: ServiceOptions): RotatorService {
  const { rotator } = options;
  const slotFree = new Wake();
  const inFlight = new InFlight(options.concurrency, () => slotFree.up());
  const work = new AbortController();
  const intake = new AbortController();
  const rotate = rotationUntil(work.signal, options);
  const due = new DueLogins(rotator, inFlight, rotate);
  const problems = new Map<string, string>();
  const loop = async ({ name, everyMs, round, wake }: Chore) => {
    while (!intake.signal.aborted) {
      // Before the round: what happens while it looks may be what it no longer sees.
      const woken = wake?.next();
      let next = everyMs;
      try {
        await round(work.signal, intake.signal);
        problems.delete(name);
      } catch (error) {
        if (isDatabaseAway(error)) next = Math.min(everyMs, AGAIN_MS);
        problems.set(name, `${name} fails: ${isRcmError(error) ? error.code : 'unexpected error'}`);
        rotator.logger.error({ err: error, scan: name }, 'scan failed; it is tried again');
      }
      await rest(rotator, next, intake.signal, woken);
    }
  };
  // Whatever it leaves behind ends by its time, too.
  const leave = async (chore: Chore) =>
    chore.leave?.().catch((error: unknown) => rotator.logger.warn({ err: error, scan: chore.name }, 'what a chore held was not given up'));
  const recoveries = new InTurn<RotationAttempt>(options.concurrency * 2);
  const recoveryScan = async () => {
    const list = (part: { readonly after: string | null; readonly limit: number }) => listOpenAttempts(rotator.db, { ownerGone: true, ...part });
    await recoveries.look(list, ({ orgId, endpointId }) => {
      if (inFlight.room === 0 || intake.signal.aborted) return false;
      void inFlight.run(endpointId, async () => void (await rotate({ orgId, endpointId, reason: 'recovery' })));
      return true;
    });
  };
  const loops = [
    loop({
      name: 'due scan',
      everyMs: options.scanMs,
      async round() {
        await options.beforeScan();
        await due.take(intake.signal);
      },
      wake: slotFree,
    }),
    loop({ name: 'recovery scan', everyMs: options.recoveryMs, round: recoveryScan }),
    ...options.chores.map(loop),
  ];

  return {
    problem: () => [...problems.values()][0] ?? null,
    async stop(drainMs) {
      intake.abort();
      const interrupt = setTimeout(() => work.abort(), drainMs);
      await Promise.all(loops);
      await inFlight.idle();
      clearTimeout(interrupt);
      await Promise.all(options.chores.map(leave));
    },
  };
}

/** The first part of a pause nothing but the end cuts short. */
async function rest({ clock }: Rotator, ms: number, ended: AbortSignal, woken: AbortSignal | undefined): Promise<void> {
  const pause = async (part: number, signal: AbortSignal) => clock.sleep(part, signal).catch(() => undefined);
  await pause(Math.min(LEAST_PAUSE_MS, ms), ended);
  await pause(Math.max(ms - LEAST_PAUSE_MS, 0), woken ? AbortSignal.any([ended, woken]) : ended);
}

/** Rotates one login and says how that went on; `signal` interrupts it. */
function rotationUntil(
  signal: AbortSignal,
  { rotator, metrics, rotate }: ServiceOptions,
): (request: Omit<RotationRequest, 'signal'>) => Promise<RotationResult> {
  const measured = measuredRotation(metrics, rotate);
  return async (request) => (await measured(rotator, { ...request, signal })).result;
}
