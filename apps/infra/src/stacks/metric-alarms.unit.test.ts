import {
  alarm,
  type AlarmName,
  alarmNames,
  CLOUDWATCH_METRICS,
  createMetrics,
  EmbeddedMetrics,
  metric,
  type Measuring,
  type MetricName,
  SCALING_METRICS,
  underQuotas,
} from '@rcm/telemetry';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}
interface Asked {
  readonly MetricStat?: {
    readonly Stat: string;
    readonly Period: number;
    readonly Metric: { Namespace: string; MetricName: MetricName; Dimensions: Dimension[] };
  };
}
interface Alarm {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly Threshold?: number;
  readonly EvaluationPeriods: number;
  readonly Metrics: readonly Asked[];
}

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});

const deployedIn = (environment: string, alarmName: string): Alarm | undefined =>
  made
    .ofType('AWS::CloudWatch::Alarm', new RegExp(`^rcm-${environment}-alerts$`))
    .map(({ Properties }) => Properties as unknown as Alarm)
    .find(({ AlarmName }) => AlarmName === alarmName);

/** What a process of this service says of a metric in its line, once it has measured `x`. */
async function said(service: Measuring, name: MetricName, x: number): Promise<Record<string, unknown>> {
  const metrics = createMetrics();
  const labels = Object.fromEntries(Object.entries(metric(name).labels ?? {}).map(([label, values]) => [label, values === 'any' ? 'some' : (values[0] ?? '')]));
  if (metric(name).kind === 'counter') metrics.counter(name as MetricName<'counter'>).inc(labels, x);
  else metrics.gauge(name as MetricName<'gauge'>).set(labels, x);
  return JSON.parse((await new EmbeddedMetrics(metrics, service).line(new Date(0))) ?? '{}') as Record<string, unknown>;
}

/** Of the console’s there are none in `dev`, which has no console. */
const isIn = (name: AlarmName, where: 'dev' | 'prod'): boolean => where === 'prod' || !metric(alarm(name).metric).by.includes('console');

describe.each(alarmNames.flatMap((name) => (['dev', 'prod'] as const).filter((where) => isIn(name, where)).map((where) => ({ name, where }))))(
  '$name of $where',
  ({ name, where }) => {
    it('asks for what the processes write, by their names, and for as long as the definition says', async () => {
      const deployed = deployedIn(where, name);
      const quotas = made.environments.find((environment) => environment.name === where)!.quotas;
      const { metric: of, above, seconds } = underQuotas(alarm(name), quotas);
      const asked = (deployed?.Metrics ?? []).flatMap(({ MetricStat }) => (MetricStat ? [MetricStat] : []));
      expect(asked.map(({ Metric }) => Metric.Dimensions[0]?.Value)).toEqual([...metric(of).by]);
      for (const { Metric, Period, Stat } of asked) {
        const line = await said(Metric.Dimensions[0]?.Value as Measuring, of, 7);
        const {
          CloudWatchMetrics: [directive],
        } = line._aws as { CloudWatchMetrics: [{ Namespace: string; Dimensions: string[][] }] };
        expect(Metric.Namespace).toBe(directive.Namespace);
        expect(directive.Dimensions).toEqual([Metric.Dimensions.map((dimension) => dimension.Name)]);
        expect(line[Metric.Dimensions[0]?.Name ?? '']).toBe(Metric.Dimensions[0]?.Value);
        expect(line[Metric.MetricName]).toBe(7);
        expect(Stat).toBe(metric(of).kind === 'counter' ? 'Sum' : 'Maximum');
        expect(Period * (deployed?.EvaluationPeriods ?? 0)).toBe(seconds);
      }
      if (above !== 'its band') expect(deployed?.Threshold).toBe(above);
      expect(deployed?.AlarmDescription.startsWith(alarm(name).urgency === 'now' ? 'Now: ' : 'Today: ')).toBe(true);
      expect(deployed?.AlarmDescription).toContain(`docs/runbooks/${alarm(name).runbook}.md`);
    });
  },
);

it('every alarm begins with whether somebody is woken, by which a subscription can be told apart', () => {
  const alarms = made.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => [String(Properties.AlarmName), String(Properties.AlarmDescription)] as const);
  expect(alarms.filter(([, says]) => !/^(Now|Today): /.test(says))).toEqual([]);
  const woken = new Set(alarms.filter(([, says]) => says.startsWith('Now: ')).map(([name]) => name));
  for (const name of ['rcm-no-rotator', 'rcm-no-web-agent', 'rcm-api-unreachable']) expect(woken).toContain(name);
  for (const name of ['rcm-console-unreachable', 'rcm-safety-net', 'rcm-standby-behind']) expect(woken).not.toContain(name);
});

it('alarms of quotas are at 80 % of what the account may do, which is AWS’s default where infra.yaml says nothing', () => {
  const thresholds = (where: string) => ['ssm-reads', 'ssm-writes', 'sts'].map((quota) => deployedIn(where, `rcm-${quota}-quota`)?.Threshold);
  expect(thresholds('dev')).toEqual([0.8 * 40 * 180, 432, 0.8 * 600 * 180]);
  expect(thresholds('prod')).toEqual([0.8 * 1000 * 180, 0.8 * 10 * 180, 0.8 * 600 * 180]);
});

it('the scaling follows metrics that web-agents write, and all that is written is looked at', () => {
  const followed = made.ofType('AWS::ApplicationAutoScaling::ScalingPolicy', /prod/).flatMap(({ Properties }) => {
    const { CustomizedMetricSpecification: own } = Properties.TargetTrackingScalingPolicyConfiguration as unknown as {
      CustomizedMetricSpecification?: { MetricName: MetricName; Dimensions: Dimension[] };
    };
    return own ? [own] : [];
  });
  expect(followed.map(({ MetricName }) => MetricName).sort()).toEqual([...SCALING_METRICS].sort());
  for (const { MetricName, Dimensions } of followed) {
    expect(metric(MetricName).by).toContain(Dimensions[0]?.Value);
    expect(CLOUDWATCH_METRICS.has(MetricName)).toBe(true);
  }
});
