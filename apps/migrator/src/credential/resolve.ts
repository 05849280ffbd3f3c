import { parsePayload, rotationOf, serializePayload, type StoredSecret } from '@rcm/credentials';
import { canonicalFingerprint, rowFingerprint } from '@rcm/credentials/legacy';
import { type EndpointRow, recordAuditEvent } from '@rcm/db';
import { type HeldLease, withExclusiveLease } from '@rcm/db/holding';
import { beginSecretLook, claimLegacy, recordResolved, recordResolvedRow, releaseClaim, type ResolveAnswer, wasPromoted } from '@rcm/db/migration';
import { getOpenAttempt } from '@rcm/db/rotation';
import { type ErrorCode, RcmError, type Secret } from '@rcm/telemetry';
import { LEASE_MARGIN_MS, leaseRequest } from '../lease-request.ts';
import { type Migration, toTheEnd } from '../migration.ts';
import { asItWas } from './as-it-was.ts';
import { examine, isIdentityOf } from './examine.ts';
import { keepBeside } from './keep.ts';
import { CLAIM_MS, migrateAfterOthers, type Why } from './move.ts';
import { retiredRow } from './retired-row.ts';
import { isOne, lookAtBoth, type Pair, readHeld, readUnnamed } from './row-and-secret.ts';

/** Which of the two is right. */
export type Take = 'row' | 'store';

export interface Resolved {
  /** Of the store, now. */
  readonly version: string;
  /** Where what was not taken lies; `null`: row and store were one already. */
  readonly kept: string | null;
}

interface Word extends Why {
  readonly take: Take;
  /** The version of the secret that the person has looked at: their word is of no other. */
  readonly seen: string;
}

/**
 * Row and store differ, and a person says which the portal accepts. What they do not take is kept beside first (`keepBeside`): it may be the only copy of
 * something. Killed anywhere and run again, it ends the same. Fails with `state_conflict`, `row_edited` (somebody edits the row meanwhile), `store_conflict`
 * (somebody changed the secret since the person looked at it, or does meanwhile), `lease_unavailable`, `endpoint_retired`, `payload_invalid` (what is to be taken is no login), `store_*`.
 */
export async function resolveEndpoint(migration: Migration, endpoint: EndpointRow, word: Word): Promise<Resolved> {
  if (endpoint.secretArn === null) return resolveUnmigrated(migration, endpoint, word);
  const { secretArn } = endpoint;
  return withExclusiveLease(leaseRequest(migration, endpoint), async (held) => {
    await mustHaveNoRotation(migration, endpoint);
    const look = await migration.patience(null, () => beginSecretLook(migration.db, { endpointId: endpoint.id, orgId: endpoint.orgId }));
    const pair = await readHeld(migration, endpoint, { secretArn, held });
    const done = await follow(migration, endpoint, { ...pair, ...word, held });
    const { credentials, stored, kept } = done;
    const answer = await migration.patienceToTheEnd(null, () =>
      recordResolved(migration.db, {
        ...{ endpointId: endpoint.id, orgId: endpoint.orgId, leaseId: held.lease.id, secretArn, ...word, credentials, kept, look },
        version: stored.version,
        fingerprint: canonicalFingerprint(migration.fingerprintKey, stored.text),
        row: seen(migration, endpoint, pair.legacy),
      }),
    );
    if (answer !== 'resolved') throw refused(answer);
    return { version: stored.version, kept };
  });
}

/**
 * What the store holds is to be tried at the portal before anything is changed: only where the person's word could be followed now, as each try counts there. Whoever follows it looks again.
 * Fails as `resolveEndpoint`.
 */
export async function mustBeToDecide(migration: Migration, endpoint: EndpointRow, { seen }: Pick<Word, 'seen'>): Promise<void> {
  await mustHaveNoRotation(migration, endpoint);
  const { legacy, stored } = await lookAtBoth(migration, endpoint);
  mustBeOfTheLogin(migration, endpoint, stored.text);
  if (!isOne(migration, { legacy, stored })) mustBeSeen(stored, seen);
}

/** Before `apply` has named a secret in the row, nobody reads the one that lies under its name; then `apply`'s own way adopts it. */
async function resolveUnmigrated(migration: Migration, endpoint: EndpointRow, word: Word): Promise<Resolved> {
  const { db, holder, patience, patienceToTheEnd } = migration;
  const claim = { endpointId: endpoint.id, orgId: endpoint.orgId, holder };
  const alone = async (held: HeldLease | null): Promise<Resolved> => {
    const claimed = await patience(null, () => claimLegacy(db, { ...claim, ttlMs: CLAIM_MS }));
    if (claimed.is === 'taken')
      throw new RcmError(
        'lease_unavailable',
        `Another migrator has this endpoint in hand: ${claimed.by}${claimed.until ? `, until ${claimed.until.toISOString().slice(0, 19)}Z` : ''}. Nothing was changed; run it again once that is over.`,
      );
    if (claimed.is !== 'mine') throw new RcmError('state_conflict', 'Another migrator has just moved this endpoint. Nothing was changed; run it again.');
    try {
      if (claimed.retired) throw retiredRow(endpoint);
      const pair = await readUnnamed(migration, endpoint, claimed.credentials);
      const { credentials, stored, kept } = await follow(migration, endpoint, { ...pair, ...word, held });
      const answer = await patienceToTheEnd(null, () =>
        recordResolvedRow(db, { ...claim, ...word, credentials, kept, row: seen(migration, endpoint, pair.legacy) }),
      );
      if (answer !== 'resolved') throw refused(answer);
      await migrateAfterOthers(toTheEnd(migration), endpoint);
      return { version: stored.version, kept };
    } finally {
      await releaseClaim(db, claim).catch((error: unknown) => migration.logger.warn({ err: error }, 'the claim was not given back'));
    }
  };
  return endpoint.loginIdentity === null ? alone(null) : withExclusiveLease(leaseRequest(migration, endpoint), alone);
}

