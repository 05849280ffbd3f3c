import { aws_chatbot as chatbot, aws_cloudwatch as cloudwatch, aws_iam as iam, aws_sns as sns, Stack, type StackProps } from 'aws-cdk-lib';
import { alarm as definition, type AlarmName, alarmNames, metric, underQuotas } from '@rcm/telemetry';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { tellEvents } from './events.ts';
import { conditionOf, described } from './metric-alarms.ts';
import { CHAT_ROLE, CLUSTER, TOPIC, topicArn } from './names.ts';
import { wildcardsBecause } from './reasons.ts';
import { serviceRole } from './service-role.ts';
import { document, type StackStatement } from './statements.ts';

export interface AlertsStackProps extends StackProps {
  readonly environment: Environment;
  readonly platformKeyArn: string;
  /** Whether processes and database are here, or secrets alone. */
  readonly runsHere: boolean;
  /** Topics of other regions that the same channel is told of; `null`: its chat application is set up in another region. Default: of this one alone. */
  readonly chats?: { readonly alsoFrom: readonly string[] } | null;
}

type AlarmShape = Omit<cloudwatch.CfnAlarmProps, 'comparisonOperator' | 'evaluationPeriods'> & Partial<cloudwatch.CfnAlarmProps>;

/** What the console alone measures: where there is none, nobody asks for it. */
const isOfConsole = (name: AlarmName): boolean => metric(definition(name).metric).by.every((service) => service === 'console');

/** One topic, and what is told by it: events at once, alarms after minutes. Rotators tell it their notifications. */
export class AlertsStack extends Stack {
  readonly #topic: sns.CfnTopic;

  constructor(scope: Construct, id: string, { environment, platformKeyArn, runsHere, chats = { alsoFrom: [] }, ...props }: AlertsStackProps) {
    super(scope, id, props);
    this.#topic = new sns.CfnTopic(this, 'Topic', { topicName: TOPIC, displayName: `rcm ${environment.name}`, kmsMasterKeyId: platformKeyArn });
    this.#topicPolicy(environment);
    tellEvents(this, environment, this.#topic);
    if (environment.slack && chats) this.#slack(environment.slack, [this.#topic.ref, ...chats.alsoFrom]);
    this.#alarms(environment, runsHere);
  }

  #topicPolicy(environment: Environment): void {
    const arn = topicArn(environment);
    const publish = (Sid: string, service: string) => ({
      ...{ Sid, Effect: 'Allow' as const, Principal: { Service: [service] }, Action: ['sns:Publish'], Resource: [arn] },
    });
    const alarms = {
      ...publish('AlarmsOfThisAccount', 'cloudwatch.amazonaws.com'),
      Condition: { StringEquals: { 'aws:SourceAccount': [environment.account] } },
    };
    new sns.CfnTopicPolicy(this, 'TopicPolicy', {
      topics: [this.#topic.ref],
      // "Using resource-based policies for Amazon EventBridge": under a condition of a topic's policy its rules tell nothing, and say so nowhere.
      policyDocument: document(alarms, publish('Events', 'events.amazonaws.com'), {
        ...{ Sid: 'NothingInTheClear', Effect: 'Deny', Principal: { AWS: ['*'] }, Action: ['sns:Publish'], Resource: [arn] },
        Condition: { Bool: { 'aws:SecureTransport': ['false'] } },
      }),
    });
  }

  /** The chat application writes; whoever is in the channel can do nothing in the account through it but look at an alarm. */
  #slack({ workspaceId, channelId }: NonNullable<Environment['slack']>, topics: readonly string[]): void {
    const look: StackStatement = {
      ...{ Sid: 'LookAtAlarms', Effect: 'Allow', Action: ['cloudwatch:DescribeAlarms'], Resource: ['*'] },
      wildcard: 'The action has no resource.',
    };
    const looks = new iam.CfnManagedPolicy(this, 'ChatLooks', { managedPolicyName: 'rcm-chat-looks', policyDocument: document(look) });
    wildcardsBecause(looks, [look]);
    const role = serviceRole(this, 'ChatRole', { name: CHAT_ROLE, trusted: { service: 'chatbot', account: null }, statements: [] });
    role.managedPolicyArns = [looks.ref];
    new chatbot.CfnSlackChannelConfiguration(this, 'Slack', {
      ...{ configurationName: 'rcm', slackWorkspaceId: workspaceId, slackChannelId: channelId, snsTopicArns: [...topics], iamRoleArn: role.attrArn },
      ...{ guardrailPolicies: [looks.ref], loggingLevel: 'ERROR', userRoleRequired: true },
    });
  }

