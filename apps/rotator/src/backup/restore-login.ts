import {
  formatReference,
  type IdentityKeys,
  isAttemptId,
  isSameText,
  parsePayload,
  parseReference,
  referenceKey,
  rotationOf,
  type SecretReference,
  type SecretStore,
} from '@rcm/credentials';
import type { BackedUpLogin } from '@rcm/credentials/backup';
import { type EndpointRow, getEndpoint, recordAuditEvent } from '@rcm/db';
import { acceptedAnother, type Fingerprints } from '@rcm/db/ledger';
import { followSecretMadeAnew, getOpenAttempt, noteCopyBack, outrunCopy, promotedSince } from '@rcm/db/rotation';
import { accountOf } from '@rcm/portal-access';
import { hasCode, RcmError, type Secret } from '@rcm/telemetry';
import type { PersonalAct } from '../commands/command.ts';
import type { RotatorProcess } from '../services.ts';

/**
 * What a backup comes to for one login. `restored`: its secret was gone and is as it was. `outdated`: likewise, but the journal knows a later rotation, or the ledger a
 * password that the portal has taken since, and that password is in no store. `copy_restored`: its secret is there, and nobody touched it; what its open rotation had staged was gone and is as it was. `same`: the store
 * has it. `kept`: the store holds something else, which nobody touched. `no_row`, `elsewhere`: no endpoint has that id, or its row names another secret.
 */
export type Restored = 'restored' | 'outdated' | 'copy_restored' | 'same' | 'kept' | 'no_row' | 'elsewhere';

