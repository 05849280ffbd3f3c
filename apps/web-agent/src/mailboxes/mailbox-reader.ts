import { type IdentityKeys, mailboxPrint } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { leaveMailboxTurn, takeMailboxTurn } from '@rcm/db/codes';
import type { Clock, Logger, Metrics, Secret } from '@rcm/telemetry';
import { randomUUID } from 'node:crypto';
import type { Mailbox } from './mailbox.ts';
import { failureOf, type MailboxFailure } from './mailbox-failure.ts';
import { MailRounds } from './mail-round.ts';
import { isSameSecret, MailSession, readSecret } from './mail-session.ts';

export interface MailboxReaderOptions {
  readonly mailbox: Mailbox;
  readonly db: Database;
  readonly keys: IdentityKeys;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Hears how it stands. */
  readonly onState?: (state: ReaderState) => void;
}

/** `elsewhere`: another process reads it. */
export type ReaderState = 'read' | 'elsewhere' | MailboxFailure;

/** How long a turn lasts without being renewed, and after how long it is. In ms. */
const TURN = { forMs: 60_000, renewMs: 20_000 } as const;
/** Between two looks, in ms: at a server that tells of mails by itself, at one that does not, and while a mail waits for its login. */
const LOOK_MS = { told: 20_000, untold: 3_000, hopeful: 500 } as const;
/** For a mailbox that another process reads. */
const ELSEWHERE_MS = 5_000;
/** After a failure, in ms; doubled with each until the most. */
const COOL_DOWN = { leastMs: 1_000, mostMs: 60_000 } as const;
/** A server that refuses its user is asked far less often: it might lock the mailbox. `lookMs`: how often the file is looked at meanwhile. */
const REFUSED_COOL_DOWN = { leastMs: 300_000, mostMs: 3_600_000, lookMs: 5_000 } as const;

/** Another process has the turn. */
class TurnLost extends Error {}

/** Reads one mailbox until its signal, whenever it is this process's turn. A failure is logged once, and again only when it is another or is over. Never rejects. */
export class MailboxReader {
  readonly #o: MailboxReaderOptions;
  readonly #turn: { readonly mailbox: string; readonly reader: string };
  #state: ReaderState | null = null;
  #secret: Secret<string> | null = null;
  #failures = 0;
  #renewAt = 0;

  constructor(options: MailboxReaderOptions) {
    this.#o = options;
    this.#turn = { mailbox: mailboxPrint(options.keys, options.mailbox), reader: randomUUID() };
  }

  async run(): Promise<void> {
    const { signal, db } = this.#o;
    while (!signal.aborted) await this.#read().catch((error: unknown) => this.#coolDown(error));
    await leaveMailboxTurn(db, this.#turn).catch(() => undefined);
  }

  async #read(): Promise<void> {
    const { mailbox, signal, clock } = this.#o;
    await this.#keepTurn();
    this.#secret = await readSecret(mailbox);
    const session = await MailSession.open(mailbox, this.#secret, clock);
    try {
      const rounds = new MailRounds(session, { ...this.#o, keepTurn: () => this.#keepTurn() });
      while (!signal.aborted) {
        await this.#keepTurn();
        await rounds.once();
        this.#become('read');
        await session.wait(rounds.isHopeful ? LOOK_MS.hopeful : session.isTold ? LOOK_MS.told : LOOK_MS.untold, signal);
      }
    } finally {
      await session.close();
    }
  }

  /** By a clock that nobody sets: a process that stood still asks again before it goes on. */
  async #keepTurn(): Promise<void> {
    const now = performance.now();
    if (now < this.#renewAt) return;
    if (!(await takeMailboxTurn(this.#o.db, this.#turn, TURN.forMs))) throw new TurnLost();
    this.#renewAt = now + TURN.renewMs;
  }

  async #coolDown(error: unknown): Promise<void> {
    this.#renewAt = 0;
    if (error instanceof TurnLost) {
      this.#become('elsewhere');
      return this.#sleep(ELSEWHERE_MS);
    }
    const failure = failureOf(error);
    this.#o.metrics.counter('rcm_mailbox_failures_total').inc({ reason: failure });
    this.#become(failure);
    this.#failures += 1;
    if (failure === 'refused') return this.#coolDownRefused();
    // Another process may reach it.
    await leaveMailboxTurn(this.#o.db, this.#turn).catch(() => undefined);
    return this.#sleep(doubled(this.#failures, COOL_DOWN));
  }

  /** Keeps the turn, so that no other process asks with the same password, until the time is over or the file holds another one. */
  async #coolDownRefused(): Promise<void> {
    const { db, mailbox, signal } = this.#o;
    const end = performance.now() + doubled(this.#failures, REFUSED_COOL_DOWN);
    while (!signal.aborted && performance.now() < end) {
      await takeMailboxTurn(db, this.#turn, TURN.forMs).catch(() => undefined);
      await this.#sleep(REFUSED_COOL_DOWN.lookMs);
      const secret = await readSecret(mailbox).catch(() => null);
      if (secret && !isSameSecret(secret, this.#secret)) return;
    }
  }

  #become(state: ReaderState): void {
    const { logger, mailbox, onState } = this.#o;
    if (state === 'read') this.#failures = 0;
    if (state === this.#state) return;
    this.#state = state;
    onState?.(state);
    const about = { mailbox: mailbox.name, state };
    if (state === 'read' || state === 'elsewhere') logger.info(about, state === 'read' ? 'a mailbox is read' : 'a mailbox is read by another process');
    else logger.warn(about, 'a mailbox cannot be read; it is tried again');
  }

  #sleep(ms: number): Promise<void> {
    return this.#o.clock.sleep(ms, this.#o.signal).catch(() => undefined);
  }
}

const doubled = (failures: number, { leastMs, mostMs }: { readonly leastMs: number; readonly mostMs: number }): number =>
  Math.min(leastMs * 2 ** Math.min(failures - 1, 20), mostMs);