  /** What the apps measure: the definitions are theirs (docs/metrics.md). */
  #alarmsOfApps({ quotas, console: people }: Environment): void {
    for (const name of alarmNames.filter((each) => people !== undefined || !isOfConsole(each))) {
      const { says, runbook, urgency } = definition(name);
      new cloudwatch.CfnAlarm(this, name, {
        ...{ alarmName: name, alarmDescription: described(urgency, `${says} See docs/runbooks/${runbook}.md.`), treatMissingData: 'notBreaching' },
        ...{ alarmActions: [this.#topic.ref], okActions: [this.#topic.ref], ...conditionOf(underQuotas(definition(name), quotas)) },
      });
    }
  }

  #alarms(environment: Environment, runsHere: boolean): void {
    this.#quotaOfKeys();
    if (!runsHere) return;
    const { database } = environment;
    this.#alarmsOfApps(environment);
    for (const service of ['web-agent', 'rotator', 'audit-heads', ...(environment.console ? ['console'] : [])])
      this.#alarm(
        `no-${service}`,
        described('now', `No ${service} has run for 3 minutes. Read its log and its deployments; what was in hand is taken up by the next one.`),
        {
          ...{
            namespace: 'ECS/ContainerInsights',
            metricName: 'RunningTaskCount',
            statistic: 'Maximum',
            threshold: 1,
            comparisonOperator: 'LessThanThreshold',
          },
          dimensions: [
            { name: 'ClusterName', value: CLUSTER },
            { name: 'ServiceName', value: service },
          ],
          treatMissingData: 'breaching',
        },
      );
    this.#alarm(
      'safety-net',
      described('today', 'What a schedule runs as a rotator (the safety net, the backup) could not be started. The service may still run: see rcm-no-rotator.'),
      {
        ...{ namespace: 'AWS/Scheduler', metricName: 'TargetErrorCount', threshold: 0, period: 3600, evaluationPeriods: 1 },
        dimensions: [{ name: 'ScheduleGroup', value: 'default' }],
      },
    );
    if (database.kind === 'aurora')
      this.#alarm('database-at-its-limit', described('today', 'The database has used 9 of 10 of its capacity for 15 minutes. Raise database.capacity.max.'), {
        ...{ namespace: 'AWS/RDS', metricName: 'ACUUtilization', statistic: 'Average', threshold: 90, period: 300 },
        dimensions: [{ name: 'DBClusterIdentifier', value: 'rcm' }],
      });
  }

  #quotaOfKeys(): void {
    // "Monitoring KMS keys with CloudWatch", AWS/Usage: every read of a secret uses the key once.
    this.#alarm(
      'kms-quota',
      described(
        'now',
        'More than 8 of 10 uses of keys that the account has a second, for 3 minutes: reads of secrets are refused soon. Ask for a higher quota.',
      ),
      {
        threshold: 80,
        ...{ period: undefined, statistic: undefined },
        metrics: [
          { id: 'share', expression: 'used / SERVICE_QUOTA(used) * 100', label: 'percent of the quota', returnData: true },
          {
            ...{ id: 'used', returnData: false },
            metricStat: {
              ...{ period: 60, stat: 'Sum' },
              metric: {
                ...{ namespace: 'AWS/Usage', metricName: 'CallCount' },
                dimensions: Object.entries({ Service: 'KMS', Type: 'API', Resource: 'CryptographicOperationsSymmetric', Class: 'None' }).map(
                  ([name, value]) => ({ name, value }),
                ),
              },
            },
          },
        ],
      },
    );
  }

  #alarm(name: string, alarmDescription: string, more: AlarmShape): void {
    new cloudwatch.CfnAlarm(this, name, {
      ...{ alarmName: `rcm-${name}`, alarmDescription, alarmActions: [this.#topic.ref], okActions: [this.#topic.ref], treatMissingData: 'notBreaching' },
      ...{ comparisonOperator: 'GreaterThanThreshold', evaluationPeriods: 3, period: 60, statistic: 'Sum' },
      ...more,
    });
  }
}
