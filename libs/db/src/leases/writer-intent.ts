import type { Database, RawTransaction } from '../database.ts';
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
  tx: RawTransaction,
  identity: LockedIdentity,
  { holder, wantMs }: { readonly holder: string; readonly wantMs: number },
): Promise<void> {
  const now = identity.now.getTime();
  if (identity.exclusiveCoolDownUntil && identity.exclusiveCoolDownUntil.getTime() > now) return;
  const goesOn = identity.exclusiveWantedBy === holder && identity.exclusiveWantedUntil !== null && identity.exclusiveWantedUntil.getTime() > now;
  const since = goesOn && identity.exclusiveWantedSince ? identity.exclusiveWantedSince.getTime() : now;
  const limit = since + INTENT_LIMIT_MS;
  const until = Math.min(now + wantMs, limit);
  // The cool-down begins when the intent ends; until then the intent holds, so the row says both.
  const coolDownUntil = until === limit ? new Date(limit + INTENT_COOL_DOWN_MS) : null;
  await tx.$executeRaw`
    UPDATE login_identity SET exclusive_wanted_by = ${holder}, exclusive_wanted_since = ${new Date(since)}::timestamptz, exclusive_wanted_until = ${new Date(until)}::timestamptz,
           exclusive_rest_until = ${coolDownUntil}::timestamptz
     WHERE id = ${identity.id}`;
}

/** Forgets a writer intent, only its own holder's. */
export async function clearIntent(tx: RawTransaction, { loginIdentity, holder }: { readonly loginIdentity: string; readonly holder: string }): Promise<void> {
  await tx.$executeRaw`
    UPDATE login_identity SET exclusive_wanted_by = NULL, exclusive_wanted_since = NULL, exclusive_wanted_until = NULL
     WHERE id = ${loginIdentity} AND exclusive_wanted_by = ${holder}`;
}

/** For a caller that gives up polling, so that readers need not wait for the intent to run out. Safe to repeat. */
export async function withdrawWriterIntent(
  db: Database,
  intent: { readonly orgId: string; readonly loginIdentity: string; readonly holder: string },
): Promise<void> {
  await db.rawTransaction({ tenant: intent.orgId }, async (tx) => {
    await lockIdentity(tx, intent.loginIdentity);
    await clearIntent(tx, intent);
  });
}
