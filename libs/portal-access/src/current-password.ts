import type { CredentialPayload, IdentityKeys } from '@rcm/credentials';
import type { Database, EndpointRow } from '@rcm/db';
import { beginLoginAttempt, finishLoginAttempt, type LoginAttemptEnd } from '@rcm/db/ledger';
import { type Logger, RcmError, type Secret } from '@rcm/telemetry';
import { accountOf } from './account.ts';
import type { NotAccepted } from './login-request.ts';

export interface CurrentPassword {
  readonly db: Database;
  readonly logger: Logger;
  readonly endpoint: EndpointRow;
  readonly leaseId: string;
  readonly payload: Secret<CredentialPayload>;
  /** The store's version of the current password: what the ledger remembers instead of it. */
  readonly version: string;
  readonly rotationAttemptId: string;
  readonly keys: IdentityKeys;
}

export type LedgerRefusal = Extract<NotAccepted, { kind: 'not_allowed' }>;

/** One line of the ledger for the current password, where it is typed by somebody who is logged in. */
export interface CurrentPasswordLine {
  /** Commits the line; from here on it counts as a failure until its end is written. Fails with `login_not_allowed`, `database_unavailable`; then nothing may be sent. */
  begin(): Promise<void>;
  /** Whether it was begun and not ended. */
  isOpen(): boolean;
  /** Never fails: where it cannot be written, the line goes on counting. Does nothing for a line that is not open. */
  end(end: Pick<LoginAttemptEnd, 'outcome' | 'proved' | 'throttledUntil'>): Promise<void>;
  /** Why the ledger did not let it be typed; `null`: it did, or was not asked. */
  refusal(): LedgerRefusal | null;
}

export function currentPasswordLine({ db, logger, endpoint, keys, payload, leaseId, version, rotationAttemptId }: CurrentPassword): CurrentPasswordLine {
  let open: string | null = null;
  let refusal: LedgerRefusal | null = null;
  const { orgId, id: endpointId } = endpoint;
  return {
    async begin() {
      const { fingerprints } = accountOf(keys, endpoint, payload);
      const answer = await beginLoginAttempt(db, { leaseId, endpointId, orgId, actor: 'rotator', version, fingerprints, rotationAttemptId });
      if (!answer.allowed) {
        refusal = { kind: 'not_allowed', reason: answer.reason, until: answer.until };
        throw new RcmError('login_not_allowed', `The current password may not be typed now (${answer.reason}); nothing was sent to the portal.`);
      }
      open = answer.loginAttemptId;
    },
    isOpen: () => open !== null,
    async end(end) {
      if (open === null) return;
      // Whoever changes the password has just logged in with it, and finds out by logins what the portal accepts: no cool-down is set by this word.
      await finishLoginAttempt(db, { loginAttemptId: open, orgId, effect: 'none', ...end }).catch((error: unknown) =>
        logger.warn({ err: error, endpointId }, 'what became of the current password in a change could not be noted; it counts as a failure'),
      );
      open = null;
    },
    refusal: () => refusal,
  };
}
