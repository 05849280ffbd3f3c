import type { Database, Transaction } from '../database.ts';
import { lockIdentity, type LockedIdentity } from '../identity.ts';

/** Longest time a writer intent may hold new shared leases back, however often it is renewed. */
export const INTENT_LIMIT_MS = 120_000;
/** After a writer intent reached that limit, no new one counts for this long: readers get their turn. */
const INTENT_COOL_DOWN_MS = 15_000;

/**
 * Notes that `holder` waits for the exclusive lease. Bounded at both ends, so neither kind starves the other: a stream of readers
 * cannot keep a rotation out, because the intent stops new ones; rotations that never get their lease cannot keep readers out,
 * because a writer intent ends after the limit and a cool-down follows.
 */
export async function registerIntent(
  tx: Transaction,
  identity: LockedIdentity,
  { holder, wantMs }: { readonly holder: string; readonly wantMs: number },
): Promise<void> {
  const now = identity.now.getTime();
  if (identity.exclusiveCoolDownUntil && identity.exclusiveCoolDownUntil.getTime() > now) return;
  const goesOn = identity.exclusiveWantedBy === holder && identity.exclusiveWantedUntil !== null && identity.exclusiveWantedUntil.getTime() > now;
  const since = goesOn && identity.exclusiveWantedSince ? identity.exclusiveWantedSince.getTime() : now;
  const limit = since + INTENT_LIMIT_MS;
  const until = Math.min(now + wantMs, limit);
  const data = {
    exclusiveWantedBy: holder,
    exclusiveWantedSince: new Date(since),
    exclusiveWantedUntil: new Date(until),
    exclusiveCoolDownUntil: until === limit ? new Date(limit + INTENT_COOL_DOWN_MS) : null,
  };
  // The cool-down begins when the intent ends; until then the intent holds, so the row says both.
  await tx.loginIdentity.update({ where: { id: identity.id }, data });
}

/** Forgets a writer intent, only its own holder's. */
export async function clearIntent(tx: Transaction, { loginIdentity, holder }: { readonly loginIdentity: string; readonly holder: string }): Promise<void> {
  const none = { exclusiveWantedBy: null, exclusiveWantedSince: null, exclusiveWantedUntil: null };
  await tx.loginIdentity.updateMany({ where: { id: loginIdentity, exclusiveWantedBy: holder }, data: none });
}

/** For a caller that gives up polling, so that readers need not wait for the intent to run out. Safe to repeat. */
export async function withdrawWriterIntent(
  db: Database,
  intent: { readonly orgId: string; readonly loginIdentity: string; readonly holder: string },
): Promise<void> {
  await db.transaction({ tenant: intent.orgId }, async (tx) => {
    await lockIdentity(tx, intent.loginIdentity);
    await clearIntent(tx, intent);
  });
}
