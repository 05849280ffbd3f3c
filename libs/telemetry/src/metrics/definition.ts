/** A process that measures, by the name of its service. */
export type Measuring = 'web-agent' | 'rotator' | 'audit-heads' | 'console';

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** Everything that is said of one metric: its text for Prometheus, its line for CloudWatch, its row in docs/metrics.md and its panels are made of it. */
export interface MetricDefinition {
  readonly kind: MetricKind;
  readonly unit: 'count' | 'seconds' | 'bytes' | 'percent' | 'unix time' | 'yes or no';
  readonly meaning: string;
  /** Where the number comes from. */
  readonly source: string;
  readonly by: readonly Measuring[];
  /**
   * Values of each label; `any`: they are not known beforehand. A counter whose values are all known begins with each of them at 0, so that the first time counts as
   * an increase too. None names a tenant, an endpoint or a person (cost and privacy).
   */
  readonly labels?: Readonly<Record<string, readonly string[] | 'any'>>;
  /** Of a histogram: upper bounds. */
  readonly buckets?: readonly number[];
}
