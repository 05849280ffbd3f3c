import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identityOf, makeEndpoint, openTestDatabase, plannedAttempt, PORTAL, secretOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { finishAttempt } from '../journal/ends.ts';
import { followStoreVersion } from './follow.ts';
import { putOffRotation } from './put-off.ts';
import { findEndpoint, getEndpoint, listEndpoints } from './read.ts';
import { bringRotationForward, listDueEndpoints, listSharedIdentities, passwordTooYoungUntil, setNextRotation } from './schedule.ts';
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

describe('seeding', () => {
  test('a second insert leaves the endpoint as it has become', async () => {
    const endpoint = await makeEndpoint(t.db);
    const again = await insertEndpoint(t.db, {
      id: endpoint.endpointId,
      orgId: endpoint.orgId,
      portalTypeCode: 'alpine',
      accountId: 'other',
      baseUrl: 'https://alpine.example/',
      config: new Secret({ credentials: {} }),
    });
    expect(again).toEqual({ created: false });
    expect(await findEndpoint(t.rotator, endpoint)).toMatchObject({ currentVersion: '1', hasLegacyCredentials: false });
  });

  test('one account of an organization at a portal is one endpoint', async () => {
    await upsertOrganization(t.db, { id: 'once', name: 'Once' });
    const endpoint = { orgId: 'once', portalTypeCode: 'alpine', accountId: 'same', baseUrl: 'https://alpine.example/' };
    await insertEndpoint(t.db, { id: 'once-1', ...endpoint });
    await expect(insertEndpoint(t.db, { id: 'once-2', ...endpoint })).rejects.toMatchObject({ code: 'state_conflict' });
  });

  test.each([
    { recipe: [] },
    { recipe: null },
    { passwordRules: ' ' },
    { hosts: [] },
    { lockoutThreshold: 0 },
    { privateHosts: ['elsewhere.example'] },
    { loopbackHosts: ['elsewhere.example'] },
    { privateHosts: ['alpine.example'], loopbackHosts: ['Alpine.example'] },
    { hostNames: { 'elsewhere.example': 'idp' } },
    { hostNames: { 'alpine.example': 'The sign-in' } },
    { hosts: ['alpine.example', 'login.example'], hostNames: { 'alpine.example': 'idp', 'login.example': 'idp' } },
  ])('refuses a portal type with %j', async (wrong) => {
    await expect(upsertPortalType(t.db, { ...PORTAL, code: 'wrong', ...wrong })).rejects.toMatchObject({ code: 'input_invalid' });
  });

  test('a host lies at public addresses unless its portal type says otherwise; what is not said again stays', async () => {
    const portalType = { ...PORTAL, code: 'places' };
    expect(await upsertPortalType(t.db, portalType)).toMatchObject({ privateHosts: [], loopbackHosts: [] });
    expect(
      await upsertPortalType(t.db, { ...portalType, privateHosts: ['ALPINE.example'] }, { actor: 'person:os:jane', reason: 'it has moved' }),
    ).toMatchObject({ privateHosts: ['alpine.example'] });
    expect(await upsertPortalType(t.db, portalType)).toMatchObject({ privateHosts: ['alpine.example'], loopbackHosts: [] });
  });

  test('what recipes call a host is kept by host, and changed for a reason only', async () => {
    const portalType = { ...PORTAL, code: 'names' };
    expect(await upsertPortalType(t.db, portalType)).toMatchObject({ hostNames: {} });
    const named = { ...portalType, hostNames: { 'ALPINE.example': 'idp' } };
    await expect(upsertPortalType(t.db, named)).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await upsertPortalType(t.db, named, { actor: 'person:os:jane', reason: 'the sign-in has a name' })).toMatchObject({
      hostNames: { 'alpine.example': 'idp' },
    });
    expect(await upsertPortalType(t.db, portalType)).toMatchObject({ hostNames: { 'alpine.example': 'idp' } });
  });

  test('an umlaut and an emoji survive; NUL and half a surrogate are refused before Postgres could quote them', async () => {
    await upsertOrganization(t.db, { id: 'texts', name: 'Texts' });
    const endpoint = { id: 'texts-1', orgId: 'texts', portalTypeCode: 'alpine', accountId: 'a', baseUrl: 'https://alpine.example/' };
    await expect(insertEndpoint(t.db, { ...endpoint, config: new Secret({ credentials: { password: 'a\0b' } }) })).rejects.toMatchObject({
      code: 'input_invalid',
    });
    await expect(insertEndpoint(t.db, { ...endpoint, config: new Secret({ credentials: { password: '\ud83d' } }) })).rejects.toMatchObject({
      code: 'input_invalid',
    });
    await insertEndpoint(t.db, { ...endpoint, config: new Secret({ credentials: { password: 'Grüße🔑' } }) });
    expect(await t.sql(`SELECT config->'credentials'->>'password' AS password FROM integration_endpoint WHERE id = 'texts-1'`)).toEqual([
      { password: 'Grüße🔑' },
    ]);
  });
});

