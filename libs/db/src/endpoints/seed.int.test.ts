import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, PORTAL, type TestDatabase } from '../testing.fixture.ts';
import type { NewPortalType } from './endpoint.ts';
import { findEndpoint } from './read.ts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from './seed.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

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

  test.each<[string, Partial<NewPortalType>]>([
    ['a window without a length', { lockoutCounts: 'window', lockoutWindowSeconds: null }],
    ['a window where only a person unlocks', { lockoutCounts: 'until_unlocked', lockoutWindowSeconds: 900 }],
    ['another way of counting', { lockoutCounts: 'sometimes' as 'window' }],
    ['a lock that lasts no time', { lockoutLastsSeconds: 0 }],
  ])('%s is not saved', async (_, portal) => {
    await expect(makeEndpoint(t.db, { portal })).rejects.toMatchObject({ code: 'input_invalid' });
  });

  test('portal types behind one sign-in cannot differ in what is the same user name', async () => {
    await makeEndpoint(t.db, { portal: { accountRealm: 'sign-in-a', usernameCase: 'ignored' } });
    await makeEndpoint(t.db, { portal: { accountRealm: 'sign-in-a', usernameCase: 'ignored' } });
    await expect(makeEndpoint(t.db, { portal: { accountRealm: 'sign-in-a', usernameCase: 'exact' } })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(makeEndpoint(t.db, { portal: { code: 'sign-in-a', usernameCase: 'exact' } })).rejects.toMatchObject({ code: 'input_invalid' });
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
