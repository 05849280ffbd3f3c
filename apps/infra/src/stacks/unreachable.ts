import { aws_cloudwatch as cloudwatch, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import type { Door } from './door.ts';
import { topicArn } from './names.ts';

export interface UnreachableOptions extends Door {
  readonly environment: Environment;
  /** Of the alarm. */
  readonly name: string;
  /** What it means, for whoever is told, and what to do. */
  readonly says: string;
}

/** What runs and does not answer is seen by nobody but its load balancer. */
export function tellUnreachable(stack: Stack, { environment, door, targets, name, says }: UnreachableOptions): void {
  const told = [topicArn(environment)];
  new cloudwatch.CfnAlarm(stack, 'Unreachable', {
    ...{ alarmName: name, alarmActions: told, okActions: told, treatMissingData: 'breaching', alarmDescription: says },
    ...{ namespace: 'AWS/ApplicationELB', metricName: 'HealthyHostCount', statistic: 'Maximum', period: 60, evaluationPeriods: 3 },
    ...{ threshold: 1, comparisonOperator: 'LessThanThreshold' },
    dimensions: [
      { name: 'LoadBalancer', value: door.attrLoadBalancerFullName },
      { name: 'TargetGroup', value: targets.attrTargetGroupFullName },
    ],
  });
}
