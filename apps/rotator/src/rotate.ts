import { randomUUID } from 'node:crypto';
import { type HeldLease, withExclusiveLease } from '@rcm/db/holding';
import { adoptAttempt, getOpenAttempt, JOURNAL_VERSION, planRotation, resumeAttempt, type RotationAttempt } from '@rcm/db/rotation';
import { type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';
import { leaseRequest } from './lease-request.ts';
import { type LoginInHand, loginInHand, readCurrent } from './finding/login-in-hand.ts';
import type { AttemptInHand } from './machine/attempt.ts';
import { journal } from './machine/journal.ts';
import { forgottenCopy } from './machine/restored.ts';
import { runAttempt } from './machine/run-attempt.ts';
import { coolDownAfterRestore, reconcileCurrent, type Reconciled } from './mending/reconcile-current.ts';
import { type NotStarted, notStarted, refusedBy, whyNotStart } from './starting.ts';
import type { Rotator, RequestReason } from './rotator.ts';

export interface RotationRequest {
  readonly orgId: string;
  readonly endpointId: string;
  /** Why, kept in the journal; `recovery` goes on with what is open and begins nothing. */
  readonly reason: RequestReason;
  /**
   * The row in which a person asks for it (`requestRotation`); without one nothing but what is due is begun. The journal takes the reason
   * from that row, and of a rollback the version whose password is chosen again.
   */
  readonly requestId?: string;
  readonly signal: AbortSignal;
}

/** An attempt as far as it came, or why there is none. */
export type RotationReport = { readonly kind: 'attempt'; readonly attempt: RotationAttempt } | NotStarted;

/**
 * Rotates one login: goes on with its open attempt, or plans a new one, under the exclusive lease. What a person asks for is begun once an open attempt of
 * somebody else's has ended, and is put off where it has not. Whatever happens on the way, the journal and the staged copy say how to go on. Errors:
 * `endpoint_unknown`, `secret_missing`, `lease_unavailable`, `lease_lost`, `state_conflict` (somebody else goes on, or has changed the secret), `cancelled`,
 * `database_unavailable`, `store_*`.
 */
export async function rotateLogin(rotator: Rotator, request: RotationRequest): Promise<RotationReport> {
  const endpoint = await migratedEndpoint(rotator.db, request);
  return withExclusiveLease(leaseRequest(rotator, endpoint, request.signal), async (held) => {
    const open = await getOpenAttempt(rotator.db, { orgId: endpoint.orgId, loginIdentity: endpoint.loginIdentity });
    const earlier = open && (await resume(rotator, endpoint, held, open));
    if (earlier && !makesRoomFor(request, earlier)) return answerOf(request, earlier);
    // Read again: while this one waited for its lease, another rotator may have rotated the login.
    const report = await start(rotator, await migratedEndpoint(rotator.db, request), held, request);
    return earlier && report.kind === 'not_started' ? { ...report, reason: `${cameFirst(earlier)} ${report.reason}` } : report;
  });
}

/**
 * Whoever asks for a rotation wants a password that was made after they asked, so only the attempt that was begun for them is their answer: an earlier one may
 * be what put the password there that others know. What is only due, or to be gone on with, is answered by any.
 */
const isAnsweredBy = ({ requestId }: RotationRequest, attempt: RotationAttempt): boolean => requestId === undefined || attempt.requestId === requestId;

/** A rollback was approved for the login as it stood before the other attempt, so it does not follow it. */
const makesRoomFor = (request: RotationRequest, attempt: RotationAttempt): boolean =>
  !isAnsweredBy(request, attempt) && request.reason !== 'rollback' && (attempt.state === 'done' || attempt.state === 'abandoned');

const cameFirst = ({ state, detail }: RotationAttempt): string =>
  `Another rotation of this login comes first (${detail === null || state === 'done' ? state : `${state}: ${detail}`}).`;

function answerOf(request: RotationRequest, attempt: RotationAttempt): RotationReport {
  if (isAnsweredBy(request, attempt)) return { kind: 'attempt', attempt };
  return { ...notStarted('rotation_refused', `${cameFirst(attempt)} The one that was asked for was not begun.`), passes: true };
}

async function start(rotator: Rotator, endpoint: MigratedEndpoint, held: HeldLease, request: RotationRequest): Promise<RotationReport> {
  const { reason } = request;
  // What there was to recover has ended meanwhile.
  if (reason === 'recovery') return notStarted('rotation_refused', 'no attempt of this login is open');
  const whyNot = await whyNotStart(rotator, endpoint, reason);
  if (whyNot) return whyNot;

  const login = loginInHand(rotator, endpoint, held);
  const current = await readCurrent(login);
  const reconciled = await reconcileCurrent(rotator, login, current);
  if (reconciled) return { ...notStarted('rotation_refused', NOT_NOW[reconciled]), passes: true };
  const forgotten = await forgottenCopy(rotator.db, login.store, login.reference, held.signal);
  if (forgotten !== null) await coolDownAfterRestore(rotator, login, current.version);
  const planned = await journal(rotator, 'planned', () =>
    planRotation(rotator.db, {
      attemptId: forgotten ?? randomUUID(),
      leaseId: held.lease.id,
      fence: held.lease.fence,
      endpointId: endpoint.id,
      orgId: endpoint.orgId,
      owner: rotator.owner,
      reason: forgotten === null ? reason : 'restored',
      baseVersion: current.version,
      recipeHash: rotator.drivers.for(endpoint.portalType).hash,
      rules: rotator.rules,
      requestId: request.requestId,
    }),
  );
  // The copy of a forgotten rotation may have been submitted.
  if (planned.created) return answerOf(request, await drive(rotator, login, { attempt: planned.attempt, waited: null, isUnsent: forgotten === null }));
  if (planned.open) return answerOf(request, await resume(rotator, endpoint, held, planned.open));
  if (planned.refusal) {
    const refused = refusedBy(planned.refusal, endpoint.portalTypeCode);
    return forgotten === null ? refused : { ...refused, reason: `${refused.reason} ${COOLS_DOWN}` };
  }
  throw new RcmError('state_conflict', `The secret of endpoint ${endpoint.id} was changed while its rotation was to begin. No rotation was begun.`, {
    details: { endpointId: endpoint.id },
  });
}

const COOLS_DOWN = 'The database was restored to an earlier hour: nobody logs in for one lockout window.';

const NOT_NOW: Readonly<Record<Reconciled, string>> = {
  other_account: 'the secret names another account than the row did; the row follows, and the rotation begins again',
  renamed: 'what counts as one account was defined anew; the row follows, and the rotation begins again',
  account_in_use: 'the secret names another account than the row, and somebody is at one of the two; the row follows later',
  merged: 'the secret had been saved from a copy older than the last rotation; the newer password was put into it, and the rotation begins again',
  restored: 'the database was restored to an earlier hour; the store wins, and nobody logs in for one lockout window',
};

async function resume(rotator: Rotator, endpoint: MigratedEndpoint, held: HeldLease, open: RotationAttempt): Promise<RotationAttempt> {
  const adopted = await journal(rotator, 'adopted', () =>
    adoptAttempt(rotator.db, { attemptId: open.id, orgId: open.orgId, fence: held.lease.fence, owner: rotator.owner }),
  );
  if (!adopted) throw new RcmError('state_conflict', 'Another rotator has taken over this attempt.', { details: { attemptId: open.id } });
  // A journal of another version is left alone: a rotator that knows it goes on.
  if (adopted.state === 'blocked' || adopted.journalVersion !== JOURNAL_VERSION) return adopted;
  const login = loginInHand(rotator, endpoint, held, adopted.secretArn);
  if (adopted.state !== 'waiting') return drive(rotator, login, { attempt: adopted, waited: null, isUnsent: false });
  const resumed = await journal(rotator, 'resumed', () => resumeAttempt(rotator.db, { attemptId: adopted.id, orgId: adopted.orgId, fence: held.lease.fence }));
  if (resumed === null) return adopted;
  return drive(rotator, login, {
    attempt: { ...adopted, state: resumed.state, waitingFrom: null, waitingUntil: null },
    waited: resumed.heldMs,
    isUnsent: false,
  });
}

interface Driven {
  readonly attempt: RotationAttempt;
  /** How long nothing had moved before it was taken up, in ms; `null`: it did not wait. */
  readonly waited: number | null;
  readonly isUnsent: boolean;
}

async function drive(rotator: Rotator, login: LoginInHand, { attempt, waited, isUnsent }: Driven): Promise<RotationAttempt> {
  const inHand: AttemptInHand = {
    services: rotator,
    login,
    attempt,
    // Found in `submitting` without having waited: the process that submitted is gone, the portal may still be at work.
    mayAsk: waited !== null,
    isUnsent,
    hasWaited: waited !== null,
    heldMs: waited ?? 0,
    proven: null,
    editMet: false,
  };
  return runAttempt(inHand);
}
