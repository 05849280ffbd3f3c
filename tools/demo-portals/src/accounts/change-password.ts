import { nowMs, type Portal } from '../portal.ts';
import { findAccount, formerPasswords, type AccountKey } from '../records/accounts.ts';
import { inTransaction } from '../records/database.ts';
import { takeChangeFault, type ChangeFault } from '../records/faults.ts';
import { habitsOf } from '../records/habits.ts';
import { count } from '../records/tallies.ts';
import { commitChange, type CheckedChange } from './commit-change.ts';
import { makeLater } from './late-changes.ts';
import { hashPassword, passwordMatches } from './password-hash.ts';
import { brokenRule, type BrokenRule } from './password-rules.ts';

export interface TypedChange {
  readonly username: string;
  readonly sessionId: string;
  /** Null on a page that does not ask: the login that led there has just proved it. */
  readonly current: string | null;
  readonly next: string;
  readonly repeated: string;
}

export type ChangeRefusal = 'current_wrong' | 'not_repeated' | 'used_before' | BrokenRule;

/** `fault` says that the portal is to fail now; what became of the change is the fault's own matter (see records/faults.ts). */
export type ChangeDecision =
  { readonly kind: 'changed' } | { readonly kind: 'refused'; readonly why: ChangeRefusal } | { readonly kind: 'fault'; readonly fault: ChangeFault };

/** Checks and makes one password change, at the moment and with the answer that the account's or the portal's fault asks for. */
export async function changePassword(portal: Portal, typed: TypedChange): Promise<ChangeDecision> {
  const key: AccountKey = { portal: portal.code, username: typed.username };
  const askedAt = nowMs(portal);
  const seen = findAccount(portal.records, key);
  const kept = asKept(portal, typed.next);
  const refusal = await refusalOf(portal, { key, hash: seen?.passwordHash ?? null }, { ...typed, kept });
  if (refusal) return refuse(portal, key, refusal);
  const change: CheckedChange = { key, sessionId: typed.sessionId, from: seen?.passwordHash ?? '', to: await hashPassword(kept), askedAt };
  const met = takeChangeFault(portal.records, key);
  switch (met?.fault) {
    case undefined:
      return commit(portal, change);
    case '500_before_commit':
      return { kind: 'fault', fault: met.fault };
    case '500_after_commit':
    case 'drop_after_commit':
      return commit(portal, change).kind === 'changed' ? { kind: 'fault', fault: met.fault } : refuse(portal, key, 'current_wrong');
    case 'slow_answer': {
      const decision = commit(portal, change);
      await portal.clock.sleep(met.delayMs, portal.closing);
      return decision;
    }
    case 'slow_commit':
      await portal.clock.sleep(met.delayMs, portal.closing);
      return commit(portal, change);
    case 'late_commit':
      void commitLater(portal, change, met.delayMs);
      return { kind: 'fault', fault: met.fault };
    case 'makes_it_after':
      makeLater(portal, change, met.delayMs);
      return { kind: 'fault', fault: met.fault };
    case 'says_too_short_makes_it':
      makeLater(portal, change, met.delayMs);
      return refuse(portal, key, 'too_short');
    case 'says_used_before_makes_it':
      makeLater(portal, change, met.delayMs);
      return refuse(portal, key, 'used_before');
    case 'says_changed_makes_it':
      makeLater(portal, change, met.delayMs);
      return { kind: 'changed' };
    case 'says_changed_does_not':
      return { kind: 'changed' };
  }
}

async function commitLater(portal: Portal, change: CheckedChange, delayMs: number): Promise<void> {
  await portal.clock.sleep(delayMs, portal.closing);
  if (!portal.closing.aborted) commit(portal, change);
}

/** One that lost against another change reads as a wrong current password. */
const commit = (portal: Portal, change: CheckedChange): Exclude<ChangeDecision, { kind: 'fault' }> =>
  inTransaction(portal.records, () => (commitChange(portal, change, nowMs(portal)) ? { kind: 'changed' } : refuse(portal, change.key, 'current_wrong')));

/** What the portal keeps of a new password. The rules are asked of what was typed: a portal that cuts does so behind its own checks. */
function asKept(portal: Portal, password: string): string {
  const { keepsFirst } = habitsOf(portal.records, portal.code);
  return keepsFirst === null ? password : [...password].slice(0, keepsFirst).join('');
}

async function refusalOf(
  portal: Portal,
  { key, hash }: { readonly key: AccountKey; readonly hash: string | null },
  typed: TypedChange & { readonly kept: string },
): Promise<ChangeRefusal | null> {
  const habits = habitsOf(portal.records, portal.code);
  const wasUsed = async (): Promise<boolean> => {
    const before = [hash, ...formerPasswords(portal.records, key, portal.policy.noReuseOf - 1)];
    return (await Promise.all(before.map((former) => passwordMatches(typed.kept, former, habits)))).includes(true);
  };
  if (habits.reuseBeforeCurrent && (await wasUsed())) return 'used_before';
  if (typed.current !== null && !(await passwordMatches(typed.current, hash, habits))) return 'current_wrong';
  if (typed.next !== typed.repeated) return 'not_repeated';
  return brokenRule(portal.policy.rules, typed.next) ?? ((await wasUsed()) ? 'used_before' : null);
}

function refuse(portal: Portal, key: AccountKey, why: ChangeRefusal): Extract<ChangeDecision, { kind: 'refused' }> {
  count(portal.records, key, 'changesRefused');
  return { kind: 'refused', why };
}