interface Choice extends Pair, Word {
  readonly held: HeldLease | null;
}

interface Followed {
  /** What the row is to hold; `null`: what it holds. */
  readonly credentials: Secret<unknown> | null;
  readonly stored: StoredSecret;
  readonly kept: string | null;
}

async function follow(migration: Migration, endpoint: EndpointRow, choice: Choice): Promise<Followed> {
  const taken = choice.take === 'row' ? await asNextVersion(migration, endpoint, choice) : choice.stored.text;
  mustBeOfTheLogin(migration, endpoint, taken);
  return choice.take === 'row' ? storeNext(migration, endpoint, choice, taken) : keepRow(migration, endpoint, choice);
}

function mustBeOfTheLogin({ keys }: Migration, endpoint: EndpointRow, taken: Secret<string>): void {
  if (endpoint.secretArn === null || isIdentityOf(endpoint, taken, keys)) return;
  throw new RcmError(
    'state_conflict',
    'What is to be taken belongs to another login than the row says: another user name, or the portal was changed. Nothing was changed.',
  );
}

/** The row's login, as what follows on the stored payload: a rotation that the journal knows to have made that stays named, so that nobody takes the new version for an old copy. */
async function asNextVersion(migration: Migration, endpoint: EndpointRow, { legacy, stored }: Pair): Promise<Secret<string>> {
  const found = examine(endpoint, legacy, migration);
  if (!found.ok) throw new RcmError(found.code, `The row holds no login that could be taken: ${found.reason}. Nothing was changed.`);
  const { attemptId, counter } = rotationOf(stored.text);
  const { orgId, secretArn } = endpoint;
  if (attemptId === null || secretArn === null || !(await wasPromoted(migration.db, { orgId, secretArn, attemptId }))) return found.text;
  return serializePayload(
    parsePayload(found.text).map((payload) => ({
      ...payload,
      metadata: { ...payload.metadata, rotation_attempt_id: attemptId, rotation_counter: counter },
    })),
  );
}

async function storeNext(migration: Migration, endpoint: EndpointRow, { reference, stored, held, ...word }: Choice, text: Secret<string>): Promise<Followed> {
  const { patience, pace, giveUp, fingerprintKey } = migration;
  if (canonicalFingerprint(fingerprintKey, text) === canonicalFingerprint(fingerprintKey, stored.text)) return { credentials: null, stored, kept: null };
  mustBeSeen(stored, word.seen);
  await tellFirst(migration, endpoint, word);
  const kept = await keepBeside(migration, endpoint, { asItIs: stored.text, beside: reference });
  const options = { signal: giveUp, beforeWrite: () => held?.assertHeld(LEASE_MARGIN_MS) };
  const { version } = await patience(pace.writes(reference), () =>
    migration.stores.forTenant(endpoint.orgId).replace(reference, text, stored.version, options),
  );
  return { credentials: null, stored: { text, version }, kept };
}

async function keepRow(migration: Migration, endpoint: EndpointRow, { reference, legacy, stored, ...word }: Choice): Promise<Followed> {
  if (isOne(migration, { legacy, stored })) return { credentials: null, stored, kept: null };
  const credentials = asItWas(stored.text);
  mustBeSeen(stored, word.seen);
  await tellFirst(migration, endpoint, word);
  return { credentials, stored, kept: await keepBeside(migration, endpoint, { asItIs: legacy, beside: reference }) };
}

/** Only where the two differ: what a run that died had done is no change of somebody else's. */
function mustBeSeen({ version }: StoredSecret, seen: string): void {
  if (version === seen) return;
  throw new RcmError(
    'store_conflict',
    `The secret has version ${version} now, and what you say is of version ${seen}: look at it again (--dry-run). Nothing was changed.`,
  );
}

const tellFirst = (migration: Migration, { id, orgId }: EndpointRow, { actor, reason, take }: Word): Promise<void> =>
  recordAuditEvent(migration.db, { orgId, actor, action: 'credential.resolve', subject: id, reason, details: { take } });

async function mustHaveNoRotation({ db }: Migration, { orgId, loginIdentity }: EndpointRow): Promise<void> {
  const open = loginIdentity === null ? null : await getOpenAttempt(db, { orgId, loginIdentity });
  if (open) throw new RcmError('state_conflict', `A rotation of this login is open (${open.state}); let it end or resolve it first. Nothing was changed.`);
}

const seen = (migration: Migration, endpoint: EndpointRow, legacy: Secret<string>) => {
  const fingerprintOf = rowFingerprint(migration.fingerprintKeys, endpoint.id);
  return { fingerprint: fingerprintOf(legacy)[0] ?? null, fingerprintOf };
};

const REFUSALS: Readonly<Record<Exclude<ResolveAnswer, 'resolved'>, readonly [ErrorCode, string]>> = {
  moved: ['state_conflict', 'The row names another secret by now, or a rotation has begun. Look at it again: status, verify.'],
  edited: ['row_edited', 'The row was edited meanwhile and is as it was edited. Nothing is lost; look at it, and run it again.'],
  lease_lost: ['lease_lost', 'This run held the login no longer when it came to write the row, which is as it was. Nothing is lost; run it again.'],
};

const refused = (answer: Exclude<ResolveAnswer, 'resolved'>): RcmError => new RcmError(...REFUSALS[answer]);
