import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { RcmError } from './error.ts';

/** A process's metrics: made once in its `main`, passed down. Labels never hold a tenant, a user name or an endpoint (cost and privacy). */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
  /** Prometheus text exposition. */
  exposition(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  /** Also collect the process's own figures (memory, event loop, GC). Default false. */
  readonly process?: boolean;
}

const PRIVATE_LABEL = /(^|_)(org|organization|tenant|endpoint|user|username|login|identity|account|arn)(_id)?$/i;

/**
 * Asking twice for one name gives the same metric. Fails with `input_invalid` for a label that would hold who rather than what,
 * and for a name that is already another kind of metric.
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry });
  const once = <T>(name: string, labels: readonly string[], kind: { new (...args: never[]): T }, make: () => T): T => {
    const label = labels.find((text) => PRIVATE_LABEL.test(text));
    if (label) throw new RcmError('input_invalid', `Metric ${name}: the label ${label} would name a tenant, an endpoint or a person.`);
    const known = registry.getSingleMetric(name);
    if (known === undefined) return make();
    if (known instanceof kind) return known;
    throw new RcmError('input_invalid', `Metric ${name} exists already and is of another kind.`);
  };
  return {
    counter: (name, help, labels = []) => once(name, labels, Counter, () => new Counter({ name, help, labelNames: [...labels], registers: [registry] })),
    gauge: (name, help, labels = []) => once(name, labels, Gauge, () => new Gauge({ name, help, labelNames: [...labels], registers: [registry] })),
    histogram: (name, help, buckets, labels = []) =>
      once(name, labels, Histogram, () => new Histogram({ name, help, buckets: [...buckets], labelNames: [...labels], registers: [registry] })),
    exposition: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
