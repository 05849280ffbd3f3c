import { endCallbackTry } from '../../callbacks/outbox.ts';
import { claimPortalTask, finishPortalTask, getPortalTask, renewTaskClaim } from '../../tasks/claim.ts';
import { createPortalTask, requeuePortalTask } from '../../tasks/queue.ts';
import { readPortalTask } from '../../tasks/read.ts';
import { REQUESTER } from '../../testing.fixture.ts';
import type { Operations } from './named.fixture.ts';

/** Operations on tasks and on those that are called back. */
export const TASKS: Operations = {
  createPortalTask: (t, n) => createPortalTask(t.agent, { ...n, name: 'n', input: {}, requester: REQUESTER }),
  claimPortalTask: (t, n) => claimPortalTask(t.agent, { ...n, worker: 'w', ttlMs: 1000 }),
  renewTaskClaim: (t, n) => renewTaskClaim(t.agent, { ...n, worker: 'w', ttlMs: 1000 }),
  requeuePortalTask: (t, n) => requeuePortalTask(t.agent, { ...n, worker: 'w', delayMs: 0, reason: 'r', countsAsTry: false }),
  finishPortalTask: (t, n) => finishPortalTask(t.agent, { ...n, worker: 'w', result: {} }),
  readPortalTask: (t, n) => readPortalTask(t.agent, { ...n, reader: REQUESTER }),
  getPortalTask: (t, n) => getPortalTask(t.agent, n),
  endCallbackTry: (t, n) => endCallbackTry(t.agent, { ...n, tries: 0, taken: true }),
  'endCallbackTry of one that failed': (t, n) => endCallbackTry(t.agent, { ...n, tries: 0, failure: 'refused 404', retryMs: null }),
};
