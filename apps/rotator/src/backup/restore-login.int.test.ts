import { randomUUID } from 'node:crypto';
import { DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { parsePayload, parseReference, type SecretStore } from '@rcm/credentials';
import { GUARDIAN_ROLE } from '@rcm/credentials/policies';
import { getEndpoint } from '@rcm/db';
import { accountOf } from '@rcm/portal-access';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { removeOldCopies } from '../acts/remove-old-copies.ts';
import { restoreLogin } from './restore-login.ts';

const ACT = { actor: 'person:os:jane@host', reason: 'it is gone' };

let opened: RotatorEnvironment;
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: [] })));
afterAll(() => opened?.close());

/** As the guardian does. */
async function removeSecret(secretArn: string): Promise<void> {
  const { aws } = opened.testEnvironment;
  const access = { region: aws.region, endpoint: aws.endpoint, credentials: aws.taskCredentials(GUARDIAN_ROLE) };
  const [secrets, parameters] = [new SecretsManagerClient(access), new SSMClient(access)];
  if (secretArn.includes(':ssm:')) await parameters.send(new DeleteParameterCommand({ Name: secretArn.slice(secretArn.indexOf('/')) }));
  else await secrets.send(new DeleteSecretCommand({ SecretId: secretArn, ForceDeleteWithoutRecovery: true }));
  for (const client of [secrets, parameters]) client.destroy();
}

/** A login whose secret of Secrets Manager is gone, and what restoring it says; `meanwhile`: once the secret is there again, before the row follows. */
async function restored(meanwhile: (endpointId: string) => Promise<unknown>): Promise<string> {
  const { testEnvironment, rotator, process } = opened;
  const { id, orgId, secretArn } = await testEnvironment.addEndpoint('alpine', 'secrets-manager');
  const reference = parseReference(secretArn);
  const current = await rotator.stores.forTenant(orgId).read(reference);
  if (!current) throw new Error('no secret');
  await removeSecret(secretArn);
  const forTenant = (org: string): SecretStore => {
    const store = rotator.stores.forTenant(org);
    return {
      ...store,
      async create(...given) {
        const made = await store.create(...given);
        await meanwhile(id);
        return made;
      },
    };
  };
  const login = { endpointId: id, portalTypeCode: 'alpine', reference: secretArn, version: current.version, text: current.text, staged: [] };
  const options = { ...ACT, orgId, takenAt: new Date(), dryRun: false, signal: new AbortController().signal };
  const stores = { ...rotator.stores, forTenant };
  return restoreLogin({ db: process.db, rotator: { ...rotator, stores } }, login, options).catch((error: { code: string }) => error.code);
}

const arnOf = async (endpointId: string) => (await getEndpoint(opened.testEnvironment.db, { orgId: opened.testEnvironment.orgId, endpointId }))?.secretArn;

it('a secret that is there again under another ARN is named by its row', async () => {
  let id = '';
  expect(await restored(async (endpointId) => void (id = endpointId))).toBe('restored');
  const arn = (await arnOf(id)) ?? '';
  expect(await opened.rotator.stores.forTenant(opened.testEnvironment.orgId).read(parseReference(arn))).not.toBeNull();
});

it('is not called restored where its row names something else by then', async () => {
  const other = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/hospital-one/endpoints/elsewhere/account-1';
  let id = '';
  const moves = (endpointId: string) => opened.sql('UPDATE integration_endpoint SET secret_arn = $2 WHERE id = $1', [(id = endpointId), other]);
  expect(await restored(moves)).toBe('state_conflict');
  expect(await arnOf(id)).toBe(other);
});