describe('what is due', () => {
  const due = async (): Promise<string[]> => (await listDueEndpoints(t.rotator, { limit: 1000 })).map((e) => e.id);
  const past = (seconds: number): Date => new Date(Date.now() - seconds * 1000);
  beforeAll(() => setNextRotation(t.rotator, { endpointIds: 'all', at: new Date(Date.now() + 86_400_000) }));

  test('comes in the order in which it fell due, and only what has', async () => {
    const [a, b, c] = [await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db)];
    await setNextRotation(t.rotator, { endpointIds: [b.endpointId], at: past(20) });
    await setNextRotation(t.rotator, { endpointIds: [a.endpointId], at: past(10) });
    expect(await due()).toEqual([b.endpointId, a.endpointId]);
    expect(await setNextRotation(t.rotator, { endpointIds: [c.endpointId, 'unknown'], at: 'now' })).toBe(1);
    expect(await due()).toEqual([b.endpointId, a.endpointId, c.endpointId]);
    await setNextRotation(t.rotator, { endpointIds: 'all', at: new Date(Date.now() + 86_400_000) });
  });

  test('is not what is rotated by hand, nor what has an open attempt', async () => {
    const manual = await makeEndpoint(t.db, { portal: { rotationMode: 'manual' } });
    const open = await makeEndpoint(t.db);
    await plannedAttempt(t.rotator, open);
    await setNextRotation(t.rotator, { endpointIds: [manual.endpointId, open.endpointId], at: past(1) });
    expect(await due()).toEqual([]);
  });

  test('is not an identity that lies in two organizations, or in one under two secrets: these are reported', async () => {
    const [across, within, shared] = [identityOf('across'), identityOf('within'), identityOf('shared')];
    // Even under one reference, which cannot be right: the organization alone decides.
    const secretArn = secretOf('left', 'across-1');
    await makeEndpoint(t.db, { orgId: 'left', endpointId: 'across-1', loginIdentity: across, secretArn });
    await makeEndpoint(t.db, { orgId: 'right', endpointId: 'across-2', loginIdentity: across, secretArn });
    await makeEndpoint(t.db, { orgId: 'left', endpointId: 'within-1', loginIdentity: within });
    await makeEndpoint(t.db, { orgId: 'left', endpointId: 'within-2', loginIdentity: within });
    await makeEndpoint(t.db, { orgId: 'left', endpointId: 'shared-1', loginIdentity: shared, secretArn: secretOf('left', 'shared-1') });
    await makeEndpoint(t.db, { orgId: 'left', endpointId: 'shared-2', loginIdentity: shared, secretArn: secretOf('left', 'shared-1') });
    await setNextRotation(t.rotator, { endpointIds: ['across-1', 'across-2', 'within-1', 'within-2', 'shared-1', 'shared-2'], at: past(1) });
    expect(await due()).toEqual(['shared-1']);
    const reported = await listSharedIdentities(t.rotator, { limit: 10 });
    expect(reported.map((r) => r.endpointIds)).toEqual(
      expect.arrayContaining([
        ['across-1', 'across-2'],
        ['within-1', 'within-2'],
      ]),
    );
    expect(reported).toHaveLength(2);
  });
});

