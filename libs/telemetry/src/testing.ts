/** What a test asks of metrics: which alarms would be told of, as Prometheus and as CloudWatch see it, each by what it is given and by nothing else. */
import { type AlarmName, alarm, alarmNames } from './alarms/alarms.ts';
import { metric } from './metrics/catalogue.ts';
import type { Measuring } from './metrics/definition.ts';
import { EmbeddedMetrics } from './metrics/embedded.ts';
import type { Metrics } from './metrics/metrics.ts';

export interface Told {
  readonly prometheus: readonly AlarmName[];
  readonly cloudWatch: readonly AlarmName[];
}

/** Above their thresholds now; what a counter has come to since the process began counts as what came within the time. Bands are learnt and not among them. */
export async function alarmsTold(metrics: Metrics, service: Measuring): Promise<Told> {
  const text = await metrics.exposition();
  const line = JSON.parse((await new EmbeddedMetrics(metrics, service).line(new Date())) ?? '{}') as Readonly<Record<string, unknown>>;
  const scraped = (name: string): number | null => {
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].map(([, value]) => Number(value));
    if (values.length === 0) return null;
    return metric(name as never).kind === 'counter' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
  };
  const crossed = (value: (name: string) => number | null): AlarmName[] =>
    alarmNames.filter((name) => {
      const { metric: of, above } = alarm(name);
      const now = value(of);
      return above !== 'its band' && now !== null && now > above;
    });
  return { prometheus: crossed(scraped), cloudWatch: crossed((name) => (typeof line[name] === 'number' ? line[name] : null)) };
}
