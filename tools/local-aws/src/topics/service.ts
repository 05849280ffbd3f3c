import type { Service } from '../operation.ts';
import { createTopic, listSubscriptionsByTopic, listTopics, publish, subscribe } from './operations.ts';

/** Simple Notification Service: topics that take messages and deliver nothing. */
export const notifications: Service = {
  name: 'sns',
  protocol: 'query',
  wireName: 'http://sns.amazonaws.com/doc/2010-03-31/',
  validationCode: 'InvalidParameter',
  internalErrorCode: 'InternalError',
  operations: { CreateTopic: createTopic, ListTopics: listTopics, Subscribe: subscribe, ListSubscriptionsByTopic: listSubscriptionsByTopic, Publish: publish },
};