describe('the store is ahead of the row', () => {
  test('the row follows only from the version it was seen at', async () => {
    const endpoint = await makeEndpoint(t.db);
    expect(await followStoreVersion(t.agent, { ...endpoint, from: '0', to: '2' })).toBe(false);
    expect(await followStoreVersion(t.agent, { ...endpoint, from: '1', to: '2' })).toBe(true);
    expect(await followStoreVersion(t.agent, { ...endpoint, from: '1', to: '2' })).toBe(true);
    expect(await findEndpoint(t.rotator, endpoint)).toMatchObject({ currentVersion: '2' });
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

describe('an expiry that the portal told of', () => {
  const dueAt = async (endpointId: string) => (await findEndpoint(t.rotator, { endpointId }))?.nextRotationAt?.getTime() ?? 0;
  const days = (n: number) => new Date(Date.now() + n * 86_400_000);

  test('brings the rotation forward to the head start before it, never back, seen by an agent', async () => {
    const { endpointId, orgId } = await makeEndpoint(t.db, { portal: { expiryHeadStartDays: 7 } });
    await setNextRotation(t.db, { endpointIds: [endpointId], at: days(50) });
    expect(await bringRotationForward(t.agent, { orgId, endpointId, expiresAt: days(30) })).toBe(true);
    expect(Math.abs((await dueAt(endpointId)) - days(23).getTime())).toBeLessThan(60_000);
    expect(await bringRotationForward(t.agent, { orgId, endpointId, expiresAt: days(40) })).toBe(false);
    expect(Math.abs((await dueAt(endpointId)) - days(23).getTime())).toBeLessThan(60_000);
  });

  test('does not rotate a short-lived password again and again', async () => {
    const { endpointId, orgId } = await makeEndpoint(t.db, { portal: { expiryHeadStartDays: 7 } });
    await setNextRotation(t.db, { endpointIds: [endpointId], at: days(50) });
    await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() WHERE id = $1`, [endpointId]);
    await bringRotationForward(t.agent, { orgId, endpointId, expiresAt: days(4) });
    expect(Math.abs((await dueAt(endpointId)) - days(2).getTime())).toBeLessThan(60_000);
  });

  test.each([
    ['put off', (on: TestEndpoint) => putOffRotation(t.rotator, { ...on, forMs: 86_400_000 })],
    [
      'failed',
      async (on: TestEndpoint) => {
        const attempt = await plannedAttempt(t.rotator, on);
        await finishAttempt(t.rotator, { ...attempt, orgId: on.orgId, from: 'planned', end: 'abandoned', dueAgainMs: 86_400_000 });
      },
    ],
  ])('does not shorten the cool-down of a rotation that was %s', async (_, rest) => {
    const on = await makeEndpoint(t.db);
    await setNextRotation(t.db, { endpointIds: [on.endpointId], at: 'now' });
    await rest(on);
    expect(await bringRotationForward(t.agent, { ...on, expiresAt: days(1) })).toBe(false);
    expect(Math.abs((await dueAt(on.endpointId)) - days(1).getTime())).toBeLessThan(60_000);
    await setNextRotation(t.db, { endpointIds: [on.endpointId], at: days(50) });
    expect(await bringRotationForward(t.agent, { ...on, expiresAt: days(1) })).toBe(true);
    expect(Math.abs((await dueAt(on.endpointId)) - days(1).getTime())).toBeLessThan(60_000);
  });

  test('is none of another organization’s business', async () => {
    const { endpointId } = await makeEndpoint(t.db);
    const { orgId } = await makeEndpoint(t.db);
    await setNextRotation(t.db, { endpointIds: [endpointId], at: days(50) });
    expect(await bringRotationForward(t.agent, { orgId, endpointId, expiresAt: days(1) })).toBe(false);
  });

  test('a portal type that expires passwords is due the head start before that, where its interval is longer', async () => {
    const { endpointId } = await makeEndpoint(t.db, { portal: { rotationIntervalDays: 60, passwordExpiresDays: 30, expiryHeadStartDays: 5 } });
    expect(Math.abs((await dueAt(endpointId)) - days(25).getTime())).toBeLessThan(60_000);
  });
});

test('a portal type remembers the realms that it had, whatever is saved with it, for their accounts are the same still', async () => {
  const code = 'renamed';
  const realms = async (accountRealm?: string | null) =>
    (await upsertPortalType(t.db, { ...PORTAL, code, ...(accountRealm === undefined ? {} : { accountRealm }) })).formerRealms;
  expect([await realms(), await realms('one'), await realms(), await realms('two')]).toEqual([[], [], [], ['one']]);
  expect([await realms(null), await realms('one'), await realms('two')]).toEqual([
    ['one', 'two'],
    ['one', 'two'],
    ['two', 'one'],
  ]);
  const read = await upsertPortalType(t.db, { ...PORTAL, code });
  await upsertPortalType(t.db, { ...read, code: 'like-it' });
  expect((await upsertPortalType(t.db, { ...PORTAL, code: 'like-it' })).formerRealms).toEqual([]);
});

test('a password is too young by its age, and by how often it was changed in 24 hours', async () => {
  const endpoint = await makeEndpoint(t.db);
  const until = async (leastHours: number, changesPerDay: number | null) => {
    const at = await passwordTooYoungUntil(t.rotator, { ...endpoint, leastHours, changesPerDay });
    return at === null ? null : Math.round((at.getTime() - Date.now()) / 3_600_000);
  };
  expect([await until(24, null), await until(0, 1)]).toEqual([null, null]);
  await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() - interval '2 hours' WHERE id = $1`, [endpoint.endpointId]);
  expect([await until(24, null), await until(0, 1), await until(0, 2), await until(30, 1), await until(0, null)]).toEqual([22, 22, null, 28, null]);
  for (const hours of [2, 20, 30]) {
    const { attemptId } = await plannedAttempt(t.db, endpoint);
    await t.sql(
      `UPDATE rotation_attempt SET state = 'done', promoted_version = '2', previous_version = '1', created_at = now() - interval '40 hours', ended_at = now() - make_interval(hours => $2) WHERE id = $1`,
      [attemptId, hours],
    );
    await t.sql(`DELETE FROM login_lease WHERE endpoint_id = $1`, [endpoint.endpointId]);
  }
  expect([await until(0, 1), await until(0, 2), await until(0, 3)]).toEqual([22, 4, null]);
});
