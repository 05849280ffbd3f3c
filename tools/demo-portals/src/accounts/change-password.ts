import { nowMs, type Portal } from '../portal.ts';
import { addFormerPassword, findAccount, formerPasswords, saveAccount, type AccountKey } from '../records/accounts.ts';
import { inTransaction } from '../records/database.ts';
import { takeChangeFault, type ChangeFault } from '../records/faults.ts';
import { endSessionsOf } from '../records/sessions.ts';
import { count } from '../records/tallies.ts';
import { hashPassword, passwordMatches } from './password-hash.ts';
import { brokenRule, type BrokenRule } from './password-rules.ts';

export interface TypedChange {
  readonly username: string;
  readonly sessionId: string;
  readonly current: string;
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
  const seen = findAccount(portal.records, key);
  const refusal = await refusalOf(portal, key, typed, seen?.passwordHash ?? null);
  if (refusal) return refuse(portal, key, refusal);
  const change: CheckedChange = { key, sessionId: typed.sessionId, from: seen?.passwordHash ?? '', to: await hashPassword(typed.next) };
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
  }
}

interface CheckedChange {
  readonly key: AccountKey;
  readonly sessionId: string;
  /** The hash that was checked against, and the new one. */
  readonly from: string;
  readonly to: string;
}

async function commitLater(portal: Portal, change: CheckedChange, delayMs: number): Promise<void> {
  await portal.clock.sleep(delayMs, portal.closing);
  if (!portal.closing.aborted) commit(portal, change);
}

/** New hash, history, expiry, ended sessions and the count are one transaction. */
function commit(portal: Portal, { key, sessionId, from, to }: CheckedChange): Exclude<ChangeDecision, { kind: 'fault' }> {
  return inTransaction(portal.records, () => {
    const account = findAccount(portal.records, key);
    // Another change was committed while this one was checked.
    if (!account || account.passwordHash !== from) return refuse(portal, key, 'current_wrong');
    const { passwordLifetimeMs, changeEnds } = portal.policy;
    const now = nowMs(portal);
    addFormerPassword(portal.records, key, account.passwordHash);
    saveAccount(portal.records, {
      ...account,
      passwordHash: to,
      passwordChangedAt: now,
      expiresAt: passwordLifetimeMs === null ? null : now + passwordLifetimeMs,
    });
    if (changeEnds !== 'none') endSessionsOf(portal.records, key, changeEnds === 'others' ? sessionId : null);
    count(portal.records, key, 'passwordsChanged');
    return { kind: 'changed' };
  });
}

async function refusalOf(portal: Portal, key: AccountKey, typed: TypedChange, hash: string | null): Promise<ChangeRefusal | null> {
  if (!(await passwordMatches(typed.current, hash))) return 'current_wrong';
  if (typed.next !== typed.repeated) return 'not_repeated';
  const broken = brokenRule(portal.policy.rules, typed.next);
  if (broken) return broken;
  const before = [hash, ...formerPasswords(portal.records, key, portal.policy.noReuseOf - 1)];
  const matches = await Promise.all(before.map((former) => passwordMatches(typed.next, former)));
  return matches.includes(true) ? 'used_before' : null;
}

function refuse(portal: Portal, key: AccountKey, why: ChangeRefusal): Extract<ChangeDecision, { kind: 'refused' }> {
  count(portal.records, key, 'changesRefused');
  return { kind: 'refused', why };
}
