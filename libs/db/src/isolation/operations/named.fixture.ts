import { randomUUID } from 'node:crypto';
import { askForCode, takeCodeTurn } from '../../codes/ask.ts';
import { beginLoginAttempt } from '../../ledger/attempt.ts';
import { claimPortalTask } from '../../tasks/claim.ts';
import { createPortalTask } from '../../tasks/queue.ts';
import { identityOf, makeEndpoint, plannedAttempt, printOf, REQUESTER, secretOf, type TestDatabase, type TestEndpoint } from '../../testing.fixture.ts';

/** Everything that an operation can name. */
export interface Named extends TestEndpoint {
  readonly leaseId: string;
  readonly fence: bigint;
  readonly attemptId: string;
  readonly loginAttemptId: string;
  readonly taskId: string;
  readonly codeRequestId: string;
}

/** By name; each as the app asks it whose it is. */
export type Operations = Readonly<Record<string, (t: TestDatabase, n: Named) => Promise<unknown>>>;

/** What each of them tries, where it needs a password. */
export const PRINTS = [printOf('right')];

/** A tenant whose login is in use, was tried, is being rotated and has a task in hand. */
export async function busyTenant(t: TestDatabase): Promise<Named> {
  const endpoint = await makeEndpoint(t.db);
  const planned = await plannedAttempt(t.rotator, endpoint);
  const begun = await beginLoginAttempt(t.rotator, { ...endpoint, leaseId: planned.leaseId, actor: 'rotator', version: '1', fingerprints: PRINTS });
  if (!begun.allowed) throw new Error(begun.reason);
  const { taskId } = await createPortalTask(t.agent, { ...endpoint, name: 'claim_status', input: {}, requester: REQUESTER });
  await claimPortalTask(t.agent, { ...endpoint, taskId, worker: 'w', ttlMs: 60_000 });
  await t.sql(`INSERT INTO task_callback (task_id, org_id, name, ended_at) VALUES ($1, $2, 'claims', now())`, [taskId, endpoint.orgId]);
  const turn = await takeCodeTurn(t.rotator, {
    ...endpoint,
    leaseId: planned.leaseId,
    publicKey: Buffer.alloc(294),
    forMs: 600_000,
    inboxes: [printOf(endpoint.endpointId)],
  });
  if (turn) await askForCode(t.rotator, turn, 600_000);
  return { ...endpoint, ...planned, loginAttemptId: begun.loginAttemptId, taskId, codeRequestId: turn?.requestId ?? '' };
}

/** Names of the same shape that nothing has. */
export const nobodys = (): Named => {
  const id = `none-${randomUUID()}`;
  const [leaseId, attemptId, loginAttemptId, taskId, codeRequestId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  return {
    endpointId: id,
    orgId: id,
    loginIdentity: identityOf(id),
    secretArn: secretOf(id, id),
    fence: 1n,
    leaseId,
    attemptId,
    loginAttemptId,
    taskId,
    codeRequestId,
  };
};
