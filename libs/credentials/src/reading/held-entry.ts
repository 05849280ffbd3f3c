import { RcmError } from '@rcm/telemetry';
import type { CachedCredential, CacheEntry, HeldEntry, ReadCredential } from './credential-cache.ts';

/** Whether it is what was asked for; of an unknown version, `null`, a replica's copy is not. */
export const matches = (entry: HeldEntry, { version }: { readonly version: string | null }): boolean =>
  version === null ? !entry.fromReplica : entry.version === version;

/** A copy of another version than asked for is worth less than what the store itself gave, or than knowing that it has changed. */
export const mayKeep = (read: ReadCredential, asked: string | null, entry: CacheEntry | undefined): boolean =>
  read.from === 'store' || read.version === asked || entry === undefined || (entry.kind === 'held' && entry.fromReplica);

/** An entry that was found is in the cache, and one in the cache has its answer. */
export const answerOf = ({ answer }: HeldEntry): Promise<CachedCredential> =>
  answer ?? Promise.reject(new RcmError('store_unavailable', 'The credential has just left the cache; ask again.'));
