import type { CredentialPayload, IdentityKeys } from '@rcm/credentials';
import type { Database, EndpointRow } from '@rcm/db';
import { beginLoginAttempt, finishLoginAttempt } from '@rcm/db/ledger';
import type { ConfirmEnd, ConfirmGuard, ConfirmResult } from '@rcm/portal-drivers';
import { type Logger, RcmError, type Secret } from '@rcm/telemetry';
import { accountOf } from './account.ts';
import type { NotAccepted } from './login-request.ts';

export interface GuardedConfirmRequest {
  readonly db: Database;
  readonly logger: Logger;
  readonly endpoint: EndpointRow;
  readonly leaseId: string;
  readonly payload: Secret<CredentialPayload>;
  /** The store's version of the current password: what the ledger remembers instead of it. */
  readonly version: string;
  readonly rotationAttemptId: string;
  readonly keys: IdentityKeys;
  /** Throws where the caller may not act any more. */
  readonly assertHeld: () => void;
}

/** What became of the page that asks for the current password before a change. */
export interface GuardedConfirm extends ConfirmGuard {
  /** Why the ledger did not let it be typed; `null`: it did, or was not asked. */
  refusal(): Extract<NotAccepted, { kind: 'not_allowed' }> | null;
  /** `null`: the page did not ask, or its end was never told. */
  ended(): ConfirmEnd['kind'] | null;
}

/**
 * The ledger before the current password on a page of its own: a portal that counts a wrong one towards its lock counts it like a login, so the row is
 * committed before it leaves the browser, and counts as a failure until its end is written. `before` fails with `login_not_allowed`, `database_unavailable`, and
 * with what `assertHeld` throws; then nothing is sent.
 */
export function guardedConfirm(request: GuardedConfirmRequest): GuardedConfirm {
  let attemptId: string | null = null;
  let refusal: ReturnType<GuardedConfirm['refusal']> = null;
  let ended: ConfirmEnd['kind'] | null = null;
  return {
    async before({ counts }) {
      if (counts) {
        const answer = await beginLoginAttempt(request.db, question(request));
        if (!answer.allowed) {
          refusal = { kind: 'not_allowed', reason: answer.reason, until: answer.until };
          throw new RcmError('login_not_allowed', `The current password may not be typed now (${answer.reason}); nothing was sent to the portal.`);
        }
        attemptId = answer.loginAttemptId;
      }
      try {
        // The ledger may have been slow, or this process stopped: from here on somebody else may hold the login.
        request.assertHeld();
      } catch (error) {
        await conclude(request, attemptId, { end: { kind: 'unknown' }, submitted: false });
        throw error;
      }
    },
    async after(result) {
      ended = result.end.kind;
      await conclude(request, attemptId, result);
    },
    refusal: () => refusal,
    ended: () => ended,
  };
}

function question({ endpoint, payload, keys, leaseId, version, rotationAttemptId }: GuardedConfirmRequest) {
  const { fingerprints } = accountOf(keys, endpoint, payload);
  return { leaseId, endpointId: endpoint.id, orgId: endpoint.orgId, actor: 'rotator', version, fingerprints, rotationAttemptId } as const;
}

/** Where it cannot be written, the row goes on counting as a failure. */
async function conclude({ db, logger, endpoint }: GuardedConfirmRequest, loginAttemptId: string | null, { end, submitted }: ConfirmResult): Promise<void> {
  if (loginAttemptId === null) return;
  await finishLoginAttempt(db, {
    loginAttemptId,
    orgId: endpoint.orgId,
    outcome: submitted ? notedAs(end) : 'not_submitted',
    // Whoever changes the password has just logged in with it, and finds out by logins what the portal accepts: no cool-down is set by this page's word.
    effect: 'none',
    proved: submitted && end.kind === 'confirmed',
    ...('until' in end && end.until && end.kind === 'locked' ? { throttledUntil: end.until } : {}),
  }).catch((error: unknown) =>
    logger.warn({ err: error, endpointId: endpoint.id }, 'what became of the current password before a change could not be noted; it counts as a failure'),
  );
}

function notedAs(end: ConfirmEnd): Parameters<typeof finishLoginAttempt>[1]['outcome'] {
  switch (end.kind) {
    case 'confirmed':
      return 'accepted';
    case 'refused':
      return end.rule === 'current_wrong' ? 'rejected' : 'unknown';
    case 'locked':
    case 'unknown':
      return end.kind;
  }
}