/** A rotation that is over, straight into the journal; a minute ago, where nothing else is said. */
async function rotated(endpointId: string, endedSecondsAgo = 60): Promise<string> {
  const { orgId, secretArn, loginIdentity } = opened.testEnvironment.endpoint(endpointId);
  const id = randomUUID();
  await opened.sql(
    `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version,
                                   previous_version, promoted_version, recipe_hash, ended_at)
     VALUES ($1::uuid, $2, $3, $4, 'alpine', 'done', 1, 'r', 'due', $5, '1', '1', '2', 'h', now() - $6::float8 * interval '1 s')`,
    [id, loginIdentity, orgId, endpointId, secretArn, endedSecondsAgo],
  );
  return id;
}

it('a login that was never rotated when it was backed up is outdated by its first rotation, unless that one’s copy is there', async () => {
  const { testEnvironment, process } = opened;
  const outcomes: string[] = [];
  for (const [endedSecondsAgo, isCopied] of [
    [60, false],
    [60, true],
    [900, false],
  ] as const) {
    const { id, orgId, secretArn } = await testEnvironment.addEndpoint('alpine');
    const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
    if (!current) throw new Error('no secret');
    const attemptId = await rotated(id, endedSecondsAgo);
    const staged = isCopied ? [{ attemptId, text: current.text }] : [];
    const login = { endpointId: id, portalTypeCode: 'alpine', reference: secretArn, version: current.version, text: current.text, staged };
    const takenAt = new Date(Date.now() - 600_000);
    const gone: SecretStore = { ...opened.rotator.stores.forTenant(orgId), read: () => Promise.resolve(null) };
    const rotator = { ...opened.rotator, stores: { ...opened.rotator.stores, forTenant: () => gone } };
    outcomes.push(await restoreLogin({ db: process.db, rotator }, login, { ...ACT, orgId, takenAt, dryRun: true, signal: new AbortController().signal }));
  }
  expect(outcomes).toEqual(['outdated', 'restored', 'restored']);
});

it.each(['ssm', 'secrets-manager'] as const)('copies that are put back in %s are listed as they were, the newest first', async (where) => {
  const { testEnvironment, process, rotator } = opened;
  const { id, orgId, secretArn } = await testEnvironment.addEndpoint('alpine', where);
  const store = rotator.stores.forTenant(orgId);
  const current = await store.read(parseReference(secretArn));
  if (!current) throw new Error('no secret');
  const newestFirst = [randomUUID(), randomUUID(), randomUUID()];
  const staged = newestFirst.map((attemptId) => ({ attemptId, text: current.text }));
  const login = { endpointId: id, portalTypeCode: 'alpine', reference: secretArn, version: current.version, text: current.text, staged };
  const gone: SecretStore = { ...store, read: () => Promise.resolve(null) };
  const signal = new AbortController().signal;
  const services = { db: process.db, rotator: { ...rotator, stores: { ...rotator.stores, forTenant: () => gone } } };
  expect(await restoreLogin(services, login, { ...ACT, orgId, takenAt: new Date(), dryRun: false, signal })).toBe('restored');
  expect(await store.listStaged(parseReference(secretArn))).toEqual(newestFirst);
});

/** Since then the portal has accepted what is current. */
async function abandonedLongAgo({ id, orgId, secretArn, loginIdentity }: Awaited<ReturnType<typeof addLogin>>): Promise<string> {
  const attemptId = randomUUID();
  await opened.sql(
    `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash, ended_at, copy_removed_at)
     VALUES ($1::uuid, $2, $3, $4, 'alpine', 'abandoned', 1, 'r', 'due', $5, '1', 'h', now() - interval '40 days', now() - interval '5 days')`,
    [attemptId, loginIdentity, orgId, id, secretArn],
  );
  return attemptId;
}

const addLogin = (where: 'ssm' | 'secrets-manager') => opened.testEnvironment.addEndpoint('alpine', where);

