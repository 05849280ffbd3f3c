import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '@rcm/telemetry';
import { RcmError } from '@rcm/telemetry';
import type { Random } from './random.ts';
import type { Scheduled, Scheduler } from './scheduler.ts';

const running = new AsyncLocalStorage<SimProcess>();

/** The simulated process whose code runs now; `undefined` outside of all. */
export const currentProcess = (): SimProcess | undefined => running.getStore();

export type Role = 'agent' | 'rotator' | 'person' | 'operator';

/** What a process has that another has not: its clock, its timers, its random numbers, and that it can die or be stopped. */
export class SimProcess {
  readonly name: string;
  readonly role: Role;
  readonly random: Random;
  readonly scheduler: Scheduler;
  /** By how much its wall clock is wrong, in ms. Its monotonic one is right, as far as it goes. */
  readonly clockOffMs: number;
  /** Calls that have left it so far; each has a number, by which a fault can be named. */
  crossings = 0;
  isDead = false;
  /** When a call of it went wrong, and when it died or was stopped. */
  readonly hurts: number[] = [];
  stoppedUntil = 0;
  /** From when to when it stood still. */
  readonly stops: { readonly at: number; readonly until: number }[] = [];
  readonly #startedAt: number;

  constructor(scheduler: Scheduler, options: { readonly name: string; readonly role: Role; readonly random: Random; readonly clockOffMs: number }) {
    this.scheduler = scheduler;
    this.name = options.name;
    this.role = options.role;
    this.random = options.random;
    this.clockOffMs = options.clockOffMs;
    this.#startedAt = scheduler.now;
  }

  run<T>(act: () => T): T {
    return running.run(this, act);
  }

  /** Nothing of it happens any more, and what it waited for never comes: no `finally` runs in a process that was killed. */
  kill(): void {
    this.isDead = true;
    this.hurts.push(this.scheduler.now);
  }

  /** SIGSTOP and, later, SIGCONT. */
  stop(forMs: number): void {
    const at = this.scheduler.now;
    this.stoppedUntil = Math.max(this.stoppedUntil, at + forMs);
    this.stops.push({ at, until: this.stoppedUntil });
  }

  get wallTime(): number {
    return this.scheduler.now + this.clockOffMs;
  }

  /** As `performance.now()`: it goes on while the process is stopped. */
  get monotonic(): number {
    return this.scheduler.now - this.#startedAt;
  }

  later(ms: number, act: () => void): Scheduled {
    return this.scheduler.in(Math.max(0, ms), this, act);
  }

  readonly clock: Clock = {
    now: () => new Date(this.wallTime),
    elapsed: () => this.monotonic,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const cancelled = () => reject(new RcmError('cancelled', 'The wait was cancelled.'));
        if (signal?.aborted) return void cancelled();
        const timer = this.later(ms, () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        });
        const stop = (): void => {
          this.scheduler.cancel(timer);
          cancelled();
        };
        signal?.addEventListener('abort', stop, { once: true });
      }),
  };
}
