import type { Database } from '@rcm/db';
import { changedBetween, lastingSessions, type Mark, type Marked, type Marks, type MarksAsked, readMarks } from '@rcm/db/acts';
import type { Logger, Metrics } from '@rcm/telemetry';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStream, type StreamAsked } from './stream.ts';
import { isWatched } from './watched.ts';

export interface StreamsOptions {
  readonly db: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** After how long a session that its person does not use is over. */
  readonly idleMs: number;
  /** Streams of this process, at most. */
  readonly most: number;
  /** How often Postgres is asked what changed; less often where it takes long to say. */
  readonly roundMs: number;
}

/** Of one session. A browser keeps six connections to one host, and needs some for pages. */
const MOST_OF_ONE = 4;
const BEAT_MS = 15_000;
/** Between two streams that are told: 20 a second, so that what pages ask for again is 20 pages a second, however many look at what changed. */
const TELL_MS = 50;
/** The database has a tenth of the time for it, until that would make the pages old. */
const PAUSE = { times: 9, mostMs: 30_000 };
/** So often in a row it may not be known whether sessions last. */
const MOST_FAILURES = 3;

/**
 * The event streams of this process. One loop asks Postgres for all of them, in two statements: which of their sessions last, and what there is (`readMarks`); what
 * differs from the time before is told to those whose page shows it. A stream is told once after it was opened, since its page is from before.
 */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #streams = new Set<EventStream>();
  /** Not told yet, the longest waiting first; bounded by how many streams there are. */
  readonly #pending = new Map<EventStream, Set<Marked>>();
  readonly #stopping = new AbortController();
  /** What was found in the round before; `null`: there was none. */
  #before: Marks | null = null;
  /** Opened since the last round began. */
  #fresh = new Set<EventStream>();
  #failures = 0;
  #rounds: Promise<void> | null = null;
  #telling: Promise<void> | null = null;

  constructor(options: StreamsOptions) {
    this.#options = options;
    options.metrics.watched('rcm_console_streams', (gauge) => gauge.set(this.#streams.size));
  }

  /** `session`: it has as many as it may; `process`: this process has. */
  open(asked: StreamAsked): Readable | 'session' | 'process' {
    if (this.#stopping.signal.aborted || this.#streams.size >= this.#options.most) return 'process';
    if ([...this.#streams].filter(({ handle }) => handle === asked.handle).length >= MOST_OF_ONE) return 'session';
    const stream = new EventStream(asked);
    this.#streams.add(stream);
    this.#fresh.add(stream);
    stream.body.once('close', () => this.#forget(stream));
    this.#goOn();
    return stream.body;
  }

  /** Every stream ends, and none is opened any more. */
  async close(): Promise<void> {
    this.#stopping.abort();
    for (const stream of this.#streams) stream.end();
    await Promise.all([this.#rounds, this.#telling]);
  }

  #forget(stream: EventStream): void {
    this.#streams.delete(stream);
    this.#fresh.delete(stream);
    this.#pending.delete(stream);
  }

  /** Each loop is there once, and while there is something for it: what comes as it ends begins it anew. */
  #goOn(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#streams.size > 0)
      this.#rounds ??= this.#goRound().finally(() => {
        this.#rounds = null;
        this.#goOn();
      });
    if (this.#pending.size > 0)
      this.#telling ??= this.#tell().finally(() => {
        this.#telling = null;
        this.#goOn();
      });
  }

  async #goRound(): Promise<void> {
    const beat = setInterval(() => this.#streams.forEach((stream) => stream.beat()), BEAT_MS);
    try {
      while (this.#streams.size > 0 && !this.#stopping.signal.aborted) {
        const began = performance.now();
        await this.#round();
        const pauseMs = Math.min(PAUSE.times * (performance.now() - began), PAUSE.mostMs);
        await this.#pause(Math.max(this.#options.roundMs, pauseMs));
      }
    } finally {
      clearInterval(beat);
      this.#before = null;
    }
  }

  async #round(): Promise<void> {
    // Those that are opened meanwhile come in the next one.
    const [streams, opened] = [[...this.#streams], this.#fresh];
    this.#fresh = new Set();
    try {
      await this.#endThoseOver(streams);
      const found = await readMarks(this.#options.db, askedBy(streams));
      const changed = this.#before === null ? [] : changedBetween(this.#before, found);
      this.#before = found;
      this.#failures = 0;
      for (const stream of streams) this.#note(stream, opened.has(stream) ? stream.watch.what : kindsFor(stream, changed));
      this.#goOn();
    } catch (error) {
      for (const stream of opened) if (this.#streams.has(stream)) this.#fresh.add(stream);
      this.#failures += 1;
      this.#options.logger.warn({ err: error, failures: this.#failures }, 'what changed could not be asked');
      // Whether their sessions last is not known: none is believed to.
      if (this.#failures >= MOST_FAILURES) for (const stream of this.#streams) stream.end();
    }
  }

  /** Of a session that has ended, was not used for long, or is of a person who is something else by now. */
  async #endThoseOver(streams: readonly EventStream[]): Promise<void> {
    const { db, idleMs } = this.#options;
    const lasting = await lastingSessions(db, { handles: [...new Set(streams.map(({ handle }) => handle))], idleMs });
    for (const stream of streams) if (!stream.isOf(lasting.get(stream.handle))) stream.over();
  }

  #note(stream: EventStream, what: Iterable<Marked>): void {
    // It may have been left meanwhile.
    if (!this.#streams.has(stream)) return;
    for (const each of what) this.#pending.set(stream, (this.#pending.get(stream) ?? new Set()).add(each));
  }

  async #tell(): Promise<void> {
    for (const [stream, what] of this.#pending) {
      this.#pending.delete(stream);
      stream.tell(what);
      await this.#pause(TELL_MS);
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** Less where everything ends. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

const kindsFor = ({ watch }: EventStream, changed: readonly Mark[]): ReadonlySet<Marked> =>
  new Set(changed.filter((mark) => isWatched(watch, mark)).map(({ what }) => what));

function askedBy(streams: readonly EventStream[]): MarksAsked {
  const watches = streams.map(({ watch }) => watch);
  const named = (of: (watch: (typeof watches)[number]) => string | null) => [...new Set(watches.map(of).filter((id) => id !== null))];
  return {
    what: new Set(watches.flatMap(({ what }) => [...what])),
    organizations: named(({ orgId }) => orgId),
    beyond: watches.some(({ orgId }) => orgId === null) ? 'every tenant' : 'nothing',
    endpoints: named(({ endpointId }) => endpointId),
  };
}
