import type { StoredSecret } from '@rcm/credentials';
import { isPortalIll, type PasswordRecord, passwordTries } from '@rcm/db';
import { accountOf, guardedLogin, type GuardedResult } from '@rcm/portal-access';
import type { RotatorServices } from '../machine/attempt.ts';
import { holdFor, type Hold, proofOf } from '../machine/login-events.ts';
import { type Candidate, ledgerVersion } from './candidate.ts';
import { candidates } from './candidates.ts';
import type { LoginInHand } from './login-in-hand.ts';

export interface Search {
  readonly services: RotatorServices;
  readonly login: LoginInHand;
  /** The open attempt; its copy comes first, and its logins are its own in the ledger. */
  readonly attemptId: string | null;
  /** Refusals since this moment count; earlier ones say nothing, since the portal may have made its change after them. */
  readonly since: Date;
  /** So many refusals of one password, and it is not the one. What a portal may have cut is asked once. */
  readonly refusals: 1 | 2;
  readonly mayBeCut: boolean;
}

export type Found =
  | { readonly kind: 'found'; readonly candidate: Candidate }
  /** Every candidate was refused as often as it takes. */
  | { readonly kind: 'none' }
  /** Not all could be asked now. */
  | { readonly kind: 'later'; readonly hold: Hold };

/**
 * The one procedure that finds which stored password the portal accepts. It asks the ledger before each login, which lets none be made that
 * could lock the account; it tries no password twice within the time in which the portal counts failures; and it remembers nothing itself: what was
 * refused is in the ledger, so whoever goes on after a crash goes on with the next one.
 */
export async function findAccepted(search: Search): Promise<Found> {
  const { services, login } = search;
  const current = await login.store.read(login.reference, { signal: login.held.signal });
  const seen = new Set<string>();
  let pending: Hold | null = null;
  const sources = { db: services.db, current, ownAttemptId: search.attemptId, mayBeCut: search.mayBeCut };
  for await (const candidate of candidates(login, sources)) {
    const { identity, fingerprints } = accountOf(services.keys, login.endpoint, candidate.payload);
    const print = fingerprints[0] ?? '';
    // Of another account than the one that is held, or asked already.
    if (identity.id !== login.endpoint.loginIdentity || seen.has(print)) continue;
    seen.add(print);
    const { orgId, loginIdentity } = login.endpoint;
    const tries = await passwordTries(services.db, { orgId, loginIdentity, fingerprints, since: search.since });
    const needed = candidate.name.first === undefined ? search.refusals : 1;
    if (tries.refusedSince >= needed) continue;
    const again = againIn(search, tries);
    if (again > 0) {
      pending = sooner(pending, { detail: 'a password that was refused is asked once more when the portal has forgotten it', forMs: again });
      continue;
    }
    if (candidate.name.first !== undefined && (await isIll(search)))
      return { kind: 'later', hold: { detail: 'the portal refuses others too: what it may have cut is not asked now', forMs: services.timing.retryMs } };
    const result = await tryCandidate(search, candidate, current);
    const proof = proofOf(result);
    if (proof === 'right') return { kind: 'found', candidate };
    if (result.kind === 'accepted' || result.kind === 'must_change') continue;
    if (proof === 'nothing') {
      if (!isResting(result)) return { kind: 'later', hold: holdFor(services, login.endpoint, result) };
      pending = sooner(pending, holdFor(services, login.endpoint, result));
    } else if (tries.refusedSince + 1 < needed) {
      pending = sooner(pending, { detail: 'the portal refused a password that it may accept later', forMs: pauseMs(search) });
    }
  }
  return pending ? { kind: 'later', hold: pending } : { kind: 'none' };
}

/** Guesses at what a portal has cut would be wasted on one that refuses everybody. */
function isIll({ services, login }: Search): Promise<boolean> {
  const { orgId, loginIdentity, portalTypeCode } = login.endpoint;
  return isPortalIll(services.db, { orgId, loginIdentity, portalTypeCode, rules: services.breaker });
}

/** A session is not needed: only the answer is. */
async function tryCandidate({ services, login, attemptId }: Search, { name, payload }: Candidate, current: StoredSecret | null): Promise<GuardedResult> {
  const { endpoint, held } = login;
  const result = await guardedLogin({
    db: services.db,
    clock: services.clock,
    logger: services.logger,
    driver: services.drivers.for(endpoint.portalType, endpoint),
    endpoint,
    loginIdentity: endpoint.loginIdentity,
    leaseId: held.lease.id,
    actor: 'rotator',
    payload,
    version: ledgerVersion(name, current),
    ...(attemptId === null ? {} : { rotationAttemptId: attemptId }),
    keys: services.keys,
    illness: services.breaker,
    assertHeld: () => held.assertHeld(),
    timing: services.timing,
    signal: held.signal,
  });
  if (result.kind === 'accepted' || result.kind === 'must_change') await result.session.close();
  return result;
}

/** This password alone has to wait; others may be asked. */
const isResting = (result: GuardedResult): boolean =>
  result.kind === 'not_allowed' && (result.reason === 'password_bad' || result.reason === 'password_suspect' || result.reason === 'other_account');

const HOUR_MS = 3_600_000;

/** How long the portal counts a failure: no password is tried twice within it. */
function pauseMs({ login }: Search): number {
  const { lockoutWindowSeconds, settleMs } = login.endpoint.portalType;
  return Math.max(lockoutWindowSeconds === null ? HOUR_MS : lockoutWindowSeconds * 1_000, settleMs, 1_000);
}

/** In how many ms this password may be asked again, by Postgres's clock; 0: now. */
function againIn(search: Search, { refusedSince, refusedLastAt, now }: PasswordRecord & { readonly now: Date }): number {
  if (refusedSince === 0 || refusedLastAt === null) return 0;
  return Math.max(0, refusedLastAt.getTime() + pauseMs(search) - now.getTime());
}

/** Of two waits the one that ends first; a moment comes from the ledger and is told apart from a pause only by who counts it. */
function sooner(one: Hold | null, other: Hold): Hold {
  if (one === null) return other;
  if (one.forMs !== undefined && other.forMs !== undefined) return one.forMs <= other.forMs ? one : other;
  return one.forMs !== undefined ? one : other;
}
