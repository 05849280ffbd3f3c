import { CLOUDWATCH_METRICS } from '../alarms/alarms.ts';
import { type Clock, systemClock } from '../clock.ts';
import { metric, type MetricName } from './catalogue.ts';
import type { MetricDefinition, Measuring } from './definition.ts';
import type { Metrics, MetricValue } from './metrics.ts';

/** Where they lie in CloudWatch. */
export const NAMESPACE = 'RCM';

const UNITS: Readonly<Record<MetricDefinition['unit'], string>> = {
  ...{ count: 'Count', seconds: 'Seconds', bytes: 'Bytes', percent: 'Percent' },
  ...{ 'unix time': 'None', 'yes or no': 'None' },
};

/** One number for each metric of a process: a counter's labels are added up, of a gauge's the highest counts. */
function oneEach(values: readonly MetricValue[]): ReadonlyMap<MetricName, number> {
  const found = new Map<MetricName, number>();
  for (const { name, value } of values) {
    if (!CLOUDWATCH_METRICS.has(name) || !Number.isFinite(value)) continue;
    const known = name as MetricName;
    const before = found.get(known);
    found.set(known, before === undefined ? value : metric(known).kind === 'counter' ? before + value : Math.max(before, value));
  }
  return found;
}

/**
 * Lines of CloudWatch's embedded metric format ("Specification: Embedded metric format"), from which CloudWatch Logs takes metrics: of a counter what came to it
 * since the line before, of a gauge its value. The service is the one dimension.
 */
export class EmbeddedMetrics {
  readonly #metrics: Metrics;
  readonly #service: Measuring;
  #before: ReadonlyMap<MetricName, number> = new Map();

  constructor(metrics: Metrics, service: Measuring) {
    this.#metrics = metrics;
    this.#service = service;
  }

  /** The next line, without its end; `null`: there is nothing to say. */
  async line(now: Date): Promise<string | null> {
    const all = oneEach(await this.#metrics.values());
    if (all.size === 0) return null;
    const said = [...all].map(([name, value]) => [name, metric(name).kind === 'counter' ? value - (this.#before.get(name) ?? 0) : value] as const);
    this.#before = all;
    const metrics = said.map(([name]) => ({ Name: name, Unit: UNITS[metric(name).unit] }));
    return JSON.stringify({
      _aws: { Timestamp: now.getTime(), CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [['service']], Metrics: metrics }] },
      service: this.#service,
      ...Object.fromEntries(said),
    });
  }
}

export interface EmbeddingOptions {
  readonly metrics: Metrics;
  readonly service: Measuring;
  /** From a line to the next, in ms; 0: none is written. */
  readonly everyMs: number;
  /** Takes a line with its end. Default: stdout. */
  readonly write?: (text: string) => void;
  readonly clock?: Clock;
}

export interface Embedding {
  /** Writes what came since the last line, and no more. */
  close(): Promise<void>;
}

/**
 * From now to the middle of a period, by the wall clock: a line is as far as can be from the minute's ends, by which CloudWatch counts. Pauses alone would be a little longer
 * each time, until a minute had no line, and that counts as nought.
 */
const toMiddle = (now: Date, everyMs: number): number => everyMs - ((now.getTime() + everyMs / 2) % everyMs);

/** Writes a line in the middle of each period. Never rejects: who measures must not end what is measured. */
export function embedMetrics({ metrics, service, everyMs, write = toStdout, clock = systemClock }: EmbeddingOptions): Embedding {
  if (everyMs === 0) return { close: async () => undefined };
  const stop = new AbortController();
  const embedded = new EmbeddedMetrics(metrics, service);
  const writing = (async () => {
    for (let last = false; !last;) {
      await clock.sleep(toMiddle(clock.now(), everyMs), stop.signal).catch(() => undefined);
      last = stop.signal.aborted;
      const line = await embedded.line(clock.now()).catch(() => null);
      if (line !== null) write(`${line}\n`);
    }
  })();
  return {
    async close() {
      stop.abort();
      await writing;
    },
  };
}

const toStdout = (text: string): void => void process.stdout.write(text);
