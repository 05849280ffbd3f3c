import { randomUUID } from 'node:crypto';
import { advanceAttempt, blockAttempt, resumeAttempt, waitAttempt } from '../../journal/advance.ts';
import { listCopiesElsewhere, mayRemoveCopy, noteCopyBack, noteCopyRemoved } from '../../journal/copies.ts';
import { finishAttempt, promoteAttempt } from '../../journal/ends.ts';
import { knownVersions } from '../../journal/known-versions.ts';
import { knowsRotation } from '../../journal/knows.ts';
import { answerRequest, noteLookedAt } from '../../journal/left-requests.ts';
import { endLongWait } from '../../journal/long-waits.ts';
import { beginLook } from '../../journal/looks.ts';
import { adoptAttempt, findOpenRotation, getOpenAttempt, planRotation } from '../../journal/open.ts';
import { outrunCopy, promotedSince } from '../../journal/outrun-copy.ts';
import { wasReplaced } from '../../journal/replaced-version.ts';
import { requestRotation } from '../../journal/request.ts';
import { announceSuccessor, resolveAsFound, resolveAsUnchanged, resolveBySuccessor, rotationTo } from '../../journal/resolve.ts';
import type { Operations } from './named.fixture.ts';

/** Operations on the journal of rotations. */
export const ROTATIONS: Operations = {
  knownVersions: (t, n) => knownVersions(t.rotator, { ...n, limit: 10 }),
  outrunCopy: (t, n) => outrunCopy(t.agent, n),
  promotedSince: (t, n) => promotedSince(t.rotator, { ...n, since: new Date(0) }),
  wasReplaced: (t, n) => wasReplaced(t.agent, { ...n, current: '2', read: '1', madeBy: null }),
  listCopiesElsewhere: (t, n) => listCopiesElsewhere(t.rotator, { ...n, secretArn: 'arn:of:another', limit: 10 }),
  mayRemoveCopy: (t, n) => mayRemoveCopy(t.rotator, { ...n, currentVersion: '1' }),
  planRotation: (t, n) => planRotation(t.rotator, { ...n, attemptId: randomUUID(), owner: 'o', reason: 'due', baseVersion: '1', recipeHash: 'h' }),
  requestRotation: (t, n) => requestRotation(t.rotator, { ...n, kind: 'compromise', actor: 'a', reason: 'r' }),
  answerRequest: (t, n) => answerRequest(t.rotator, { ...n, requestId: randomUUID(), answer: 'done' }),
  noteLookedAt: (t, n) => noteLookedAt(t.rotator, { ...n, requestId: randomUUID(), pauseMs: 0 }),
  getOpenAttempt: (t, n) => getOpenAttempt(t.rotator, n),
  findOpenRotation: (t, n) => findOpenRotation(t.rotator, n),
  adoptAttempt: (t, n) => adoptAttempt(t.rotator, { ...n, owner: 'rotator' }),
  advanceAttempt: (t, n) => advanceAttempt(t.rotator, { ...n, from: 'planned', to: 'staged' }),
  waitAttempt: (t, n) => waitAttempt(t.rotator, { ...n, from: 'planned', untilMs: 1, detail: 'x' }),
  resumeAttempt: (t, n) => resumeAttempt(t.rotator, n),
  blockAttempt: (t, n) => blockAttempt(t.rotator, { ...n, from: 'planned', detail: 'x' }),
  promoteAttempt: (t, n) => promoteAttempt(t.rotator, { ...n, promotedVersion: '2', previousVersion: '1' }),
  finishAttempt: (t, n) => finishAttempt(t.rotator, { ...n, from: 'planned', end: 'abandoned' }),
  rotationTo: (t, n) => rotationTo(t.rotator, { ...n, version: '1' }),
  beginLook: (t, n) => beginLook(t.rotator, n),
  endLongWait: (t, n) => endLongWait(t.rotator, n),
  resolveAsFound: (t, n) => resolveAsFound(t.rotator, { ...n, detail: 'x', found: 'staged' }),
  resolveAsUnchanged: (t, n) => resolveAsUnchanged(t.rotator, { ...n, detail: 'x', dueAgainMs: 1000 }),
  announceSuccessor: (t, n) => announceSuccessor(t.rotator, { ...n, detail: 'x', successor: { attemptId: randomUUID(), baseVersion: '1' } }),
  resolveBySuccessor: (t, n) => resolveBySuccessor(t.rotator, { ...n, detail: 'x', successorId: n.attemptId }),
  knowsRotation: (t, n) => knowsRotation(t.agent, n),
  noteCopyRemoved: (t, n) => noteCopyRemoved(t.rotator, n),
  noteCopyBack: (t, n) => noteCopyBack(t.rotator, n),
};
