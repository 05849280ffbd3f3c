import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, plannedAttempt, PORTAL, secretOf, type TestDatabase } from '../testing.fixture.ts';
import { followStoreVersion } from './follow.ts';
import { findEndpoint, getEndpoint, listEndpoints } from './read.ts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from './seed.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

describe('reading', () => {
  test("another organization's endpoint is as good as none", async () => {
    const mine = await makeEndpoint(t.db);
    const other = await makeEndpoint(t.db);
    expect(await getEndpoint(t.agent, mine)).toMatchObject({
      id: mine.endpointId,
      currentVersion: '1',
      hasLegacyCredentials: false,
      portalType: { code: 'alpine', lockoutThreshold: 4 },
    });
    expect(await getEndpoint(t.agent, { orgId: other.orgId, endpointId: mine.endpointId })).toBeNull();
    expect(await findEndpoint(t.rotator, mine)).toMatchObject({ orgId: mine.orgId });
  });

  test('no reader of endpoints gets their config', async () => {
    const { endpointId, orgId } = await makeEndpoint(t.db);
    const row = await t.db.transaction({ tenant: orgId }, (tx) => tx.integrationEndpoint.findUnique({ where: { id: endpointId } }));
    expect(row).not.toHaveProperty('config');
    expect(await findEndpoint(t.rotator, { endpointId })).not.toHaveProperty('config');
  });

  test('pages by id', async () => {
    for (let i = 0; i < 3; i += 1) await makeEndpoint(t.db);
    const all = await listEndpoints(t.rotator, { limit: 100 });
    const first = await listEndpoints(t.rotator, { limit: 2 });
    const rest = await listEndpoints(t.rotator, { after: first[1]?.id, limit: 100 });
    expect([...first, ...rest].map((e) => e.id)).toEqual(all.map((e) => e.id));
  });
});

describe('what the database itself refuses', () => {
  const base = { portalTypeCode: 'alpine', accountId: 'account', baseUrl: 'https://alpine.example/login' };
  beforeAll(async () => {
    await upsertOrganization(t.db, { id: 'checks', name: 'Checks' });
    await upsertPortalType(t.db, PORTAL);
  });

  test.each(['', 'A', '-a', 'a/b', 'a b', 'ä', 'a'.repeat(64), 'a\n'])('an organization, portal type, endpoint or account id like %j', async (id) => {
    await expect(t.sql('INSERT INTO organization (id, name) VALUES ($1, $2)', [id, 'x'])).rejects.toMatchObject({ code: '23514' });
    await expect(
      t.sql(`INSERT INTO portal_type SELECT (jsonb_populate_record(p, jsonb_build_object('code', $1::text))).* FROM portal_type p LIMIT 1`, [id]),
    ).rejects.toMatchObject({ code: '23514' });
    const insert = 'INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url) VALUES ($1, $2, $3, $4, $5)';
    await expect(t.sql(insert, [id, 'checks', 'alpine', 'a', base.baseUrl])).rejects.toMatchObject({ code: '23514' });
    await expect(t.sql(insert, ['fine', 'checks', 'alpine', id, base.baseUrl])).rejects.toMatchObject({ code: '23514' });
  });

  test.each([
    'https://alpine.example.evil.test/',
    'https://evil.test/alpine.example',
    'https://alpine.example:9443/',
    'https://alpine.example@evil.test/',
    'https://evil.test#@alpine.example/',
    'https://user:pass@alpine.example/',
    'ftp://alpine.example/',
    'https://evil.test\\@alpine.example/',
    'alpine.example',
    'https://alpine.example /',
  ])('a base_url that is on no declared host: %s', async (baseUrl) => {
    await expect(insertEndpoint(t.db, { id: 'astray', orgId: 'checks', ...base, baseUrl })).rejects.toMatchObject({ code: 'input_invalid' });
  });

  test('giving up a host that an endpoint is on', async () => {
    await insertEndpoint(t.db, { id: 'on-8443', orgId: 'checks', ...base, baseUrl: 'https://ALPINE.example:8443/' });
    await expect(upsertPortalType(t.db, { ...PORTAL, hosts: ['alpine.example'] })).rejects.toMatchObject({ code: 'input_invalid' });
  });

  test.each(['arn:aws:s3:::bucket', 'arn:aws:ssm', 'arn:evil:ssm:x', 'password', 'xvault:a'])('a secret reference like %s', async (secretArn) => {
    await expect(t.sql(`UPDATE integration_endpoint SET secret_arn = $1`, [secretArn])).rejects.toMatchObject({ code: '23514' });
  });

  test.each([
    'arn:aws:ssm:eu-west-1:1:parameter/a',
    'arn:aws-cn:secretsmanager:cn-north-1:1:secret:a',
    'arn:aws-us-gov:ssm:x',
    'arn:aws-iso-b:ssm:x',
    'vault:kv/a',
  ])('not: %s', async (secretArn) => {
    await expect(t.sql(`SELECT 1 WHERE ${await secretCheck(t)}`.replaceAll('secret_arn', '$1::text'), [secretArn])).resolves.toHaveLength(1);
  });

  test.each([
    ['portal_type', 'rotation_mode', "'sometimes'"],
    ['integration_endpoint', 'rotation_status', "'fine'"],
    ['portal_type', 'lockout_margin', '4'],
    ['portal_type', 'rotation_spread_days', '60'],
  ])('%s.%s = %s', async (table, column, value) => {
    await makeEndpoint(t.db);
    await expect(t.sql(`UPDATE ${table} SET ${column} = ${value}`)).rejects.toMatchObject({ code: '23514' });
  });
});

