import { parsePayload } from '@rcm/credentials';
import type { HeldLease } from '@rcm/db/holding';
import { type GuardedResult, loginError, type MigratedEndpoint, type NotAccepted } from '@rcm/portal-access';
import { RcmError, type Secret } from '@rcm/telemetry';
import { askHeld } from './finding/held-login.ts';
import type { Rotator } from './rotator.ts';

export interface LoginProof {
  /** The payload's text, with the password that is to be proved. */
  readonly stored: Secret<string>;
  /** What the ledger remembers it as. */
  readonly version: string;
  /** The open attempt it belongs to, if any. */
  readonly attemptId?: string;
  /** Whose login it is in the ledger. */
  readonly actor: 'rotator' | 'person';
  /** For people: `the current password`. */
  readonly what: string;
  /** For people: what else there is to do, where no login may be made. Default: nothing. */
  readonly otherwise?: string;
}

/**
 * One login inside the ledger, to learn whether the portal accepts a password that a person answers for; the session is closed. Fails with
 * `login_rejected` (the portal refused it), another `login_*` or `portal_*` where the portal said something else, and
 * `login_not_allowed` where the ledger lets nobody try.
 */
export async function proveLogin(rotator: Rotator, endpoint: MigratedEndpoint, held: HeldLease, proof: LoginProof): Promise<void> {
  const result = await askHeld(
    rotator,
    { endpoint, held },
    {
      payload: parsePayload(proof.stored),
      version: proof.version,
      attemptId: proof.attemptId ?? null,
      actor: proof.actor,
    },
  );
  if (result.kind === 'accepted' || result.kind === 'must_change') return;
  if (result.kind === 'not_allowed') {
    if (result.reason === 'automation') throw byTerms(endpoint, result, proof);
    throw new RcmError(
      'login_not_allowed',
      [`No login may be spent on proving ${proof.what}: ${whyNot(result, proof)}.`, proof.otherwise ?? []].flat().join(' '),
      {
        details: { reason: result.reason, ...(result.until ? { until: result.until.toISOString() } : {}) },
      },
    );
  }
  const { kind } = result.outcome;
  if (kind === 'rejected' || kind === 'rejected_or_locked')
    throw new RcmError('login_rejected', `The portal does not accept ${proof.what}. Nothing was changed; the login stays as it was.`);
  throw loginError(endpoint, result);
}

/** No login proves anything there: a person answers for what they store. */
function byTerms(endpoint: MigratedEndpoint, result: NotAccepted, { otherwise }: LoginProof): RcmError {
  const { code, message, details } = loginError(endpoint, result);
  return new RcmError(code, [message, otherwise ?? []].flat().join(' '), { details });
}

function whyNot({ reason, until }: Extract<GuardedResult, { kind: 'not_allowed' }>, { what }: LoginProof): string {
  switch (reason) {
    case 'password_bad':
    case 'password_suspect':
      return `the portal refused ${what} before, and it cools down${until ? ` until ${until.toISOString()}` : ''} (\`rcm login retry\` tries it now)`;
    case 'other_account':
      return 'the secret names another account than its row';
    default:
      return `the account's budget of logins does not allow it now (${reason}${until ? `, until ${until.toISOString()}` : ''})`;
  }
}
