import { credentialReference, type HeldCredential, type IdentityKeys, parsePayload, serializePayload } from '@rcm/credentials';
import { compareTexts, fingerprintKeys, readRowLogin, rowFingerprint, type RowLogin } from '@rcm/credentials/legacy';
import { type EndpointRow, getEndpoint } from '@rcm/db';
import type { HeldLease } from '@rcm/db/holding';
import { type LegacyNamed, nameLegacyLogin, readLegacyLogin, tellRowAndStoreDiffer } from '@rcm/db/migration';
import { hasCode, RcmError, type Secret } from '@rcm/telemetry';
import { accountOf, goesBy, type LoginAccount } from './account.ts';
import type { AgentAccess } from './agent-access.ts';
import { type CredentialSource, type CurrentCredential, type NamedEndpoint, notReady } from './credential-source.ts';
import { notMigrated } from './stored-credential.ts';
import type { LegacyReading } from './legacy-reading.ts';

/**
 * Gives the login in a row the name by which its lease, its ledger and its budget are found, before anything else is done with it: the one that a migration will give it. Fails
 * with `secret_missing` (there is nothing), `payload_invalid`, `lease_unavailable` (the row is another by now: ask again), `config_invalid`, `audit_unavailable`.
 */
export async function namedLegacy(access: AgentAccess, legacy: LegacyReading, endpoint: EndpointRow): Promise<NamedEndpoint> {
  if (endpoint.loginIdentity !== null) return { ...endpoint, loginIdentity: endpoint.loginIdentity };
  const read = await readLegacyLogin(access.db, { orgId: endpoint.orgId, endpointId: endpoint.id, leaseId: null });
  if (read.is === 'nothing') throw notMigrated(endpoint);
  if (read.is === 'unnamed') {
    const account = accountOf(access.keys, endpoint, payloadOf(rowLogin(endpoint, read.credentials, legacy)));
    checkNamed(endpoint, await name(access, endpoint, account));
    access.metrics?.counter('rcm_legacy_reads_total').inc({ found: 'name' });
  }
  // Whatever came between, another agent or a migration: what counts is what the row says.
  const named = await getEndpoint(access.db, { orgId: endpoint.orgId, endpointId: endpoint.id });
  if (!named || named.secretArn !== null || named.loginIdentity === null) throw changed(endpoint);
  return { ...named, loginIdentity: named.loginIdentity };
}

/**
 * What lies in the row, under the lease, and nowhere else: each time, the store is asked whether a secret lies where a migration would put it, after the row was read. One that says the
 * same is used; where it says something else, nobody can say which of the two the portal accepts, so neither is tried; and a store that does not answer is no reason to go on.
 */
export function legacyCredential(access: AgentAccess, legacy: LegacyReading, endpoint: NamedEndpoint, held: HeldLease): CredentialSource {
  let read: Promise<CurrentCredential> | null = null;
  const current = () => (read ??= readNow(access, legacy, endpoint, held));
  return { current, keptVersion: async () => (await current()).version, forget: () => void (read = null) };
}

async function readNow(access: AgentAccess, legacy: LegacyReading, endpoint: NamedEndpoint, held: HeldLease): Promise<CurrentCredential> {
  const { id: endpointId, orgId } = endpoint;
  const counted = access.metrics?.counter('rcm_legacy_reads_total');
  const credentials = await readUnderLease(access, endpoint, held);
  const login = rowLogin(endpoint, credentials, legacy);
  const account = accountOf(access.keys, endpoint, payloadOf(login));
  if (!goesBy(account, endpoint.loginIdentity)) await followRow(access, endpoint, account, held);
  const inStore = await findStored(access, legacy, endpoint, held.signal);
  if (!inStore.every((stored) => saysTheSame(access.keys, credentials, stored))) {
    counted?.inc({ found: 'two' });
    access.logger.error({ endpointId, orgId }, 'the row holds a login and names no secret, and the store holds another one for it: neither is used');
    await tellRowAndStoreDiffer(access.db, { orgId, endpointId }).catch((error: unknown) =>
      access.logger.warn({ err: error, endpointId }, 'nobody was told that the row and the store differ; the next visit tells it'),
    );
    throw notReady(
      endpoint,
      'row_and_store_differ',
      ' The store holds another login for this endpoint than its row; a person says by `migrator resolve` which is right.',
    );
  }
  const [stored] = inStore;
  counted?.inc({ found: stored ? 'stored' : 'row' });
  access.logger.warn({ endpointId, orgId, found: stored ? 'in its store too' : 'in its row alone' }, 'a login that is not migrated is used');
  if (stored) return stored;
  const [print = ''] = rowFingerprint(fingerprintKeys(access.keys), endpointId)(credentials);
  return { payload: payloadOf(login), version: `row:${print.slice(0, PRINTED)}` };
}

