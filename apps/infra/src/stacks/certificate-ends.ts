import { aws_cloudwatch as cloudwatch, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { described } from './metric-alarms.ts';
import { topicArn } from './names.ts';

/** ACM renews its own certificates from the 60th day on ("Managed certificate renewal"), so one that is this near to its end is renewed by nobody. */
const LEFT_DAYS = 30;
const DAY_SECONDS = 86_400;

export interface CertificateEndsOptions {
  readonly environment: Environment;
  readonly certificateArn: string;
  /** Of the load balancer, with which the alarm's begins. */
  readonly name: string;
  readonly description: string;
}

/** Whoever calls ends the connection at a certificate that is over, and nothing behind the door sees it. A certificate that somebody imported is renewed by nobody else. */
export function tellCertificateEnds(stack: Stack, { environment, certificateArn, name, description }: CertificateEndsOptions): void {
  const told = [topicArn(environment)];
  new cloudwatch.CfnAlarm(stack, 'CertificateEnds', {
    ...{ alarmName: `${name}-certificate-ends`, alarmActions: told, okActions: told },
    alarmDescription: described(
      'today',
      `${description}: its certificate ends within ${LEFT_DAYS} days, or has ended: nobody can connect then. See docs/runbooks/certificate-ends.md.`,
    ),
    ...{ namespace: 'AWS/CertificateManager', metricName: 'DaysToExpiry', statistic: 'Minimum', period: DAY_SECONDS, evaluationPeriods: 1 },
    // ACM tells nothing any more of a certificate that has ended.
    ...{ threshold: LEFT_DAYS, comparisonOperator: 'LessThanThreshold', treatMissingData: 'breaching' },
    dimensions: [{ name: 'CertificateArn', value: certificateArn }],
  });
}
