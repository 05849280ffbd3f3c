import { expect, it } from 'vitest';
import { fits } from './event-pattern.fixture.ts';
import { toldEvents } from './events.ts';
import { exampleEnvironments } from './synthesised.fixture.ts';

const PROD = exampleEnvironments().find(({ name }) => name === 'prod')!;

it.each<[string, boolean, string, object]>([
  ['somebody stops the trail', true, 'StopLogging', { name: 'arn:aws:cloudtrail:us-east-1:222222222222:trail/rcm-trail' }],
  ['somebody deletes it by its name', true, 'DeleteTrail', { name: 'rcm-trail' }],
  ['somebody has it leave reads out', true, 'PutEventSelectors', { trailName: 'rcm-trail', advancedEventSelectors: [] }],
  ['somebody switches a rule off', true, 'DisableRule', { name: 'rcm-read-outside' }],
  ['somebody takes a rule’s topic away', true, 'RemoveTargets', { rule: 'rcm-read-outside', ids: ['topic'] }],
  ['somebody deletes the topic', true, 'DeleteTopic', { topicArn: 'arn:aws:sns:us-east-1:222222222222:rcm-notices' }],
  ['somebody writes a rule anew, switched off', true, 'PutRule', { name: 'rcm-read-outside', state: 'DISABLED' }],
  ['somebody has a rule look for something else', true, 'PutRule', { name: 'rcm-read-outside', eventPattern: '{"source":["aws.nothing"]}' }],
  ['somebody has a rule tell another', true, 'PutTargets', { rule: 'rcm-read-outside', targets: [{ id: 'topic', arn: 'theirs' }] }],
  ['somebody shuts the topic', true, 'SetTopicAttributes', { topicArn: 'arn:aws:sns:us-east-1:222222222222:rcm-notices', attributeName: 'Policy' }],
  ['somebody writes another rule', false, 'PutRule', { name: 'theirs' }],
  ['somebody unsubscribes whom it wakes', true, 'Unsubscribe', { subscriptionArn: 'arn:aws:sns:us-east-1:222222222222:rcm-notices:0d3a' }],
  [
    'somebody lets nothing through to them',
    true,
    'SetSubscriptionAttributes',
    { subscriptionArn: 'arn:aws:sns:us-east-1:222222222222:rcm-notices:0d3a', attributeName: 'FilterPolicy' },
  ],
  ['somebody deletes an alarm', true, 'DeleteAlarms', { alarmNames: ['theirs', 'rcm-no-rotator'] }],
  ['somebody has an alarm tell nobody', true, 'DisableAlarmActions', { alarmNames: ['rcm-no-rotator'] }],
  ['somebody has an alarm look for what never comes', true, 'PutMetricAlarm', { alarmName: 'rcm-no-rotator', threshold: -1 }],
  ['somebody writes an alarm of their own', false, 'PutMetricAlarm', { alarmName: 'theirs' }],
  ['somebody deletes an alarm of their own', false, 'DeleteAlarms', { alarmNames: ['theirs'] }],
  ['somebody unsubscribes from another topic', false, 'Unsubscribe', { subscriptionArn: 'arn:aws:sns:us-east-1:222222222222:theirs:0d3a' }],
  ['somebody stops another trail', false, 'StopLogging', { name: 'theirs' }],
  ['somebody switches another rule off', false, 'DisableRule', { name: 'theirs' }],
  ['somebody starts the trail', false, 'StartLogging', { name: 'rcm-trail' }],
])('%s: told as the end of the watch is %s', (_, isTold, eventName, requestParameters) => {
  const pattern = toldEvents(PROD).find(({ name }) => name === 'rcm-watch-ended')?.pattern ?? expect.unreachable();
  const source = /Trail|Logging|Selectors/.test(eventName)
    ? 'aws.cloudtrail'
    : /Topic|[sS]ubscri/.test(eventName)
      ? 'aws.sns'
      : eventName.includes('Alarm')
        ? 'aws.monitoring'
        : 'aws.events';
  expect(fits(pattern, { source, 'detail-type': 'AWS API Call via CloudTrail', detail: { eventName, requestParameters } })).toBe(isTold);
});

it('does not tell of the alarms that a deployment writes, some forty at once', () => {
  const pattern = toldEvents(PROD).find(({ name }) => name === 'rcm-watch-ended')?.pattern ?? expect.unreachable();
  const written = { eventName: 'PutMetricAlarm', requestParameters: { alarmName: 'rcm-no-rotator' } };
  const by = (userIdentity: object) =>
    fits(pattern, { source: 'aws.monitoring', 'detail-type': 'AWS API Call via CloudTrail', detail: { ...written, userIdentity } });
  expect([by({ invokedBy: 'cloudformation.amazonaws.com' }), by({ type: 'AssumedRole' })]).toEqual([false, true]);
});
