import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { type MetricName, metric } from './catalogue.ts';

/** A process's metrics: made once in its `main`, passed down. Each is one of the catalogue's; asking twice for one name gives the same metric. */
export interface Metrics {
  counter(name: MetricName<'counter'>): Counter;
  gauge(name: MetricName<'gauge'>): Gauge;
  /** A gauge that is read when somebody asks; given again, the new reader is asked. */
  watched(name: MetricName<'gauge'>, read: (gauge: Gauge) => void | Promise<void>): void;
  histogram(name: MetricName<'histogram'>): Histogram;
  /** Prometheus text exposition. */
  exposition(): Promise<string>;
  /** Counters and gauges as they are: labels apart, values as numbers. */
  values(): Promise<readonly MetricValue[]>;
  readonly contentType: string;
}

export interface MetricValue {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export interface MetricsOptions {
  /** Also collect the process's own figures (memory, event loop, GC). Default false. */
  readonly process?: boolean;
}

type Kind<T> = new (...args: never[]) => T;

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry });
  const once = <T>(name: MetricName, kind: Kind<T>, make: (options: MetricOptions) => T): T => {
    const known = registry.getSingleMetric(name);
    if (known instanceof kind) return known;
    const definition = metric(name);
    const made = make({ name, help: definition.meaning, labelNames: Object.keys(definition.labels ?? {}), registers: [registry] });
    if (made instanceof Counter) beginAtNought(made, definition.labels ?? {});
    return made;
  };
  const gauge = (name: MetricName<'gauge'>): Gauge => once(name, Gauge, (about) => new Gauge(about));
  return {
    counter: (name) => once(name, Counter, (about) => new Counter(about)),
    gauge,
    watched(name, read) {
      const watching = gauge(name) as Gauge & { collect: () => void | Promise<void> };
      watching.collect = () => read(watching);
    },
    histogram: (name) => once(name, Histogram, (about) => new Histogram({ ...about, buckets: [...(metric(name).buckets ?? [])] })),
    exposition: () => registry.metrics(),
    async values() {
      const all = await registry.getMetricsAsJSON();
      return all
        .filter(({ type }) => String(type) === 'counter' || String(type) === 'gauge')
        .flatMap(({ name, values }) => (values as Omit<MetricValue, 'name'>[]).map(({ labels, value }) => ({ name, labels, value })));
    },
    contentType: registry.contentType,
  };
}

interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: [Registry];
}

/** Prometheus sees no increase where a counter comes into being with its first count. */
function beginAtNought(counter: Counter, labels: Readonly<Record<string, readonly string[] | 'any'>>): void {
  let series: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    if (values === 'any') return;
    series = series.flatMap((each) => values.map((value) => ({ ...each, [label]: value })));
  }
  if (Object.keys(labels).length > 0) for (const each of series) counter.inc(each, 0);
}