export interface RestoreOptions extends PersonalAct {
  readonly orgId: string;
  /** Of when the backup is. */
  readonly takenAt: Date;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * Puts one login back where its secret is gone, with the copies that lay staged beside it. It never overwrites: whatever lies in a store is newer than any backup. May be
 * repeated after a crash at any point. Fails as the store does.
 */
export async function restoreLogin(process: Pick<RotatorProcess, 'rotator' | 'db'>, login: BackedUpLogin, options: RestoreOptions): Promise<Restored> {
  const { rotator, db } = process;
  const { orgId, signal } = options;
  const endpoint = await getEndpoint(db, { orgId, endpointId: login.endpointId });
  if (endpoint === null) return 'no_row';
  const backedUp = parseReference(login.reference);
  if (endpoint.secretArn === null || referenceKey(parseReference(endpoint.secretArn)) !== referenceKey(backedUp)) return 'elsewhere';
  const reference = parseReference(endpoint.secretArn);
  const place: Place = { store: rotator.stores.forTenant(orgId), endpoint, reference, environment: rotator.environment };
  const current = await place.store.read(reference, { signal });
  if (current !== null) {
    const isCopyBack = await restoreOpenCopy(process, place, login, options);
    if (isCopyBack) return 'copy_restored';
    return isSameText(current.text, login.text) ? 'same' : 'kept';
  }
  const result = (await isOutdated(process, place, login, options)) ? 'outdated' : 'restored';
  if (options.dryRun) return result;
  await recordRestore(process, place, login, { ...options, copies: login.staged.length, result });
  await makeAnew(process, place, login, options);
  return result;
}

/** Where current is there, only the copy of an open rotation can matter. Returns whether it was gone. */
async function restoreOpenCopy(process: Pick<RotatorProcess, 'rotator' | 'db'>, place: Place, login: BackedUpLogin, options: RestoreOptions): Promise<boolean> {
  const attemptId = await openAttemptOf(process, place.endpoint);
  const copy = login.staged.find((each) => each.attemptId === attemptId);
  if (!copy || (await isStaged(place, copy, options.signal))) return false;
  if (options.dryRun) return true;
  await recordRestore(process, place, login, { ...options, copies: 1, result: 'copy_restored' });
  await stageAgain(process, place, copy, options.signal);
  return true;
}

/** Before anything is written. */
function recordRestore(
  { db }: Pick<RotatorProcess, 'db'>,
  { endpoint }: Place,
  { version }: BackedUpLogin,
  { orgId, actor, reason, copies, result }: RestoreOptions & { readonly copies: number; readonly result: Restored },
): Promise<void> {
  const event = { orgId, actor, reason, action: 'secret.restore', subject: endpoint.id };
  return recordAuditEvent(db, { ...event, details: { backedUpVersion: version, copies, result } });
}

/** What lets agents log in comes last: when it is there, all is there, and a restore that died before is repeated from its beginning. */
async function makeAnew(process: Pick<RotatorProcess, 'rotator' | 'db'>, place: Place, login: BackedUpLogin, options: RestoreOptions): Promise<void> {
  const { store, endpoint, reference: gone } = place;
  const { signal } = options;
  const create = async () => (await store.create(withoutSuffix(gone), login.text, tagsOf(place), { signal })).reference;
  if (gone.store !== 'secrets-manager') {
    await restoreCopies(process, place, login, signal);
    await create();
    return;
  }
  // There a staged copy is a version of the secret itself, and the row does not name the new one yet.
  const reference = await create();
  await restoreCopies(process, { ...place, reference }, login, signal);
  await followSecretMadeAnew(process.db, { orgId: endpoint.orgId, from: formatReference(gone), to: formatReference(reference) });
  await mustBeNamed(process, endpoint, reference);
}

/** Where a person has the row name something else meanwhile, it is theirs; that the secret is back must not be said then. */
async function mustBeNamed({ db }: Pick<RotatorProcess, 'db'>, { orgId, id: endpointId }: EndpointRow, reference: SecretReference): Promise<void> {
  const row = await getEndpoint(db, { orgId, endpointId });
  if (row?.secretArn === formatReference(reference)) return;
  throw new RcmError('state_conflict', 'The secret is in the store again, under another ARN, and the row names neither that nor the one before.', {
    details: { endpointId },
  });
}

interface Place {
  readonly store: SecretStore;
  readonly endpoint: EndpointRow;
  readonly reference: SecretReference;
  readonly environment: string;
}

const tagsOf = ({ endpoint, environment }: Place) => ({ TenantId: endpoint.orgId, Environment: environment, PortalType: endpoint.portalTypeCode });

/** As it is asked for before Secrets Manager has named it. */
const withoutSuffix = (reference: SecretReference): SecretReference =>
  reference.store === 'secrets-manager' ? Object.freeze({ ...reference, suffix: null }) : reference;

type Copy = BackedUpLogin['staged'][number];

/**
 * What is there stays. An older backup may hold what a person had put among the copies: that is left out. The oldest first, as they were made: stores tell the
 * newest by when it was written, and where the journal knows none of them, that one is tried first.
 */
async function restoreCopies(process: Pick<RotatorProcess, 'rotator' | 'db'>, place: Place, { staged }: BackedUpLogin, signal: AbortSignal): Promise<void> {
  for (const copy of staged.toReversed()) {
    if (!isAttemptId(copy.attemptId)) continue;
    // First, so that none lies there for good of which it is noted that it is gone.
    await noteCopyBack(process.db, { attemptId: copy.attemptId, orgId: place.endpoint.orgId });
    if (!(await isStaged(place, copy, signal))) await stageAgain(process, place, copy, signal);
  }
}

const slotOf = (place: Place, attemptId: string) => ({ current: place.reference, attemptId, tags: tagsOf(place) });

const isStaged = async (place: Place, { attemptId }: Pick<Copy, 'attemptId'>, signal: AbortSignal): Promise<boolean> =>
  (await place.store.readStaged(slotOf(place, attemptId), { signal })) !== null;

async function stageAgain({ rotator }: Pick<RotatorProcess, 'rotator'>, place: Place, { attemptId, text }: Copy, signal: AbortSignal): Promise<void> {
  await place.store.stage(slotOf(place, attemptId), text, { signal });
  rotator.logger.warn({ endpointId: place.endpoint.id, attemptId }, 'a staged copy was put back out of a backup');
}

async function openAttemptOf({ db }: Pick<RotatorProcess, 'db'>, { orgId, loginIdentity }: EndpointRow): Promise<string | null> {
  return loginIdentity === null ? null : ((await getOpenAttempt(db, { orgId, loginIdentity }))?.id ?? null);
}

/**
 * Whether the journal knows a later rotation whose copy is neither in the backup nor in the store: somebody may have deleted current alone. Or whether a person has changed the
 * password since, which no rotation says: the portal has taken another one than all that are there.
 */
async function isOutdated(
  { rotator, db }: Pick<RotatorProcess, 'rotator' | 'db'>,
  place: Place,
  { text, staged }: BackedUpLogin,
  { takenAt, signal }: Pick<RestoreOptions, 'takenAt' | 'signal'>,
): Promise<boolean> {
  const { orgId, loginIdentity } = place.endpoint;
  if (loginIdentity === null) return false;
  const { attemptId } = rotationOf(text);
  // A text that names no rotation was made before the first one, or typed by a person: which came after it only the time says.
  const asked = { orgId, loginIdentity };
  const newest = attemptId === null ? await promotedSince(db, { ...asked, since: takenAt }) : ((await outrunCopy(db, { ...asked, attemptId }))?.newest ?? null);
  const lies = newest === null ? null : await place.store.readStaged(slotOf(place, newest.attemptId), { signal });
  if (newest !== null && lies === null && !staged.some((copy) => copy.attemptId === newest.attemptId)) return true;
  const there = [text, ...staged.map((copy) => copy.text), ...(lies ? [lies.text] : [])];
  const fingerprints = there.flatMap((each) => fingerprintsOf(rotator.keys, place.endpoint, each));
  return acceptedAnother(db, { ...asked, fingerprints, since: takenAt });
}

/** None of what is no payload: it was put into the store by hand, and no portal takes it. */
function fingerprintsOf(keys: IdentityKeys, endpoint: EndpointRow, text: Secret<string>): Fingerprints {
  try {
    return accountOf(keys, endpoint, parsePayload(text)).fingerprints;
  } catch (error) {
    if (hasCode(error, 'payload_invalid')) return [];
    throw error;
  }
}
