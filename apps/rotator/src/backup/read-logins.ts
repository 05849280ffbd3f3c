import { parseReference, type SecretReference, type SecretStore, type StoredSecret } from '@rcm/credentials';
import type { BackedUpCopy, BackedUpLogin } from '@rcm/credentials/backup';
import { type EndpointRow, getEndpoint, listEndpointsOf } from '@rcm/db';
import { hasCode } from '@rcm/telemetry';
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
  /** Of each of these, why. */
  whyMissing: Record<string, WhyMissing>;
  /** Staged copies that are no payload, by their endpoints: what a person saved there is in no file. */
  noPayload: Record<string, number>;
}

/** What one secret has of its own; whatever a store has as a whole ends the backup. */
const ITS_OWN = ['payload_invalid', 'reference_invalid', 'reference_not_yours', 'store_denied'] as const;
export type WhyMissing = 'secret_missing' | (typeof ITS_OWN)[number];

export const noCounts = (): BackupCounts => ({ logins: 0, copies: 0, notMigrated: 0, missing: [], whyMissing: {}, noPayload: {} });

export interface ReadOptions {
  readonly orgId: string;
  readonly counts: BackupCounts;
  readonly signal: AbortSignal;
}

/** Every login of an organization as its store holds it, by the ids of the endpoints. A store that is away ends it; what one secret has of its own is counted. */
export async function* readLogins({ rotator, db }: Pick<RotatorProcess, 'rotator' | 'db'>, options: ReadOptions): AsyncGenerator<BackedUpLogin> {
  const { orgId, counts, signal } = options;
  const reading: Reading = { store: rotator.stores.forTenant(orgId), environment: rotator.environment, counts, signal };
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
      if (typeof login === 'string') {
        counts.missing.push(endpointId);
        counts.whyMissing[endpointId] = login;
      } else {
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
  readonly counts: BackupCounts;
  readonly signal: AbortSignal;
}

/**
 * One login. A rotation may go on meanwhile: current is read before and after what lies staged, and where it has changed, all is read again, so that
 * what was current and what was to become it are never both missed.
 */
async function readLogin(reading: Reading, endpoint: EndpointRow, secretArn: string): Promise<BackedUpLogin | WhyMissing> {
  const { store, counts, signal } = reading;
  const { id: endpointId, portalTypeCode } = endpoint;
  try {
    const reference = parseReference(secretArn);
    let current = await store.read(reference, { signal });
    for (let reads = 1; current !== null; reads += 1) {
      const { staged, noPayload } = await readStaged(reading, endpoint, reference);
      const now: StoredSecret | null = await store.read(reference, { signal });
      if (now === null) return 'secret_missing';
      if (now.version === current.version || reads === MOST_READS) {
        if (noPayload > 0) counts.noPayload[endpointId] = noPayload;
        return { endpointId, portalTypeCode, reference: secretArn, version: now.version, text: now.text, staged };
      }
      current = now;
    }
    return 'secret_missing';
  } catch (error) {
    const own = ITS_OWN.find((code) => hasCode(error, code));
    if (own) return own;
    throw error;
  }
}

interface Staged {
  readonly staged: readonly BackedUpCopy[];
  /** Of how many others what lies there is no payload. */
  readonly noPayload: number;
}

async function readStaged({ store, environment, signal }: Reading, { orgId, portalTypeCode }: EndpointRow, current: SecretReference): Promise<Staged> {
  const tags = { TenantId: orgId, Environment: environment, PortalType: portalTypeCode };
  const staged: BackedUpCopy[] = [];
  let noPayload = 0;
  for (const attemptId of await store.listStaged(current, { signal })) {
    const stored = await store.readStaged({ current, attemptId, tags }, { signal }).catch((error: unknown) => {
      if (!hasCode(error, 'payload_invalid')) throw error;
      noPayload += 1;
      return null;
    });
    if (stored) staged.push({ attemptId, text: stored.text });
  }
  return { staged, noPayload };
}