const secretCheck = async (db: TestDatabase): Promise<string> => {
  const [row] = await db.sql<{ text: string }>(
    `SELECT pg_get_expr(conbin, conrelid) AS text FROM pg_constraint WHERE conname = 'integration_endpoint_secret_arn_check'`,
  );
  return row?.text ?? 'false';
};

describe('the store is ahead of the row', () => {
  test('the row follows only from the version it was seen at', async () => {
    const endpoint = await makeEndpoint(t.db);
    expect(await followStoreVersion(t.agent, { ...endpoint, from: '0', to: '2' })).toBe(false);
    expect(await followStoreVersion(t.agent, { ...endpoint, from: '1', to: '2' })).toBe(true);
    expect(await followStoreVersion(t.agent, { ...endpoint, from: '1', to: '2' })).toBe(true);
    expect(await findEndpoint(t.rotator, endpoint)).toMatchObject({ currentVersion: '2' });
  });

  test('not where it names another secret than the one that was read, as after a move', async () => {
    const endpoint = await makeEndpoint(t.db);
    expect(await followStoreVersion(t.agent, { ...endpoint, secretArn: secretOf(endpoint.orgId, 'left'), from: '1', to: '2' })).toBe(false);
    expect(await findEndpoint(t.rotator, endpoint)).toMatchObject({ currentVersion: '1' });
  });

  test('not while an attempt is open', async () => {
    const endpoint = await makeEndpoint(t.db);
    await plannedAttempt(t.rotator, endpoint);
    expect(await followStoreVersion(t.agent, { ...endpoint, from: '1', to: '2' })).toBe(false);
  });

  test('every endpoint of the organization that shares the secret follows', async () => {
    const secretArn = secretOf('sharing', 'one');
    const one = await makeEndpoint(t.db, { orgId: 'sharing', secretArn });
    const two = await makeEndpoint(t.db, { orgId: 'sharing', secretArn, loginIdentity: one.loginIdentity });
    await followStoreVersion(t.agent, { ...one, from: '1', to: '2' });
    expect(await findEndpoint(t.rotator, two)).toMatchObject({ currentVersion: '2' });
  });
});
