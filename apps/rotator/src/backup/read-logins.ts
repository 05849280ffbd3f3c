import { parseReference, type SecretReference, type SecretStore, type StoredSecret } from '@rcm/credentials';
import type { BackedUpCopy, BackedUpLogin } from '@rcm/credentials/backup';
import { type EndpointRow, getEndpoint, listEndpointsOf } from '@rcm/db';
import { hasCode, isId } from '@rcm/telemetry';
import type { RotatorProcess } from '../services.ts';

const PAGE = 200;
/** Each costs four calls or more, of SSM's forty reads a second; the agents need the rest. */
const PER_SECOND = 4;
/** How often a login is read again that is rotated just now. */
const MOST_READS = 5;

export interface BackupCounts {
  /** Logins that are in the file. */
  logins: number;
  /** Staged copies that are in it. */
  copies: number;
  /** Endpoints whose login is not in any store yet. */
  notMigrated: number;
  /** Endpoints whose row names a secret that is not there, or that could not be read. */
  missing: string[];
}

export interface ReadOptions {
  readonly orgId: string;
  readonly counts: BackupCounts;
  readonly signal: AbortSignal;
}

/** Every login of an organization as its store holds it, by the ids of the endpoints. A store that is away ends it; what one secret has of its own is counted. */
export async function* readLogins({ rotator, db }: Pick<RotatorProcess, 'rotator' | 'db'>, options: ReadOptions): AsyncGenerator<BackedUpLogin> {
  const { orgId, counts, signal } = options;
  const reading: Reading = { store: rotator.stores.forTenant(orgId), environment: rotator.environment, signal };
  for (let after: string | undefined; ;) {
    const { endpoints, next } = await listEndpointsOf(db, { orgId, after, limit: PAGE });
    for (const { id: endpointId, hasLogin } of endpoints) {
      signal.throwIfAborted();
      const endpoint = hasLogin ? await getEndpoint(db, { orgId, endpointId }) : null;
      if (endpoint === null || endpoint.secretArn === null) {
        counts.notMigrated += 1;
        continue;
      }
      const login = await readLogin(reading, endpoint, endpoint.secretArn);
      if (login === null) counts.missing.push(endpointId);
      else {
        counts.logins += 1;
        counts.copies += login.staged.length;
        yield login;
      }
      await rotator.clock.sleep(1000 / PER_SECOND, signal);
    }
    if (next === null) return;
    after = next;
  }
}

/** Of one organization, where its logins lie. */
interface Reading {
  readonly store: SecretStore;
  readonly environment: string;
  readonly signal: AbortSignal;
}

/**
 * One login. A rotation may go on meanwhile: current is read before and after what lies staged, and where it has changed, all is read again, so that
 * what was current and what was to become it are never both missed.
 */
async function readLogin(
  { store, environment, signal }: Reading,
  { id: endpointId, orgId, portalTypeCode }: EndpointRow,
  secretArn: string,
): Promise<BackedUpLogin | null> {
  const reference = parseReference(secretArn);
  const tags = { TenantId: orgId, Environment: environment, PortalType: portalTypeCode };
  try {
    let current = await store.read(reference, { signal });
    for (let reads = 1; current !== null; reads += 1) {
      const staged = await readStaged(store, reference, tags, signal);
      const now: StoredSecret | null = await store.read(reference, { signal });
      if (now === null) return null;
      if (now.version === current.version || reads === MOST_READS)
        return { endpointId, portalTypeCode, reference: secretArn, version: now.version, text: now.text, staged };
      current = now;
    }
    return null;
  } catch (error) {
    // Nothing of it can be told apart from a secret that is gone; whatever the store has as a whole ends the backup.
    if (hasCode(error, 'payload_invalid', 'reference_not_yours')) return null;
    throw error;
  }
}

async function readStaged(
  store: SecretStore,
  current: SecretReference,
  tags: { readonly TenantId: string; readonly Environment: string; readonly PortalType: string },
  signal: AbortSignal,
): Promise<readonly BackedUpCopy[]> {
  const copies: BackedUpCopy[] = [];
  for (const attemptId of await store.listStaged(current, { signal })) {
    // No attempt of ours has another; whoever put it there did not mean a copy.
    if (!isId(attemptId)) continue;
    const stored = await store.readStaged({ current, attemptId, tags }, { signal });
    if (stored) copies.push({ attemptId, text: stored.text });
  }
  return copies;
}
