import type { LoginInFull } from '@rcm/db/fleet';
import { pausedWhy, stoppedWhy, WHY_WAITS } from './why-waits.ts';

interface Rotated {
  readonly at: Date | null;
  readonly why: string;
}

/** What decides when it is rotated next, the first that holds. */
export const whyRotatedThen = (login: LoginInFull): Rotated => whyHeldBack(login) ?? whyDueThen(login);

/** What keeps it from being rotated when it falls due; `null`: nothing. */
function whyHeldBack(login: LoginInFull): Rotated | null {
  const at = login.nextRotationAt;
  if (login.retiredAt) return { at: null, why: WHY_WAITS.retired };
  if (!login.stored) return { at: null, why: WHY_WAITS.notStored };
  if (login.attempt) return { at: login.attempt.waitingUntil, why: `a rotation is ${login.attempt.state} (${login.attempt.reason})` };
  if (login.automation === 'forbidden') return { at: null, why: WHY_WAITS.forbidden };
  if (login.automation === null) return { at: null, why: WHY_WAITS.undecided };
  if (login.shared) return { at: null, why: WHY_WAITS.shared };
  if (login.automation === 'assisted' || login.rotationMode === 'manual') return { at, why: WHY_WAITS.manual };
  if (login.oldReaders) return { at: null, why: WHY_WAITS.oldReaders };
  const [pause] = login.pauses;
  if (pause) return { at, why: pausedWhy(pause.scope, pause.reason) };
  if (login.portalStopped) return { at, why: stoppedWhy(login.portalStopped.cause) };
  return null;
}

function whyDueThen(login: LoginInFull): Rotated {
  const at = login.nextRotationAt;
  if (login.rotationNotBefore && at && login.rotationNotBefore > at) return { at: login.rotationNotBefore, why: WHY_WAITS.coolingDown };
  if (login.expiresAt && at && at < login.expiresAt) return { at, why: 'before the portal lets the password expire' };
  return { at, why: 'by its portal type’s interval' };
}

/** What a person can do now, with the command that does it. */
export function nextStepsFor({ id, orgId, retiredAt, stored, locked, openState, refusedSince, oldReaders, rotationMode }: LoginInFull): string[] {
  if (retiredAt) return [`it is used again: rcm endpoint reinstate ${id} --reason "…"`];
  if (locked) return [`call the portal’s support, then: rcm login unlocked ${id} --reason "…"`];
  if (openState === 'blocked') return [`say which password the portal accepts: rcm login resolve ${id} --accept current|staged|typed|found --reason "…"`];
  // `set`, `verify` and `retry` refuse while a rotation is open: it may have sent a password that only it knows of.
  if (refusedSince && openState)
    return [
      `its rotation is ${openState}, and finds out by itself what the portal accepts: wait until it has ended, or is blocked`,
      'you know the right password: put it into its secret, where the rotation looks each hour',
    ];
  if (refusedSince) return [`you know the right password: rcm login set ${id} --reason "…"`, `the stored one is right: rcm login retry ${id} --reason "…"`];
  if (stored && oldReaders && rotationMode === 'automatic')
    return [`remove its plaintext: rcm migrate scrub --reason "…"`, `nobody reads it any more: rcm migrate old-readers-gone --org ${orgId} --reason "…"`];
  return [];
}
