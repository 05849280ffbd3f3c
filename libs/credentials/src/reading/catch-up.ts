import type { SecretReference } from '../reference.ts';
import type { CredentialCache, HeldEntry } from './credential-cache.ts';

/** The versions that the rows of one organization name now, by `referenceKey`; a reference that no row names is left out. */
export type CurrentVersions = (orgId: string, references: readonly SecretReference[]) => Promise<ReadonlyMap<string, string | null>>;

export interface CaughtUp {
  readonly checked: number;
  /** What was held of another version than its row names. */
  readonly changed: readonly SecretReference[];
}

/**
 * Compares what is held with the rows, one question of at most `batch` references after the other, and gives up only what has
 * changed: ten thousand held credentials cost a few hundred indexed look-ups and no call to a store.
 */
export async function catchUpCache(cache: CredentialCache, batch: number, currentVersions: CurrentVersions, signal: AbortSignal): Promise<CaughtUp> {
  const byOrganization = Map.groupBy(cache.held(), ({ reference }) => reference.organizationId);
  const changed: SecretReference[] = [];
  let checked = 0;
  for (const [orgId, entries] of byOrganization) {
    for (let from = 0; from < entries.length; from += batch) {
      signal.throwIfAborted();
      const asked = entries.slice(from, from + batch);
      const current = await currentVersions(
        orgId,
        asked.map(({ reference }) => reference),
      );
      for (const entry of asked.filter((each) => isOutdated(each, current.get(cache.keyOf(each.reference))))) {
        cache.noteChanged(entry.reference);
        changed.push(entry.reference);
      }
      checked += asked.length;
    }
  }
  return { checked, changed };
}

/** What has left the cache is not compared: what came in its place is newer than the question. */
const isOutdated = (entry: HeldEntry, current: string | null | undefined): boolean => entry.answer !== null && entry.version !== current;
