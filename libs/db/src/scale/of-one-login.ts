import { randomUUID } from 'node:crypto';
import { askForCode, endCodeTurn, takeCode, takeCodeTurn } from '../codes/ask.ts';
import type { Database } from '../database.ts';
import { getEndpoint } from '../endpoints/read.ts';
import { showTask } from '../fleet/show-task.ts';
import { mayRemoveCopy } from '../journal/copies.ts';
import { knownVersions } from '../journal/known-versions.ts';
import { findOpenRotation, getOpenAttempt } from '../journal/open.ts';
import { outrunCopy, promotedSince } from '../journal/outrun-copy.ts';
import { wasReplaced } from '../journal/replaced-version.ts';
import { acquireExclusiveLease, acquireSharedLease } from '../leases/acquire.ts';
import { findExclusiveLease, releaseLease, renewLease } from '../leases/upkeep.ts';
import { beginLoginAttempt, checkLoginAttempt, finishLoginAttempt } from '../ledger/attempt.ts';
import { spendBackupCode } from '../ledger/backup-code.ts';
import { remainingBudget } from '../ledger/budget.ts';
import { acceptedAnother } from '../ledger/accepted-since.ts';
import { changeWasRefused, passwordTries } from '../ledger/password.ts';
import { passwordState } from '../ledger/password-state.ts';
import { claimPortalTask, finishPortalTask } from '../tasks/claim.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { reserveTotpStep } from '../totp.ts';
import { LATELY_MS, ONE } from './fleet.ts';
import { asks, inTurn, type Operation } from './operation.ts';

const prints = [`1:${ONE.loginIdentity}`];
const hundred = Array.from({ length: 100 }, (_, code) => [`1:${`${code}`.padStart(64, '0')}`]);
const health = { portalTypeCode: ONE.portalTypeCode, rules: { windowMs: LATELY_MS, suspects: 3 } };
const requester = { kind: 'token', subject: 'claims', issuer: 'https://identity.example/' } as const;

async function withLease(db: Database, act: (leaseId: string) => Promise<void>): Promise<void> {
  const answer = await acquireSharedLease(db, { ...ONE, holder: 'agent', ttlMs: 60_000 });
  if (!answer.granted) throw new Error(answer.reason);
  await act(answer.lease.id);
  await releaseLease(db, { ...ONE, leaseId: answer.lease.id });
}

async function login(db: Database): Promise<void> {
  await withLease(db, async (leaseId) => {
    const ask = { ...ONE, leaseId, actor: 'agent', version: '2', fingerprints: prints } as const;
    await checkLoginAttempt(db, ask);
    await reserveTotpStep(db, { ...ONE, periodSeconds: 30, skew: 1 });
    const begun = await beginLoginAttempt(db, ask);
    if (!begun.allowed) throw new Error(begun.reason);
    await passwordState(db, { ...ONE, ...health, fingerprints: prints, version: '2', propagationDelayMs: 1000 });
    await finishLoginAttempt(db, { ...ONE, loginAttemptId: begun.loginAttemptId, outcome: 'accepted', effect: 'none' });
  });
}

async function code(db: Database, leaseId: string): Promise<void> {
  const turn = await takeCodeTurn(db, { ...ONE, leaseId, publicKey: Buffer.alloc(294), forMs: 60_000 });
  if (!turn) throw new Error('another login waits');
  await askForCode(db, turn, 60_000);
  await takeCode(db, turn);
  await endCodeTurn(db, turn);
}

async function task(db: Database): Promise<void> {
  const { taskId } = await createPortalTask(db, { ...ONE, name: 'claim_status', input: {}, requester });
  await claimPortalTask(db, { ...ONE, taskId, worker: 'agent', ttlMs: 60_000 });
  await finishPortalTask(db, { ...ONE, taskId, worker: 'agent', result: {} });
}

/** What is done with one login, all day: it must not cost more where there are more of them. */
export const ofOneLogin: readonly Operation[] = [
  asks('rcm_agent', getEndpoint, [ONE]),
  inTurn({
    name: 'a shared lease, longer, and back',
    as: 'rcm_agent',
    calls: [acquireSharedLease, renewLease, releaseLease],
    run: (db) => withLease(db, async (leaseId) => void (await renewLease(db, { ...ONE, leaseId, ttlMs: 60_000 }))),
  }),
  inTurn({
    name: 'an exclusive lease, and back',
    as: 'rcm_rotator',
    calls: [acquireExclusiveLease],
    async run(db) {
      const answer = await acquireExclusiveLease(db, { ...ONE, holder: 'rotator', ttlMs: 60_000, wantMs: 0 });
      if (answer.granted) await releaseLease(db, { ...ONE, leaseId: answer.lease.id });
    },
  }),
  inTurn({
    name: 'a login, from the first question to its outcome',
    as: 'rcm_agent',
    calls: [checkLoginAttempt, reserveTotpStep, beginLoginAttempt, passwordState, finishLoginAttempt],
    run: login,
  }),
  inTurn({
    name: 'one of a hundred backup codes',
    as: 'rcm_agent',
    calls: [spendBackupCode],
    run: (db) => withLease(db, async (leaseId) => void (await spendBackupCode(db, { ...ONE, leaseId, codes: hundred }))),
  }),
  inTurn({
    name: 'a code, asked of a person and waited for',
    as: 'rcm_agent',
    calls: [takeCodeTurn, askForCode, takeCode, endCodeTurn],
    run: (db) => withLease(db, (leaseId) => code(db, leaseId)),
  }),
  inTurn({
    name: 'a task, asked for, taken and done',
    as: 'rcm_agent',
    calls: [createPortalTask, claimPortalTask, finishPortalTask],
    run: task,
    most: 5_000,
  }),
  asks('rcm_migrator', findExclusiveLease, [ONE]),
  asks('rcm_agent', remainingBudget, [ONE]),
  asks('rcm_rotator', passwordTries, [{ ...ONE, fingerprints: prints, since: new Date(0) }]),
  asks('rcm_rotator', changeWasRefused, [{ ...ONE, rotationAttemptId: randomUUID(), fingerprints: prints }]),
  asks('rcm_rotator', acceptedAnother, [{ ...ONE, fingerprints: prints, since: new Date(0) }]),
  // Its ledger has what was measured before, at this size and at those below.
  asks('rcm_rotator', knownVersions, [{ ...ONE, limit: 5 }], { most: 1_500 }),
  asks('rcm_agent', outrunCopy, [{ ...ONE, attemptId: randomUUID() }]),
  asks('rcm_rotator', promotedSince, [{ ...ONE, since: new Date(0) }]),
  asks('rcm_agent', wasReplaced, [{ ...ONE, current: '2', read: '1', madeBy: null }]),
  asks('rcm_rotator', mayRemoveCopy, [{ ...ONE, attemptId: randomUUID(), currentVersion: '2' }]),
  asks('rcm_rotator', getOpenAttempt, [ONE]),
  asks('rcm_rotator', findOpenRotation, [ONE]),
  asks('rcm_operator', showTask, [randomUUID()]),
];
