import { rotationOf, type SecretReference, type SecretStore, type StoredSecret } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { getAttempt, knowsRotation } from '@rcm/db/rotation';

/**
 * A database that was restored to an earlier hour has forgotten what was done since; the store has not. Two traces show it: a
 * current secret that a rotation made of which the journal does not know that it was promoted, and staged copies of attempts that
 * the journal does not know at all. In both cases the store wins, and nobody logs in for one lockout window, because the ledger
 * has forgotten the failures of that time too.
 */
export async function madeByForgottenRotation(db: Database, orgId: string, current: StoredSecret): Promise<boolean> {
  const { attemptId } = rotationOf(current.text);
  // A person's edit keeps the id of the rotation before it, which the journal knows.
  return attemptId !== null && !(await knowsRotation(db, { orgId, attemptId }));
}

/** The newest copy that the journal does not know; `null`: it knows them all. Its attempt may have come as far as the portal. */
export async function forgottenCopy(db: Database, store: SecretStore, current: SecretReference, signal: AbortSignal): Promise<string | null> {
  for (const attemptId of await store.listStaged(current, { signal })) {
    if ((await getAttempt(db, { attemptId })) === null) return attemptId;
  }
  return null;
}
