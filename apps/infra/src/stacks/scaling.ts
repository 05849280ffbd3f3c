import { aws_applicationautoscaling as scaling, type aws_ecs as ecs, type Stack } from 'aws-cdk-lib';
import { NAMESPACE, SCALING_METRICS } from '@rcm/telemetry';
import { CLUSTER } from './names.ts';

export interface ScalingOptions {
  readonly service: ecs.CfnService;
  readonly tasks: { readonly min: number; readonly max: number };
}

/** How long the oldest task that could be taken has waited, which is what somebody who waits for an answer feels; and the share of browsers that are at work. */
const [QUEUE_AGE, SLOTS_IN_USE] = SCALING_METRICS;

const SECONDS_WAITED = 30;
const PERCENT_BUSY = 70;

/**
 * Tasks come when work waits or browsers are busy, whichever asks for more, and go slowly: a task that goes takes its logged-in contexts along. The processor is
 * asked too, which needs no figure of ours.
 */
export function webAgentScaling(stack: Stack, { service, tasks }: ScalingOptions): void {
  const target = new scaling.CfnScalableTarget(stack, 'WebAgents', {
    ...{ serviceNamespace: 'ecs', scalableDimension: 'ecs:service:DesiredCount', resourceId: `service/${CLUSTER}/web-agent` },
    ...{ minCapacity: tasks.min, maxCapacity: tasks.max },
  });
  target.addResourceDependency(service);
  const follow = (id: string, metric: Partial<scaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty>, targetValue: number): void => {
    new scaling.CfnScalingPolicy(stack, `WebAgentsBy${id}`, {
      ...{ policyName: `by-${id}`, policyType: 'TargetTrackingScaling', scalingTargetId: target.ref },
      targetTrackingScalingPolicyConfiguration: { ...metric, targetValue, scaleOutCooldown: 60, scaleInCooldown: 900 },
    });
  };
  const ours = (metricName: string, statistic: string) => ({
    customizedMetricSpecification: { namespace: NAMESPACE, metricName, statistic, dimensions: [{ name: 'service', value: 'web-agent' }] },
  });
  follow('QueueAge', ours(QUEUE_AGE, 'Maximum'), SECONDS_WAITED);
  follow('BrowserSlots', ours(SLOTS_IN_USE, 'Average'), PERCENT_BUSY);
  follow('Processor', { predefinedMetricSpecification: { predefinedMetricType: 'ECSServiceAverageCPUUtilization' } }, PERCENT_BUSY);
}
