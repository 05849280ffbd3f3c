import { type HeldCredential, parseReference } from '@rcm/credentials';
import { type Database, type EndpointRow, getEndpoint } from '@rcm/db';
import type { HeldLease } from '@rcm/db/holding';
import { coolDownLogin } from '@rcm/db/ledger';
import { followStoreVersion, knowsRotation, outrunCopy, wantCredentialSearch, wasReplaced } from '@rcm/db/rotation';
import { hasCode, RcmError } from '@rcm/telemetry';
import { accountOf, goesBy } from './account.ts';
import type { AgentAccess } from './agent-access.ts';
import { type CredentialSource, notReady } from './credential-source.ts';
import { rotationThatMade } from './portal-credential.ts';
import { afterRestoreMs } from './restored.ts';
import type { MigratedEndpoint } from './migrated-endpoint.ts';

/** The endpoint of this organization, with its secret. Fails with `endpoint_unknown`, `endpoint_retired` or `secret_missing`. */
export async function migratedEndpoint(db: Database, visit: { readonly orgId: string; readonly endpointId: string }): Promise<MigratedEndpoint> {
  const endpoint = await getEndpoint(db, visit);
  if (!endpoint) throw new RcmError('endpoint_unknown', `Organization ${visit.orgId} has no endpoint ${visit.endpointId}.`);
  if (!isMigrated(endpoint)) throw notMigrated(endpoint);
  return endpoint;
}

export const isMigrated = (endpoint: EndpointRow): endpoint is MigratedEndpoint => endpoint.secretArn !== null && endpoint.loginIdentity !== null;

export const notMigrated = ({ id, retiredAt }: Pick<EndpointRow, 'id' | 'retiredAt'>): RcmError =>
  retiredAt
    ? new RcmError('endpoint_retired', `Endpoint ${id} is retired: its organization uses the login no more.`, { details: { endpointId: id } })
    : new RcmError('secret_missing', `Endpoint ${id} has no secret reference yet; run the migrator first.`, { details: { endpointId: id } });

/** What the store that the row names holds. */
export function storedCredential(access: AgentAccess, endpoint: MigratedEndpoint, held: HeldLease): CredentialSource {
  return {
    keptVersion: () => Promise.resolve(held.lease.currentVersion),
    current: () => currentCredential(access, endpoint, held),
    forget: () => access.credentials.invalidate({ reference: parseReference(endpoint.secretArn) }),
  };
}

async function currentCredential(access: AgentAccess, endpoint: MigratedEndpoint, held: HeldLease): Promise<HeldCredential> {
  const asked = held.lease.currentVersion;
  const wanted = { orgId: endpoint.orgId, reference: parseReference(endpoint.secretArn), version: asked, signal: held.signal };
  const credential = await access.credentials.get(wanted).catch(silentStore);
  // The store is ahead: a person changed it. The row follows, so that everybody else stops using the older one.
  if (credential.version !== asked && credential.served !== 'stale') {
    await refuseReplaced(access, endpoint, { current: asked, read: credential.version, madeBy: rotationThatMade(credential.payload) });
    await refuseOutrun(access, endpoint, credential);
    await coolDownAfterRestore(access, endpoint, held, credential);
    await followStoreVersion(access.db, { endpointId: endpoint.id, orgId: endpoint.orgId, secretArn: endpoint.secretArn, from: asked, to: credential.version });
  }
  if (!goesBy(accountOf(access.keys, endpoint, credential.payload), endpoint.loginIdentity)) await refuseOtherAccount(access, endpoint);
  return credential;
}

/** A store that hangs is as one that does not answer; the time of a visit's own acts has the same code. */
function silentStore(error: unknown): never {
  throw hasCode(error, 'deadline_exceeded') ? new RcmError('store_unavailable', 'The secret store did not answer in time.', { cause: error }) : error;
}

interface ReadVersion {
  readonly current: string | null;
  readonly read: string;
  readonly madeBy: string | null;
}

/**
 * The store is behind, not ahead: it answers what the last rotation replaced, or what the row named until it followed a moment ago. Mostly the next read is right.
 * Where a person has gone back to what a rotation replaced, the rotator finds out which of the two passwords the portal accepts; an agent types neither, and the
 * row stays. What the row followed is an edit like theirs, so that the row follows them once the store has had its time.
 */
async function refuseReplaced({ db, logger }: AgentAccess, endpoint: MigratedEndpoint, versions: ReadVersion): Promise<void> {
  const { id: endpointId, orgId, loginIdentity } = endpoint;
  const replaced = await wasReplaced(db, { orgId, endpointId, loginIdentity, ...versions });
  if (replaced === null) return;
  logger.warn({ endpointId, replaced }, 'the store answers a version that was replaced; its password is not tried');
  if (replaced === 'by_rotation') await wantCredentialSearch(db, { orgId, endpointId });
  throw notReady(endpoint, `replaced_${replaced}`);
}

/**
 * Somebody opened the secret before a rotation and saved it after: its password is the one that the rotation replaced, and to try it would be
 * a failure for nothing. The rotator puts the newer password into what they saved.
 */
async function refuseOutrun({ db, logger }: AgentAccess, endpoint: MigratedEndpoint, { payload }: HeldCredential): Promise<void> {
  const { id: endpointId, orgId, loginIdentity } = endpoint;
  const attemptId = rotationThatMade(payload);
  if (attemptId === null || (await outrunCopy(db, { orgId, loginIdentity, attemptId })) === null) return;
  logger.warn({ endpointId }, 'the secret was saved from a copy that is older than the last rotation; the rotator puts it right');
  await wantCredentialSearch(db, { orgId, endpointId });
  throw notReady(endpoint, 'saved_from_old_copy');
}

/** Only a rotator may say which account a row means: it follows, with what the ledger knows. */
async function refuseOtherAccount({ db, logger }: AgentAccess, endpoint: MigratedEndpoint): Promise<never> {
  logger.warn({ endpointId: endpoint.id }, 'the secret names another account than the row; the rotator lets the row follow');
  await wantCredentialSearch(db, { orgId: endpoint.orgId, endpointId: endpoint.id });
  throw notReady(endpoint, 'other_account');
}

/**
 * A rotation made this version and the journal does not know it: the database was restored to an earlier hour. The ledger has forgotten the
 * failures of that time too, so nobody logs in for one lockout window.
 */
async function coolDownAfterRestore(
  { db, logger }: AgentAccess,
  endpoint: MigratedEndpoint,
  held: HeldLease,
  { payload, version }: HeldCredential,
): Promise<void> {
  const { id: endpointId, orgId, portalType } = endpoint;
  const attemptId = rotationThatMade(payload);
  if (attemptId === null || (await knowsRotation(db, { orgId, attemptId }))) return;
  logger.error({ endpointId }, 'the database was restored to an earlier hour: the store is ahead of it; nobody logs in for one lockout window');
  await coolDownLogin(db, { orgId, endpointId, leaseId: held.lease.id, version, actor: 'agent', forMs: afterRestoreMs(portalType) });
}