it.each(['ssm', 'secrets-manager'] as const)(
  'a copy in %s that had been removed, and is put back out of an older backup, goes as it had gone',
  async (where) => {
    const { process, rotator } = opened;
    const added = await addLogin(where);
    const { id, orgId, secretArn, loginIdentity } = added;
    const store = rotator.stores.forTenant(orgId);
    const current = await store.read(parseReference(secretArn));
    if (!current) throw new Error('no secret');
    const attemptId = await abandonedLongAgo(added);
    await removeSecret(secretArn);
    const login = { endpointId: id, portalTypeCode: 'alpine', reference: secretArn, version: current.version, text: current.text };
    const options = { ...ACT, orgId, takenAt: new Date(), dryRun: false, signal: new AbortController().signal };
    expect(await restoreLogin({ db: process.db, rotator }, { ...login, staged: [{ attemptId, text: current.text }] }, options)).toBe('restored');
    const reference = parseReference((await arnOf(id)) ?? '');
    expect(await store.listStaged(reference)).toEqual([attemptId]);
    const remove = () => removeOldCopies(rotator, { limit: 1_000, signal: options.signal });
    await remove();
    expect(await store.listStaged(reference)).toEqual([attemptId]);

    const version = (await store.read(reference))?.version;
    await opened.sql('UPDATE integration_endpoint SET current_version = $2 WHERE id = $1', [id, version]);
    await opened.sql(
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, proved)
     VALUES ($1, $2, $3, gen_random_uuid(), 'agent', $4, clock_timestamp(), clock_timestamp(), 'accepted', 'none', true)`,
      [loginIdentity, orgId, id, version],
    );
    await remove();
    expect(await store.listStaged(reference)).toEqual([]);
    expect((await store.read(reference))?.text.reveal()).toBe(current.text.reveal());
  },
);

/** As an agent's login with the stored password after that, or with the one that a person has typed since. */
async function loggedIn(
  { id, orgId, loginIdentity }: Awaited<ReturnType<typeof addLogin>>,
  fingerprint: string | undefined,
  secondsAgo: number,
): Promise<void> {
  await opened.sql(
    `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, proved, fingerprint)
     VALUES ($1, $2, $3, gen_random_uuid(), 'agent', '1', now() - $4::float8 * interval '1 s', now(), 'accepted', 'none', true, $5)`,
    [loginIdentity, orgId, id, secondsAgo, fingerprint ?? null],
  );
}

it('a login of which the portal has taken another password since the backup is outdated, though no rotation made it', async () => {
  const { testEnvironment, process, rotator } = opened;
  const outcomes: string[] = [];
  for (const logins of [['theirs'], ['theirs', 'stored'], ['stored'], ['forgotten'], []] as const) {
    const added = await addLogin('ssm');
    const { id, orgId, secretArn } = added;
    const current = await rotator.stores.forTenant(orgId).read(parseReference(secretArn));
    const endpoint = await getEndpoint(testEnvironment.db, { orgId, endpointId: id });
    if (!current || !endpoint) throw new Error('no login');
    const payload = parsePayload(current.text);
    const prints = {
      stored: accountOf(rotator.keys, endpoint, payload).fingerprints[0],
      theirs: accountOf(
        rotator.keys,
        endpoint,
        payload.map((fields) => ({ ...fields, password: 'Typed-by-a-person-1' })),
      ).fingerprints[0],
      forgotten: undefined,
    };
    // Before the backup any password may have been right.
    await loggedIn(added, prints.theirs, 900);
    for (const [place, which] of logins.entries()) await loggedIn(added, prints[which], 300 - place);
    const gone: SecretStore = { ...rotator.stores.forTenant(orgId), read: () => Promise.resolve(null) };
    const services = { db: process.db, rotator: { ...rotator, stores: { ...rotator.stores, forTenant: () => gone } } };
    const login = { endpointId: id, portalTypeCode: 'alpine', reference: secretArn, version: current.version, text: current.text, staged: [] };
    const takenAt = new Date(Date.now() - 600_000);
    outcomes.push(await restoreLogin(services, login, { ...ACT, orgId, takenAt, dryRun: true, signal: new AbortController().signal }));
  }
  expect(outcomes).toEqual(['outdated', 'restored', 'restored', 'restored', 'restored']);
});
