import { nowMs, type Portal } from '../portal.ts';
import { addFormerPassword, findAccount, formerPasswords, saveAccount, type AccountKey } from '../records/accounts.ts';
import { inTransaction } from '../records/database.ts';
import { takeFault, type ChangeFault } from '../records/faults.ts';
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

/** `fault` says that the portal is to fail now although (`…_after_commit`) or so that not (`500_before_commit`) the change was made. */
export type ChangeDecision =
  { readonly kind: 'changed' } | { readonly kind: 'refused'; readonly why: ChangeRefusal } | { readonly kind: 'fault'; readonly fault: ChangeFault };

/** Checks and makes one password change: new hash, history, expiry, ended sessions and the count are one transaction. */
export async function changePassword(portal: Portal, typed: TypedChange): Promise<ChangeDecision> {
  const key: AccountKey = { portal: portal.code, username: typed.username };
  const seen = findAccount(portal.records, key);
  const refusal = await refusalOf(portal, key, typed, seen?.passwordHash ?? null);
  if (refusal) return refuse(portal, key, refusal);
  const hash = await hashPassword(typed.next);
  return inTransaction(portal.records, (): ChangeDecision => {
    const account = findAccount(portal.records, key);
    // Another change was committed while this one was checked.
    if (!account || account.passwordHash !== seen?.passwordHash) return refuse(portal, key, 'current_wrong');
    const fault = takeFault(portal.records, portal.code, ['500_before_commit', '500_after_commit', 'drop_after_commit'])?.fault;
    if (fault === '500_before_commit') return { kind: 'fault', fault };
    const { passwordLifetimeMs, changeEnds } = portal.policy;
    const now = nowMs(portal);
    addFormerPassword(portal.records, key, account.passwordHash);
    saveAccount(portal.records, {
      ...account,
      passwordHash: hash,
      passwordChangedAt: now,
      expiresAt: passwordLifetimeMs === null ? null : now + passwordLifetimeMs,
    });
    if (changeEnds !== 'none') endSessionsOf(portal.records, key, changeEnds === 'others' ? typed.sessionId : null);
    count(portal.records, key, 'passwordsChanged');
    return fault ? { kind: 'fault', fault } : { kind: 'changed' };
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

function refuse(portal: Portal, key: AccountKey, why: ChangeRefusal): ChangeDecision {
  count(portal.records, key, 'changesRefused');
  return { kind: 'refused', why };
}
