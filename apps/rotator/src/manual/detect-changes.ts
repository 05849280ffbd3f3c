import { parsePayload, parseReference, type StoredSecret } from '@rcm/credentials';
import { isDatabaseAway } from '@rcm/db';
import { claimManualLooks, noteManualVersion, recordManualRefusal, recordManualRotation, type WatchedLogin, watchedLogin } from '@rcm/db/rotation';
import { mayAskPerson, type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { type ErrorCode, isRcmError } from '@rcm/telemetry';
import { forgetGone } from '../finding/forget-gone.ts';
import type { LoginInHand } from '../finding/login-in-hand.ts';
import { withLoginOutsideRotation } from '../finding/outside-rotation.ts';
import { payloadOf } from '../finding/payload-of.ts';
import { reconcileCurrent } from '../mending/reconcile-current.ts';
import { proveLogin } from '../prove-login.ts';
import type { Rotator } from '../rotator.ts';
import { whatChanged } from './what-changed.ts';

export interface ManualLooks {
  /** Secrets read at one scan, over all rotators that scan. */
  readonly reads: number;
  /** Pause between two looks at one that is due, in ms. */
  readonly dueMs: number;
  /** At any other, in ms. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Aborted: nothing more is begun, and what has begun goes on. Default: `signal`. */
  readonly intake?: AbortSignal;
}

export type ManualResult = 'unchanged' | 'recorded' | 'refused' | 'put_off';

/**
 * Looks at the secrets of portals that people rotate. Where one has another password than was known, one login proves it, but where the portal's terms ask for a person:
 * there it is taken as it is. Accepted, it is recorded as
 * a rotation and agents are told; any other answer is told to people once. A password that was called wrong is asked again when it has cooled down, anything else
 * only when another version is stored. No answer, or one that asks to wait, is none: the next look asks again, inside the ledger's budget. A new version with the
 * password that was known is no rotation: the row follows, and who was to change it by hand still is. Where
 * the secret names another account, the row follows that first, and its password is no rotation either.
 */
export async function detectManualChanges(
  rotator: Rotator,
  looks: ManualLooks,
): Promise<readonly { readonly endpointId: string; readonly result: ManualResult }[]> {
  const claimed = await claimManualLooks(rotator.db, { pendingMs: looks.dueMs, idleMs: looks.idleMs, limit: looks.reads });
  const results: { endpointId: string; result: ManualResult }[] = [];
  for (const watched of claimed) {
    if ((looks.intake ?? looks.signal).aborted) break;
    const result = await lookAt(rotator, watched, looks.signal);
    if (result !== 'unchanged') rotator.logger.info({ endpointId: watched.endpointId, outcome: result }, 'a secret that a person rotates has changed');
    results.push({ endpointId: watched.endpointId, result });
  }
  return results;
}

/** What cannot be done now is looked at again next time: the claim has only moved the look. */
async function lookAt(rotator: Rotator, watched: WatchedLogin, signal: AbortSignal): Promise<ManualResult> {
  try {
    const endpoint = await migratedEndpoint(rotator.db, watched);
    if ((await news(rotator, endpoint, watched, signal)) === null) return 'unchanged';
    return await withLoginOutsideRotation(rotator, endpoint, signal, async (login) => {
      // Another rotator may have looked while this one waited, or the person has stored yet another.
      const known = await watchedLogin(rotator.db, watched);
      const current = await news(rotator, endpoint, known, login.held.signal);
      return known === null || current === null ? 'unchanged' : await judge(rotator, login, known, current);
    });
  } catch (error) {
    rotator.logger.warn({ err: error, endpointId: watched.endpointId }, 'a secret that a person rotates could not be looked at; it is tried again');
    return 'put_off';
  }
}

async function judge(rotator: Rotator, login: LoginInHand, known: WatchedLogin, current: StoredSecret): Promise<ManualResult> {
  const { orgId, id: endpointId, portalType } = login.endpoint;
  const change = { orgId, endpointId, version: current.version, known: known.knownVersion, actor: rotator.owner };
  if (payloadOf(current) === null) return await refuse(rotator, login, { ...change, ...NO_PAYLOAD });
  // Another account in it, or an old copy that it was saved from: that is put in order, and looked at again.
  if ((await reconcileCurrent(rotator, login, current)) !== null) return 'put_off';
  const changed = await whatChanged(rotator, login, known, current);
  const proof = portalType.automation === 'assisted' ? 'person' : 'login';
  if (changed !== 'other fields' && proof === 'login') {
    const refusal = await refusalOf(rotator, login, current);
    if (refusal !== null) return await refuse(rotator, login, { ...change, ...refusal });
  }
  if (changed === 'password') return await follow(rotator, login, { ...change, proof });
  // One reminder too many is answered by one more change; a rotation that was not one would leave the old password for an interval more.
  if (changed === 'unknown')
    rotator.logger.warn({ endpointId, knownVersion: known.knownVersion }, 'nobody can tell whether a password was changed; it does not count as rotated');
  login.held.assertHeld();
  await noteManualVersion(rotator.db, change);
  return 'unchanged';
}

async function refuse(rotator: Rotator, login: LoginInHand, change: Parameters<typeof recordManualRefusal>[1]): Promise<ManualResult> {
  login.held.assertHeld();
  return (await recordManualRefusal(rotator.db, change)) ? 'refused' : 'put_off';
}

async function follow(rotator: Rotator, login: LoginInHand, change: Parameters<typeof recordManualRotation>[1]): Promise<ManualResult> {
  login.held.assertHeld();
  if (!(await recordManualRotation(rotator.db, change))) return 'put_off';
  // What it has replaced is in this secret no more.
  await forgetGone(rotator, login);
  return 'recorded';
}

/** What the store holds now, where it is neither what was known last nor what only another version can mend; `null`: nothing new. */
async function news(rotator: Rotator, endpoint: MigratedEndpoint, watched: WatchedLogin | null, signal: AbortSignal): Promise<StoredSecret | null> {
  const current = await rotator.stores.forTenant(endpoint.orgId).read(parseReference(endpoint.secretArn), { signal });
  if (watched === null || current === null) return null;
  return current.version === watched.knownVersion || current.version === watched.refusedVersion ? null : current;
}

interface Refusal {
  readonly detail: string;
  readonly isAskedAgain: boolean;
}

/** No login is needed to see it, also where none may be made. */
const NO_PAYLOAD: Refusal = { detail: 'the secret is no credential payload', isAskedAgain: false };

/** One login; `null`: the portal accepts it. */
async function refusalOf(rotator: Rotator, { endpoint, held }: LoginInHand, current: StoredSecret): Promise<Refusal | null> {
  const proof = { stored: current.text, version: current.version, actor: 'rotator', what: 'the stored password' } as const;
  try {
    await proveLogin(rotator, endpoint, held, proof);
    return null;
  } catch (error) {
    return notProved(error, held.signal, mayAskPerson(parsePayload(current.text)));
  }
}

/** Why the portal did not accept it, in a few words; what says nothing about the password is no refusal and goes on as an error. */
function notProved(error: unknown, signal: AbortSignal, waitsForPerson: boolean): Refusal {
  // What was stopped in the middle, or ended before the password was sent, looks like an answer that nobody knows.
  if (signal.aborted || !isRcmError(error) || isDatabaseAway(error) || NOT_JUDGED.has(error.code) || error.details.submitted === false) throw error;
  // Nobody answered with the code that the portal had sent: that says nothing of the password, and they are left in peace for a while before they are asked again.
  if (waitsForPerson && error.code === 'login_mfa_required') throw error;
  // Only a password that was called wrong cools down in the ledger and is asked again; anything else would be met at every look.
  return { detail: WORDS[error.code] ?? 'the portal answered in a way that nobody knows', isAskedAgain: error.code === 'login_rejected' };
}

/** The password was not sent, or the portal did not look at it: it is looked at again, and a person need not store the same one twice. */
const NOT_JUDGED: ReadonlySet<ErrorCode> = new Set([
  'login_not_allowed',
  'automation_undecided',
  'automation_forbidden',
  'browser_unavailable',
  'cancelled',
  'deadline_exceeded',
  'lease_lost',
  'portal_unavailable',
  'address_refused',
  'login_throttled',
]);

const WORDS: Readonly<Partial<Record<ErrorCode, string>>> = {
  login_rejected: 'the portal does not accept it',
  login_locked: 'the account is locked',
  login_challenged: 'the portal asks for more than a password',
  login_mfa_required: 'the portal asks for a one-time code, and the secret gives none',
  login_mfa_rejected: 'the portal does not accept the one-time code',
  login_password_expired: 'the portal says that it has expired',
  login_change_forced: 'the portal demands a change first',
};
