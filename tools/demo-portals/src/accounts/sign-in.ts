import { nowMs, type Portal } from '../portal.ts';
import { findAccount, type Account, type AccountKey } from '../records/accounts.ts';
import { type ShownDevice, useDevice } from '../records/known-devices.ts';
import { habitsOf } from '../records/habits.ts';
import { inTransaction } from '../records/database.ts';
import { noteTry, type TriedBy, type TryEnd } from '../records/login-tries.ts';
import { count, noteFailures } from '../records/tallies.ts';
import { isClosedSayingWrong, isKnownEverywhere } from './availability.ts';
import { disableUnused } from './dormancy.ts';
import { isLocked, lockoutOf, noteFailure, noteSuccess } from './lockout.ts';
import { passwordMatches } from './password-hash.ts';
import { hasCodes, isRightCode, sendWhatIsAsked } from './second-factor.ts';

/** What the page says: `locked_until_support` where time does not lift the lock. Where the portal has one text, both locks read `rejected`. */
export type Refusal = 'rejected' | 'locked' | 'locked_until_support';
/** `code_needed` counts nothing yet: the login is decided at its code. */
export type PasswordDecision = 'accepted' | 'code_needed' | Refusal;
export type CodeDecision = 'accepted' | Refusal;

export interface TypedLogin {
  readonly username: string;
  readonly password: string;
  /** Default: `visitor`. */
  readonly by?: TriedBy;
  /** What the browser shows of its device; one that is known is asked for no code. Default: nothing. */
  readonly device?: ShownDevice | undefined;
}

/** Decides and records one try with a password. A try at a locked account is a rejected login, whatever was typed. */
export async function decidePassword(portal: Portal, { username, password, by = 'visitor', device }: TypedLogin): Promise<PasswordDecision> {
  const key: AccountKey = { portal: portal.code, username: portal.policy.keptUsername(username) };
  if (isClosedSayingWrong(portal)) return refuseClosed(portal, key, by);
  for (;;) {
    const seen = findAccount(portal.records, key);
    const isRight = await passwordMatches(password, seen?.passwordHash ?? null, habitsOf(portal.records, portal.code));
    const decision = inTransaction(portal.records, (): PasswordDecision | 'again' => {
      const found = findAccount(portal.records, key);
      // The password was changed while its hash was computed: what was compared is no longer true.
      if (found?.passwordHash !== seen?.passwordHash) return 'again';
      if (!found) return rejectUnknown(portal, key);
      const account = disableUnused(portal, found);
      if (isLocked(portal, account)) return refuseLocked(portal, account, by);
      if (!isRight || !isKnownEverywhere(portal, account)) return fail(portal, account, { ended: 'wrong', by });
      const isAsked = portal.policy.asksForCode && hasCodes(portal, account) && !isKnown(portal, account, device);
      return isAsked ? needCode(portal, account) : accept(portal, account, by);
    });
    if (decision !== 'again') return decision;
  }
}

/** Decides and records one try with a code, after the password was proved. A right code of a used step, or a used backup code, is a wrong code. */
export function decideCode(portal: Portal, username: string, code: string): CodeDecision {
  const key: AccountKey = { portal: portal.code, username };
  return inTransaction(portal.records, (): CodeDecision => {
    const account = findAccount(portal.records, key);
    if (!account || !hasCodes(portal, account)) return rejectUnknown(portal, key);
    if (isLocked(portal, account)) return refuseLocked(portal, account, 'visitor');
    if (isRightCode(portal, account, code)) return accept(portal, account, 'visitor');
    count(portal.records, key, 'mfaRejected');
    return fail(portal, account, { ended: 'wrong_code', by: 'visitor' });
  });
}

const isKnown = (portal: Portal, account: Account, device: ShownDevice | undefined): boolean =>
  device !== undefined && useDevice(portal.records, account, device, nowMs(portal));

function needCode(portal: Portal, account: Account): 'code_needed' {
  sendWhatIsAsked(portal, account);
  return 'code_needed';
}

function accept(portal: Portal, account: Account, by: TriedBy): 'accepted' {
  noteSuccess(portal, account);
  count(portal.records, account, 'loginsAccepted');
  record(portal, account, { ended: 'accepted', by });
  return 'accepted';
}

/** A wrong try; the one that reaches the threshold locks the account and already says so. */
function fail(portal: Portal, account: Account, { ended, by }: { readonly ended: 'wrong' | 'wrong_code'; readonly by: TriedBy }): Refusal {
  count(portal.records, account, 'loginsRejected');
  const counts = ended === 'wrong' || lockoutOf(portal).countsCodes;
  const after = counts ? noteFailure(portal, account) : { failures: 0, locks: false, account };
  noteFailures(portal.records, account, after.failures);
  record(portal, account, { ended, by, locks: after.locks });
  if (!after.locks) return 'rejected';
  count(portal.records, account, 'accountsLocked');
  return lockedText(portal, after.account);
}

function refuseLocked(portal: Portal, account: Account, by: TriedBy): Refusal {
  count(portal.records, account, 'loginsRejected');
  record(portal, account, { ended: 'locked', by });
  return lockedText(portal, account);
}

/** A closed portal looks at nothing and counts nothing: to it, the try is not even a rejected login. */
function refuseClosed(portal: Portal, key: AccountKey, by: TriedBy): Refusal {
  const account = findAccount(portal.records, key);
  if (account) record(portal, account, { ended: 'closed', by });
  return 'rejected';
}

function rejectUnknown(portal: Portal, key: AccountKey): Refusal {
  count(portal.records, { ...key, username: '' }, 'loginsRejected');
  return 'rejected';
}

function lockedText(portal: Portal, { lockedUntil }: Account): Refusal {
  if (habitsOf(portal.records, portal.code).oneText) return 'rejected';
  return lockedUntil === 'support' ? 'locked_until_support' : 'locked';
}

/** `account` is what it was when the try came. */
function record(
  portal: Portal,
  account: Account,
  { ended, by, locks = false }: { readonly ended: TryEnd; readonly by: TriedBy; readonly locks?: boolean },
): void {
  noteTry(portal.records, account, { at: nowMs(portal), ended, atLocked: isLocked(portal, account), locks, by });
}