/** Key id and enough of the digest to tell one text of a row from the next. */
const PRINTED = 34;

async function readUnderLease({ db }: AgentAccess, endpoint: NamedEndpoint, held: HeldLease): Promise<Secret<string>> {
  const read = await readLegacyLogin(db, { orgId: endpoint.orgId, endpointId: endpoint.id, leaseId: held.lease.id });
  switch (read.is) {
    case 'read':
      return read.credentials;
    case 'nothing':
      throw notMigrated(endpoint);
    case 'no_lease':
      throw new RcmError('lease_lost', 'The lease on the login ran out before the row was read.', { details: { endpointId: endpoint.id } });
    case 'rotated':
      throw notReady(endpoint, 'rotated_elsewhere', ' The same account was rotated under another endpoint, so what the row holds is old.');
    case 'moved':
    case 'unnamed':
      throw changed(endpoint);
  }
}

/** Fails with `payload_invalid` or another of a payload's codes, with the path of what a person has to look at. */
function rowLogin(endpoint: EndpointRow, credentials: Secret<string>, { vocabulary }: LegacyReading): RowLogin {
  const read = readRowLogin(endpoint, credentials, vocabulary);
  if (read.is === 'login') return read;
  if (read.is === 'empty') throw notMigrated(endpoint);
  throw new RcmError(read.code, `The login in the row of endpoint ${endpoint.id} cannot be used: ${read.why}.`, { details: { endpointId: endpoint.id } });
}

const payloadOf = ({ text }: RowLogin) => parsePayload(text);

const name = ({ db }: AgentAccess, { id: endpointId, orgId, loginIdentity: from }: EndpointRow, { names }: LoginAccount): Promise<LegacyNamed> =>
  nameLegacyLogin(db, { orgId, endpointId, from, names });

/** A person has put another account into the row: it gets that one's name, and the visit begins anew. */
async function followRow(access: AgentAccess, endpoint: NamedEndpoint, account: LoginAccount, held: HeldLease): Promise<never> {
  access.logger.warn({ endpointId: endpoint.id }, 'the login in the row is another account than it was');
  // The same account by a rule of before: its ledger stays with the name that it has until a rotator moves both.
  if (account.former.includes(endpoint.loginIdentity)) throw notReady(endpoint, 'other_account');
  await held.release();
  checkNamed(endpoint, await name(access, endpoint, account));
  throw changed(endpoint);
}

function checkNamed(endpoint: EndpointRow, named: LegacyNamed): void {
  if (named === 'other_key')
    throw new RcmError(
      'config_invalid',
      'Logins are named with an identity key that this process does not have, so whose account this is cannot be said (docs/keys.md).',
    );
  if (named === 'in_use') throw changed(endpoint);
}

const changed = ({ id }: EndpointRow): RcmError =>
  new RcmError('lease_unavailable', 'The row was migrated, or its account changed, a moment ago; ask again.', {
    details: { endpointId: id, reason: 'row_changed' },
  });

/** What lies where a migration would put this endpoint's secret, by the store's word of now: what was held or missing a moment ago says nothing. */
async function findStored(
  { credentials }: AgentAccess,
  { places, environment }: LegacyReading,
  endpoint: NamedEndpoint,
  signal: AbortSignal,
): Promise<readonly HeldCredential[]> {
  const { id: endpointId, orgId, accountId: portalAccountId } = endpoint;
  const found = await Promise.all(
    places.map((place) => {
      const reference = credentialReference({ ...place, environment, orgId, endpointId, portalAccountId });
      credentials.invalidate({ reference });
      return credentials.find({ orgId, reference, version: null, signal });
    }),
  );
  return found.filter((stored) => stored !== null);
}

function saysTheSame(keys: IdentityKeys, legacy: Secret<string>, { payload }: HeldCredential): boolean {
  try {
    return compareTexts(fingerprintKeys(keys)[0], { legacy, stored: serializePayload(payload) }).is === 'equal';
  } catch (error) {
    // The row is no payload by itself, and the stored one does not say how it was written.
    if (hasCode(error, 'payload_invalid')) return false;
    throw error;
  }
}
