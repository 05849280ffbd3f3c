import { remainingBudget } from '@rcm/db';
import { type AttemptInHand, askPortal, isStopped, stagedVersion } from '../machine/attempt.ts';
import { holdFor, isKnownBad, proofOf } from '../machine/login-events.ts';
import type { AttemptEvent } from '../machine/transitions.ts';
import { tryOlderCopy } from './older-copies.ts';

/**
 * `submitting`, after the submit deadline and settle: only the portal knows whether the change was applied. The staged password
 * is tried first, since it is the likelier; the current one only after the portal refused the staged one. Where both were refused
 * again and again, copies that older attempts have left are tried, one a round, and both a last time; only then a person must decide.
 * Where the portal type is stopped, rounds count for nothing: a portal in maintenance may call every password wrong.
 */
export async function probePortal(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { attempt, services, endpoint } = inHand;
  const tooFew = await holdForBudget(inHand);
  if (tooFew) return tooFew;
  const olderRound = attempt.guesses - (services.timing.maxTries - 1);
  const wasStopped = await isStopped(inHand);
  const event = (olderRound < 0 || wasStopped ? null : await tryOlderCopy(inHand, olderRound)) ?? (await tryStagedThenCurrent(inHand));
  if (event) return event;
  const forMs = Math.max(endpoint.portalType.settleMs, 1_000);
  // Asked again: this round may have been the refusal that stopped it.
  if (wasStopped || (await isStopped(inHand)))
    return { kind: 'hold', detail: 'the portal accepted neither password, and its type is stopped: it may be ill', forMs };
  if (olderRound >= 0) return { kind: 'neither_accepted', detail: neither(inHand) };
  return { kind: 'hold', detail: 'the portal accepted neither password yet', forMs, counts: 'guess' };
}

/** A guess with the staged password, and one with the current. */
const GUESSES = 2;

/**
 * A round begins only with the budget for all of it. With one guess left, the staged password would be refused again and again as
 * the window moves on, and the current one never tried.
 */
async function holdForBudget({ services, attempt, endpoint }: AttemptInHand): Promise<AttemptEvent | null> {
  const { failuresLeft, until } = await remainingBudget(services.db, { orgId: attempt.orgId, loginIdentity: endpoint.loginIdentity });
  if (failuresLeft >= GUESSES) return null;
  const detail = `the login has ${failuresLeft} failures of budget left; a round of guesses needs ${GUESSES}`;
  return { kind: 'hold', detail, ...(until ? { until } : { forMs: services.timing.retryMs }) };
}

/** What a login with either says; `null` where the portal refused both. */
async function tryStagedThenCurrent(inHand: AttemptInHand): Promise<AttemptEvent | null> {
  const { store, slot, attempt, held, services } = inHand;
  const staged = await store.readStaged(slot, { signal: held.signal });
  if (staged !== null) {
    const login = await askPortal(inHand, staged, stagedVersion(attempt.id));
    const proof = proofOf(login);
    if (proof === 'right') {
      inHand.stagedProven = true;
      return { kind: 'staged_accepted' };
    }
    if (proof === 'nothing' && login.kind !== 'accepted' && !isKnownBad(login)) return holdFor(inHand, login);
  }
  const current = await store.read(slot.current, { signal: held.signal });
  if (current === null) return { kind: 'hold', detail: 'the current secret is missing', forMs: services.timing.retryMs };
  const login = await askPortal(inHand, current, current.version);
  const proof = proofOf(login);
  if (proof === 'right' && staged === null) return { kind: 'copy_missing', detail: 'the staged copy is gone; the portal accepts the current password' };
  if (proof === 'right') return { kind: 'current_accepted', detail: 'the portal kept the current password' };
  if (proof === 'nothing' && login.kind !== 'accepted' && !isKnownBad(login)) return holdFor(inHand, login);
  return null;
}

const neither = ({ attempt }: AttemptInHand): string =>
  `the portal accepts neither the staged password (${stagedVersion(attempt.id)}) nor the current one (version ${attempt.baseVersion}), nor any older copy`;
