import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAppRole } from '../admin.ts';
import { type Client, openClient } from './client.fixture.ts';

const DENIED = { status: 403, body: { errors: ['1 error occurred:\n\t* permission denied\n\n'] } };
const NO_TOKEN = { status: 403, body: { errors: ['permission denied'] } };

describe('AppRole, tokens and policies', () => {
  let client: Client;
  let now = Date.parse('2026-01-01T00:00:00Z');
  beforeEach(async () => {
    client = await openClient({ clock: { now: () => new Date(now) }, namespaces: ['team'] });
  });
  afterEach(() => client.close());

  const as = (token: string, method: string, path: string, body?: object) => client.ask(method, path, body, { 'x-vault-token': token });

  // builtin/credential/approle/path_login.go; sdk/logical/response_util.go (ErrInvalidCredentials)
  it('logs in with role id and secret id; one sentence and 400 for whatever is wrong', async () => {
    const { roleId, secretId } = await createAppRole(
      { address: client.server.address, token: client.server.rootToken },
      { name: 'r', policy: { path: {} }, tokenTtl: 60 },
    );
    const login = (body: object) => as('', 'POST', 'auth/approle/login', body);
    expect(await login({ role_id: ` ${roleId} `, secret_id: secretId })).toMatchObject({
      status: 200,
      body: { auth: { lease_duration: 60, renewable: true, token_policies: ['default', 'r'], metadata: { role_name: 'r' } } },
    });
    const refused = { status: 400, body: { errors: ['invalid role or secret ID'] } };
    expect(await login({ role_id: roleId, secret_id: 'x' })).toEqual(refused);
    expect(await login({ role_id: 'x', secret_id: secretId })).toEqual(refused);
    expect(await login({ secret_id: secretId })).toEqual({ status: 400, body: { errors: ['missing role_id'] } });
    expect(await login({ role_id: roleId })).toEqual({ status: 400, body: { errors: ['missing secret_id'] } });
  });

  it('ends a secret id with its last use, and by destroying it', async () => {
    const role = await createAppRole({ address: client.server.address, token: client.server.rootToken }, { name: 'r', policy: { path: {} } });
    const once = (await client.ask('POST', 'auth/approle/role/r/secret-id', { num_uses: 1 })).body?.data as { secret_id: string };
    const status = async (secretId: string) => (await as('', 'POST', 'auth/approle/login', { role_id: role.roleId, secret_id: secretId })).status;
    expect([await status(once.secret_id), await status(once.secret_id)]).toEqual([200, 400]);
    expect(await status(role.secretId)).toBe(200);
    await client.ask('POST', 'auth/approle/role/r/secret-id/destroy', { secret_id: role.secretId });
    expect(await status(role.secretId)).toBe(400);
  });

  it('lets nobody in without a token, with a wrong one, or with one that ran out or was revoked', async () => {
    expect(await as('', 'GET', 'kv/data/a')).toEqual(NO_TOKEN);
    expect(await as('hvs.wrong', 'GET', 'kv/data/a')).toEqual(NO_TOKEN);
    const short = await client.tokenWith({ 'kv/data/*': ['read'] }, { tokenTtl: 60 });
    expect((await as(short, 'GET', 'kv/data/a')).status).toBe(404);
    now += 60_001;
    expect(await as(short, 'GET', 'kv/data/a')).toEqual(NO_TOKEN);
    const revoked = await client.tokenWith({ 'kv/data/*': ['read'] });
    expect((await as(revoked, 'POST', 'auth/token/revoke-self', {})).status).toBe(204);
    expect(await as(revoked, 'GET', 'kv/data/a')).toEqual(NO_TOKEN);
  });

  it('renews a token up to the end that its role allows', async () => {
    const token = await client.tokenWith({}, { tokenTtl: 100, tokenMaxTtl: 150 });
    now += 90_000;
    expect(await as(token, 'POST', 'auth/token/renew-self', {})).toMatchObject({ status: 200, body: { auth: { client_token: token, lease_duration: 60 } } });
    now += 61_000;
    expect(await as(token, 'POST', 'auth/token/renew-self', {})).toEqual(NO_TOKEN);
  });

  it('lets a token do what its policy says at the path, and nothing else', async () => {
    await client.ask('POST', 'kv/data/own/there', { data: { n: 1 } });
    const reader = await client.tokenWith({ 'kv/data/own/*': ['read'] });
    expect((await as(reader, 'GET', 'kv/data/own/there')).status).toBe(200);
    expect(await as(reader, 'POST', 'kv/data/own/there', { data: {} })).toEqual(DENIED);
    expect(await as(reader, 'DELETE', 'kv/data/own/there')).toEqual(DENIED);
    expect(await as(reader, 'GET', 'kv/metadata/own/there')).toEqual(DENIED);
    expect(await as(reader, 'GET', 'kv/metadata/own?list=true')).toEqual(DENIED);
    expect(await as(reader, 'GET', 'kv/data/owner/there')).toEqual(DENIED);
    expect(await as(reader, 'POST', 'kv/destroy/own/there', { versions: [1] })).toEqual(DENIED);
    expect(await as(reader, 'GET', 'sys/policies/acl/role-1')).toEqual(DENIED);
    expect(await as(reader, 'GET', 'nope/data/own')).toEqual(DENIED);
  });

  // The existence checks of path_data.go and path_metadata.go
  it('tells creating from updating', async () => {
    await client.ask('POST', 'kv/data/a', { data: { n: 1 } });
    const creator = await client.tokenWith({ 'kv/data/*': ['create'] });
    const updater = await client.tokenWith({ 'kv/data/*': ['update'] });
    expect((await as(creator, 'POST', 'kv/data/b', { data: {} })).status).toBe(200);
    expect(await as(creator, 'POST', 'kv/data/a', { data: {} })).toEqual(DENIED);
    expect((await as(updater, 'POST', 'kv/data/a', { data: {} })).status).toBe(200);
    expect(await as(updater, 'POST', 'kv/data/c', { data: {} })).toEqual(DENIED);
  });

  // vault/logical_system.go (handleCapabilities), vault/capabilities.go; the built-in policy `default` allows it
  it('tells a token what it may do at a path, and nothing of what is there', async () => {
    const token = await client.tokenWith({ 'kv/data/own/*': ['update', 'read', 'create'], 'kv/data/own/shut': ['deny'] });
    const ask = async (body: object, by = token) => {
      const { status, body: answer } = await as(by, 'POST', 'sys/capabilities-self', body);
      return { status, data: answer?.data ?? answer };
    };
    const own = ['create', 'read', 'update'];
    expect(await ask({ paths: ['kv/data/own/a'] })).toEqual({ status: 200, data: { 'kv/data/own/a': own, capabilities: own } });
    expect(await ask({ paths: ['kv/data/own/a', 'kv/data/own/shut', 'kv/data/other/a', 'kv/metadata/own/a'] })).toEqual({
      status: 200,
      data: { 'kv/data/own/a': own, 'kv/data/own/shut': ['deny'], 'kv/data/other/a': ['deny'], 'kv/metadata/own/a': ['deny'] },
    });
    expect(await ask({ paths: ['kv/data/a'] }, client.server.rootToken)).toMatchObject({ data: { capabilities: ['root'] } });
    expect(await ask({})).toEqual({ status: 400, data: { errors: ['paths must be supplied'] } });
    expect(await ask({ paths: [''] })).toEqual({ status: 400, data: { errors: ['missing path'] } });
    expect(await as('hvs.wrong', 'POST', 'sys/capabilities-self', { paths: ['kv/data/a'] })).toEqual(NO_TOKEN);
  });

  it('keeps namespaces apart, and tells no unknown one from an unknown route', async () => {
    const inTeam = { 'x-vault-namespace': '/team/' };
    await client.ask('POST', 'kv/data/a', { data: { where: 'team' } }, inTeam);
    expect((await client.ask('GET', 'kv/data/a')).status).toBe(404);
    expect((await client.ask('GET', 'kv/data/a', undefined, inTeam)).status).toBe(200);
    const ofRoot = await client.tokenWith({ '*': ['read'] });
    expect(await client.ask('GET', 'kv/data/a', undefined, { ...inTeam, 'x-vault-token': ofRoot })).toEqual(NO_TOKEN);
    expect((await client.ask('GET', 'kv/data/a', undefined, { 'x-vault-namespace': 'nobody' })).body).toMatchObject({
      errors: [expect.stringContaining('no handler for route')],
    });
  });
});
