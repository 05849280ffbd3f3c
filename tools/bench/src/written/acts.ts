import { randomUUID } from 'node:crypto';
import { type Database, getEndpoint, recordAuditEvent } from '@rcm/db';
import { acquireExclusiveLease, acquireSharedLease, releaseLease } from '@rcm/db/leases';
import { beginLoginAttempt, checkLoginAttempt, finishLoginAttempt, recordKeptSession } from '@rcm/db/ledger';
import { advanceAttempt, finishAttempt, planRotation, promoteAttempt } from '@rcm/db/rotation';
import { claimNextPortalTask, createPortalTask, finishPortalTask } from '@rcm/db/tasks';

/** What does the work, each with the rights of its app. */
export interface Hands {
  readonly agent: Database;
  readonly rotator: Database;
}

export interface Account {
  readonly orgId: string;
  readonly endpointId: string;
  readonly loginIdentity: string;
}

/** Says which step begins, so that what is written can be told apart by steps. */
type Step = (name: string) => Promise<void>;

export type Act = (hands: Hands, account: Account, step: Step) => Promise<void>;

const TTL_MS = 60_000;
const requester = { kind: 'token', subject: 'claims-service', issuer: 'https://identity.example/' } as const;
const printOf = (loginIdentity: string): readonly string[] => [`1:${loginIdentity}`];

type Taken = Account & { readonly taskId: string; readonly leaseId: string };

/** A task from its request to its end, as a web-agent does it; `use` is what is done with the account meanwhile. */
async function task({ agent }: Hands, account: Account, step: Step, use: (taken: Taken) => Promise<void>): Promise<void> {
  await step('asked for');
  await createPortalTask(agent, { ...account, name: 'claim_status', input: { claim_number: 'CLM-1001' }, requester });
  await step('taken');
  const worker = `web-agent@host-1:${process.pid}`;
  const taken = await claimNextPortalTask(agent, { worker, ttlMs: TTL_MS });
  if (taken?.endpointId !== account.endpointId) throw new Error('Another task was in turn.');
  await getEndpoint(agent, account);
  await step('lease');
  const answer = await acquireSharedLease(agent, { ...account, holder: worker, ttlMs: TTL_MS });
  if (!answer.granted) throw new Error(answer.reason);
  await use({ ...account, taskId: taken.id, leaseId: answer.lease.id });
  await step('lease given back');
  await releaseLease(agent, { ...account, leaseId: answer.lease.id });
  await step('ended');
  await finishPortalTask(agent, { ...account, taskId: taken.id, worker, result: { status: 'paid', claim_number: 'CLM-1001', paid: '120.00' } });
}

const signsIn: Act = (hands, account, step) =>
  task(hands, account, step, async (taken) => {
    await step('login');
    await login(hands.agent, { ...taken, actor: 'agent', version: '2' }, step);
  });

async function login(
  db: Database,
  use: Account & { readonly leaseId: string; readonly actor: 'agent' | 'rotator'; readonly version: string; readonly rotationAttemptId?: string },
  step: Step,
): Promise<void> {
  const question = { ...use, fingerprints: printOf(use.loginIdentity) };
  await checkLoginAttempt(db, question);
  const begun = await beginLoginAttempt(db, question);
  if (!begun.allowed) throw new Error(begun.reason);
  await step('login’s outcome');
  await finishLoginAttempt(db, { orgId: use.orgId, loginAttemptId: begun.loginAttemptId, outcome: 'accepted', effect: 'none', proved: true });
}

const session: Act = (hands, account, step) =>
  task(hands, account, step, async (taken) => {
    await step('session’s use');
    await recordKeptSession(hands.agent, { ...taken, version: '2', loginAttemptId: randomUUID() });
  });

/** What a rotation writes when nothing goes wrong: its journal, two logins, the events of what it reads and stores. */
const rotation: Act = async ({ rotator }, account, step) => {
  const [attemptId, owner] = [randomUUID(), `rotator@host-1:${process.pid}`];
  await step('lease');
  const answer = await acquireExclusiveLease(rotator, { ...account, holder: owner, ttlMs: TTL_MS, wantMs: 5_000 });
  if (!answer.granted) throw new Error(answer.reason);
  const { id: leaseId, fence, currentVersion } = answer.lease;
  const base = currentVersion ?? '';
  const event = (action: string) =>
    recordAuditEvent(rotator, { ...account, actor: owner, action, subject: account.endpointId, reason: 'a rotation', details: { attemptId } });
  await step('planned');
  const plan = await planRotation(rotator, { ...account, attemptId, leaseId, fence, owner, reason: 'due', baseVersion: base, recipeHash: 'h'.repeat(64) });
  if (!plan.created) throw new Error('not planned');
  await event('credential.read');
  await event('credential.staged');
  const advance = async (from: 'planned' | 'staged' | 'submitting' | 'applied', to: 'staged' | 'submitting' | 'applied' | 'verified') => {
    await step(to);
    const set = to === 'submitting' ? { submitDeadlineMs: 1_000 } : {};
    if (!(await advanceAttempt(rotator, { ...account, attemptId, fence, from, to, set }))) throw new Error(`not ${to}`);
  };
  const use = { ...account, leaseId, actor: 'rotator', rotationAttemptId: attemptId } as const;
  await advance('planned', 'staged');
  await step('login');
  await login(rotator, { ...use, version: base }, step);
  await advance('staged', 'submitting');
  await advance('submitting', 'applied');
  await step('login');
  await login(rotator, { ...use, version: `staged:${attemptId}` }, step);
  await advance('applied', 'verified');
  await step('promoted');
  await event('credential.promoted');
  await promoteAttempt(rotator, { ...account, attemptId, fence, promotedVersion: `${Number(base) + 1}`, previousVersion: base });
  await step('done');
  await finishAttempt(rotator, { ...account, attemptId, fence, from: 'promoted', end: 'done' });
  await step('lease given back');
  await releaseLease(rotator, { ...account, leaseId });
};

export const ACTS = { 'a task that signs in': signsIn, 'a task of a session': session, 'a rotation': rotation } as const satisfies Readonly<
  Record<string, Act>
>;
