import type { Database } from '@rcm/db';
import { hasEnded, RcmError } from '@rcm/telemetry';
import type { Stake } from '../time/faults.ts';
import type { Outside } from '../time/outside.ts';
import { currentProcess } from '../time/sim-process.ts';
import type { Random } from '../time/random.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { Tables } from './tables.ts';

/** How far back a standby may be that takes over, in ms. */
const MOST_LOST_MS = 20_000;
/** A sequence writes so many numbers ahead of itself to the log, so that a standby rarely gives one twice. */
const FENCES_AHEAD = 32n;
const TRAVEL_MS = 12;
const DAY_MS = 86_400_000;
/** Operations that only look for something to do. */
const LOOKS: ReadonlySet<string> = new Set([
  'assessPortalTypes',
  'listOpenAttempts',
  'listStartable',
  'listWantedSearches',
  'listCopiesToRemove',
  'listLongWaits',
]);
/** Steps of the journal and of the ledger, right before or after what cannot be taken back. */
const STEPS = /^(plan|adopt|advance|wait|resume|block|promote|finish|begin|reserve)/;
const stakeOf = (name: string): Stake => (LOOKS.has(name) ? 'little' : STEPS.test(name) ? 'much' : 'some');

export interface ModelDatabaseOptions {
  readonly outside: Outside;
  readonly scheduler: Pick<Scheduler, 'now'>;
  readonly random: Random;
  /** Of which processes it is known on this machine that they have ended. Default: as the product asks the system. */
  readonly hasEnded?: (process: string) => boolean;
}

/**
 * Stands for Postgres below the operations of libs/db: every operation is one transaction, made at one moment, with Postgres's own clock, which
 * is the environment's unless somebody sets it. `failOver` forgets the last commits, as an asynchronous standby does.
 */
export class ModelDatabase implements Database {
  /** Tasks are not of this environment. */
  readonly dataKeys = null;
  readonly directUrl = '';
  readonly applicationName = 'simulation';
  readonly tables = new Tables();
  /** Until then nobody can use it. */
  downUntil = 0;
  /** By how much Postgres's clock is wrong, in ms. */
  clockOffMs = 0;
  /** When standbys took over. */
  readonly failOvers: number[] = [];
  /** By how much the clock of whoever asks is ahead of this one, in ms; `null` between two operations. */
  askerAheadMs: number | null = null;
  readonly #options: ModelDatabaseOptions;
  #fence = 0n;
  #no = 0;

  constructor(options: ModelDatabaseOptions) {
    this.#options = options;
  }

  get now(): Date {
    return this.in(0);
  }

  hasEnded(process: string): boolean {
    return (this.#options.hasEnded ?? hasEnded)(process);
  }

  /** `ms` from now, which may be before it. */
  in(ms: number): Date {
    return new Date(this.#options.scheduler.now + this.clockOffMs + ms);
  }

  uuid(): string {
    return this.#options.random.uuid();
  }

  /** As the sequence `event_order`. */
  nextNo(): number {
    this.#no += 1;
    return this.#no;
  }

  nextFence(): bigint {
    this.#fence += 1n;
    return this.#fence;
  }

  /** One operation of a process. Fails as the operation does, or with `database_unavailable`. */
  transact<T>(name: string, act: (db: ModelDatabase) => T): Promise<T> {
    // A process says what time it is when it sends.
    const askedAt = currentProcess()?.wallTime;
    return this.#options.outside.call({
      place: 'database',
      what: name,
      effect: () => {
        if (this.#options.scheduler.now < this.downUntil) throw unavailable();
        this.askerAheadMs = askedAt === undefined ? null : Math.max(-DAY_MS, Math.min(DAY_MS, askedAt - this.now.getTime()));
        try {
          return this.commit(act);
        } finally {
          this.askerAheadMs = null;
        }
      },
      lost: unavailable,
      stake: stakeOf(name),
      travelMs: TRAVEL_MS,
    });
  }

  /** All of it or, where it throws, nothing. */
  commit<T>(act: (db: ModelDatabase) => T): T {
    const { log } = this.tables;
    log.begin(this.#options.scheduler.now, MOST_LOST_MS);
    const { mark } = log;
    try {
      return act(this);
    } catch (error) {
      log.backTo(mark);
      throw error;
    }
  }

  /** A standby takes over that has not heard of the last `lostMs`; how many changes are forgotten. */
  failOver(lostMs: number, downMs: number): number {
    const { now } = this.#options.scheduler;
    this.downUntil = now + downMs;
    this.failOvers.push(now);
    const written = ((this.#fence - 1n) / FENCES_AHEAD + 1n) * FENCES_AHEAD;
    this.#fence = written;
    return this.tables.log.forgetSince(now - Math.min(lostMs, MOST_LOST_MS));
  }

  /** An operation of libs/db that has no model yet: not an error that the product should take for Postgres's. */
  transaction(): Promise<never> {
    return Promise.reject(new Error('The product uses an operation of libs/db that the simulated database does not have.'));
  }

  rawTransaction(): Promise<never> {
    return this.transaction();
  }

  ping(): Promise<void> {
    return this.transact('ping', () => undefined);
  }

  async close(): Promise<void> {}
}

const unavailable = (): RcmError => new RcmError('database_unavailable', 'Postgres cannot be used right now: the connection was lost.');
