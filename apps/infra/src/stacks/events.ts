import { GUARDIAN_ROLE, PERSON_ROLES, tenantRoleName } from '@rcm/credentials/policies';
import { aws_events as events, type aws_sns as sns, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { roleArn, topicArn, TRAIL, trailArn } from './names.ts';

/** What is told at once, and in which words. */
export interface ToldEvent {
  readonly name: string;
  readonly title: string;
  /** Names in angle brackets are fields of the event, from `fields`. */
  readonly text: string;
  readonly nextStep: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly pattern: object;
}

const CALL = { 'detail-type': ['AWS API Call via CloudTrail'] };
const WHO = { who: '$.detail.userIdentity.arn', what: '$.detail.eventName', when: '$.time', from: '$.detail.sourceIPAddress' };
const WHO_DID = '<what> by <who> from <from> at <when>.';

/** Sessions of these roles read secrets; nobody else does in ordinary work. */
const readers = (): readonly string[] => (['agent', 'rotator', 'migrator'] as const).map(tenantRoleName);

/** Of a session, the role that it is of; a user of IAM and the root user have none. */
const byIssuer = (rule: string | object) => ({ sessionContext: { sessionIssuer: { userName: [rule] } } });

/**
 * How calls of a store name what lies in the environment: by name, or by ARN. The secrets that processes start with lie elsewhere, and are read at every start. A
 * pattern has 2,048 characters ("EventBridge quotas") for names of any length, so no parameter of a call is compared with what the other store calls its own.
 */
function begin({ partition, account, region, replica, name }: Environment, store: 'ssm' | 'secretsmanager'): { readonly prefix: string }[] {
  const [own, kind] = store === 'ssm' ? [`/rcm/${name}/`, 'parameter/'] : [`rcm/${name}/`, 'secret:'];
  const regions = [...new Set([region, ...(replica ? [replica.region] : [])])];
  return [own, ...regions.map((each) => `arn:${partition}:${store}:${each}:${account}:${kind}rcm/${name}/`)].map((prefix) => ({ prefix }));
}

/** A path names what lies below it, with a slash at its end or without: the environment's own, what is in it, and those above it. A path is no ARN ("GetParametersByPath"). */
const paths = ({ name }: Environment): (string | { readonly prefix: string })[] => [{ prefix: `/rcm/${name}/` }, '/', '/rcm', '/rcm/', `/rcm/${name}`];

/** Whoever came near a key or a secret. */
function eventsOfPeople(environment: Environment): readonly ToldEvent[] {
  const becoming = (role: string) => ({
    ...CALL,
    source: ['aws.sts'],
    detail: { eventName: ['AssumeRole'], requestParameters: { roleArn: [roleArn(environment, role)] } },
  });
  const parameter = begin(environment, 'ssm');
  return [
    {
      ...{ name: 'rcm-break-glass', title: 'Somebody became the break-glass role', text: WHO_DID, fields: WHO, pattern: becoming(PERSON_ROLES.breakGlass) },
      nextStep: 'Ask whoever it is why, now. If nobody says so: take the session away and treat every secret of the environment as read.',
    },
    {
      ...{ name: 'rcm-guardian', title: 'Somebody became the guardian, who deletes, or acts as it', text: WHO_DID, fields: WHO },
      pattern: {
        ...CALL,
        source: ['aws.sts', 'aws.ssm', 'aws.secretsmanager', 'aws.kms'],
        // Becoming it is an event of the region whose endpoint was asked, and may be told nowhere; what is done lies here. Of break-glass that is `rcm-read-outside`.
        detail: { $or: [becoming(GUARDIAN_ROLE).detail, { userIdentity: byIssuer(GUARDIAN_ROLE) }] },
      },
      nextStep: 'Ask whoever it is what is to be deleted, and why. A deleted secret of Secrets Manager can be given back for days, a parameter cannot.',
    },
    {
      ...{ name: 'rcm-key-in-danger', title: 'A key was disabled, given away or is to be deleted', text: WHO_DID, fields: WHO },
      pattern: {
        ...CALL,
        source: ['aws.kms'],
        detail: {
          userIdentity: { type: [{ 'anything-but': ['AWSService'] }] },
          // Services take grants for people as they work. What else they do for somebody, as CloudFormation does, is that person's act ("invokedBy", CloudTrail).
          $or: [
            { eventName: ['DisableKey', 'PutKeyPolicy', 'ScheduleKeyDeletion'] },
            { eventName: ['CreateGrant'], userIdentity: { invokedBy: [{ exists: false }] } },
          ],
        },
      },
      nextStep: 'If it was not meant: kms:CancelKeyDeletion, kms:EnableKey. Without its key no secret opens.',
    },
    {
      ...{ name: 'rcm-read-outside', title: 'A secret was read outside of the platform', text: WHO_DID, fields: WHO },
      pattern: {
        ...CALL,
        source: ['aws.ssm', 'aws.secretsmanager'],
        detail: {
          eventName: ['GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory', 'GetSecretValue', 'BatchGetSecretValue'],
          userIdentity: { $or: [byIssuer({ 'anything-but': readers() }), byIssuer({ exists: false })] },
          $or: [
            { requestParameters: { name: parameter } },
            { requestParameters: { names: parameter } },
            { requestParameters: { path: paths(environment) } },
            { requestParameters: { secretId: begin(environment, 'secretsmanager') } },
          ],
        },
      },
      nextStep: 'Find out who it is by the name of the session. If nobody says so: rotate the login (rcm login rotate ID --kind compromise).',
    },
  ];
}

/** Whoever ends what is told here: from then on a read is told to nobody. AWS Config looks at the trail once a day, and at rules and topic never. */
function eventsOfWatch(environment: Environment): ToldEvent {
  const trail = [TRAIL, trailArn(environment)];
  const rule = [{ prefix: 'rcm-' }];
  return {
    ...{ name: 'rcm-watch-ended', title: 'The trail, or what tells of it, was stopped or changed', text: WHO_DID, fields: WHO },
    pattern: {
      ...CALL,
      source: ['aws.cloudtrail', 'aws.events', 'aws.sns', 'aws.monitoring'],
      detail: {
        $or: [
          { eventName: ['StopLogging', 'DeleteTrail', 'UpdateTrail'], requestParameters: { name: trail } },
          { eventName: ['PutEventSelectors'], requestParameters: { trailName: trail } },
          // A rule that is written anew may be switched off by that, or look for what never comes; its targets and the topic may be somebody else's.
          { eventName: ['DisableRule', 'DeleteRule', 'PutRule'], requestParameters: { name: rule } },
          { eventName: ['RemoveTargets', 'PutTargets'], requestParameters: { rule } },
          { eventName: ['DeleteTopic', 'SetTopicAttributes'], requestParameters: { topicArn: [topicArn(environment)] } },
          // Whoever is woken is a subscription, and what it lets through is said of it.
          { eventName: ['Unsubscribe', 'SetSubscriptionAttributes'], requestParameters: { subscriptionArn: [{ prefix: `${topicArn(environment)}:` }] } },
          { eventName: ['DeleteAlarms', 'DisableAlarmActions'], requestParameters: { alarmNames: rule } },
          // An alarm that is written anew may look for what never comes. A deployment writes some forty of them at once, and nobody would read that.
          { eventName: ['PutMetricAlarm'], requestParameters: { alarmName: rule }, userIdentity: { invokedBy: [{ exists: false }] } },
        ],
      },
    },
    nextStep: 'If it was no deployment: start it again (aws cloudtrail start-logging), and treat what was read since then as read by nobody knows whom.',
  };
}

/** What is not as it was deployed. */
const EVENTS_OF_RESOURCES: readonly ToldEvent[] = [
  {
    ...{
      name: 'rcm-deployment-failed',
      title: 'A deployment did not come up and was taken back',
      text: '<service>: <reason>',
      fields: { service: '$.resources[0]', reason: '$.detail.reason' },
    },
    pattern: { source: ['aws.ecs'], 'detail-type': ['ECS Deployment State Change'], detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED'] } },
    nextStep: 'The version before runs on. Read the log of the tasks that stopped.',
  },
  {
    ...{
      name: 'rcm-not-as-deployed',
      title: 'A resource is not as a rule of AWS Config wants it',
      text: '<rule>: <resource>',
      fields: { rule: '$.detail.configRuleName', resource: '$.detail.resourceId' },
    },
    pattern: {
      ...{ source: ['aws.config'], 'detail-type': ['Config Rules Compliance Change'] },
      detail: { configRuleName: [{ prefix: 'rcm-' }], newEvaluationResult: { complianceType: ['NON_COMPLIANT'] } },
    },
    nextStep: 'See what was changed and by whom (CloudTrail); put it back by a change set that reverts drift (docs/runbooks/stack-changed.md).',
  },
];

export const toldEvents = (environment: Environment): readonly ToldEvent[] => [
  ...eventsOfPeople(environment),
  eventsOfWatch(environment),
  ...EVENTS_OF_RESOURCES,
];

/** As AWS's chat application takes it; quotes stay around each field, which EventBridge puts in as text. */
const chatMessage = ({ title, text, nextStep, name }: ToldEvent): string =>
  JSON.stringify({
    ...{ version: '1.0', source: 'custom', content: { textType: 'client-markdown', title, description: text, nextSteps: [nextStep], keywords: [name] } },
    metadata: { threadId: name, summary: title, eventType: name },
  });

/** One rule for each. Calls that only look are no events to EventBridge unless a rule asks for all of them. */
export function tellEvents(stack: Stack, environment: Environment, topic: sns.CfnTopic): void {
  for (const event of toldEvents(environment))
    new events.CfnRule(stack, event.name, {
      ...{ name: event.name, description: event.title, eventPattern: event.pattern, state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' },
      targets: [{ id: 'topic', arn: topic.ref, inputTransformer: { inputPathsMap: event.fields, inputTemplate: chatMessage(event) } }],
    });
}
