import { type AlarmDefinition, metric, NAMESPACE } from '@rcm/telemetry';
import type { aws_cloudwatch as cloudwatch } from 'aws-cdk-lib';

type Shape = Omit<cloudwatch.CfnAlarmProps, 'evaluationPeriods'> & { readonly evaluationPeriods: number };

/** Standard deviations, as CloudWatch learns them from two weeks. */
const BAND = 4;
const MINUTE = 60;

/**
 * The condition of an alarm in CloudWatch's words: of a counter the sum of what all processes said within the time, of a gauge the highest of each minute.
 * Each service is a metric of its own; one that said nothing counts as nought.
 */
export function conditionOf({ metric: name, above, seconds }: AlarmDefinition): Shape {
  const { kind, by } = metric(name);
  const isCounter = kind === 'counter';
  const of = { period: isCounter ? seconds : MINUTE, stat: isCounter ? 'Sum' : 'Maximum' };
  const each = by.map((service, i) => ({
    ...{ id: `m${i}`, returnData: false },
    metricStat: { ...of, metric: { namespace: NAMESPACE, metricName: name, dimensions: [{ name: 'service', value: service }] } },
  }));
  const filled = each.map(({ id }) => `FILL(${id}, 0)`).join(', ');
  const all = { id: 'all', expression: `${isCounter ? 'SUM' : 'MAX'}([${filled}])`, label: name, returnData: true };
  if (above === 'its band')
    return {
      ...{ comparisonOperator: 'GreaterThanUpperThreshold', thresholdMetricId: 'band', evaluationPeriods: 1 },
      metrics: [
        ...each.map((one) => ({ ...one, returnData: true })),
        { id: 'band', expression: `ANOMALY_DETECTION_BAND(m0, ${BAND})`, label: 'usual', returnData: true },
      ],
    };
  return { ...{ comparisonOperator: 'GreaterThanThreshold', threshold: above, evaluationPeriods: isCounter ? 1 : seconds / MINUTE }, metrics: [...each, all] };
}

const URGENCY = { now: 'Now', today: 'Today' } as const;

/** CloudWatch knows no severity: what is told begins with it, so that a subscription that wakes somebody is given nothing else (docs/deploy.md). */
export const described = (urgency: AlarmDefinition['urgency'], says: string): string => `${URGENCY[urgency]}: ${says}`;
