import { CREDENTIAL_METRICS } from './credential-metrics.ts';
import type { MetricDefinition, MetricKind } from './definition.ts';
import { FLEET_METRICS } from './fleet-metrics.ts';
import { WORK_METRICS } from './work-metrics.ts';

/** Every metric that a process of this platform has beside the figures of Node itself. */
export const METRICS = { ...FLEET_METRICS, ...WORK_METRICS, ...CREDENTIAL_METRICS };

export type MetricName<K extends MetricKind = MetricKind> = {
  [N in keyof typeof METRICS]: (typeof METRICS)[N]['kind'] extends K ? N : never;
}[keyof typeof METRICS];

export const metricNames = Object.keys(METRICS) as readonly MetricName[];

/** Its definition, without what is particular to it. */
export const metric = (name: MetricName): MetricDefinition => METRICS[name];
