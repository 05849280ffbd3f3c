import { describe, expect, it } from 'vitest';
import { readWebAgentConfig } from './config.ts';
import { apiOptions } from './http/environment.ts';

const VALID = {
  RCM_DATABASE_URL: 'postgresql://agent:canary@127.0.0.1/rcm',
  RCM_ENVIRONMENT: 'prod',
  RCM_IDENTITY_KEY: 'k'.repeat(32),
  RCM_AWS_REGION: 'us-east-1',
  RCM_AWS_ACCOUNT_ID: '123456789012',
  RCM_KMS_KEY_ID: 'alias/rcm',
  RCM_TENANT_ROLE_ARN: 'arn:aws:iam::123456789012:role/rcm-agent-tenant',
  RCM_BROWSER_SANDBOX: 'off',
};
const API = { RCM_API_ISSUER: 'https://issuer.example/', RCM_API_AUDIENCE: 'portal-tasks', RCM_API_JWKS_URL: 'https://issuer.example/keys' };
const read = (changes: Readonly<Record<string, string | undefined>>) => readWebAgentConfig({ ...VALID, ...changes });

it('a web-agent reads no row’s plaintext unless that is said', () => {
  expect(read({})).toMatchObject({ RCM_LEGACY_READ: 'forbid' });
  expect(() => read({ RCM_LEGACY_READ: 'yes' })).toThrow('RCM_LEGACY_READ');
});

describe('a web-agent’s ways to other machines', () => {
  it.each([
    ['RCM_DATABASE_URL', 'postgresql://agent:canary@db.example/rcm', 'leads to another machine without TLS'],
    ['RCM_DATABASE_URL', 'postgresql://agent:canary@db.example/rcm?sslmode=require', 'has sslmode=require'],
    ['RCM_DATABASE_DIRECT_URL', 'postgresql://agent:canary@10.1.2.3/rcm', 'leads to another machine without TLS'],
    ['RCM_DATABASE_CA_FILE', '/does/not/exist', 'names a file that holds no readable certificate (ENOENT)'],
    ['RCM_AWS_ENDPOINT', 'http://10.1.2.3:4566', 'must be https, or http on this machine; to send it unprotected all the same, name aws'],
    ['RCM_AWS_REPLICA_ENDPOINT', 'http://10.1.2.3:4566', 'must be https, or http on this machine'],
    ['RCM_VAULT_ADDRESS', 'http://vault.example:8200', 'cannot be used: its address must be https, or http on this machine'],
    ['RCM_API_JWKS_URL', 'http://issuer.example/keys', 'must be https, or http on this machine'],
  ])('%s=%s is refused', (name, value, why) => {
    expect(() => read({ ...API, [name]: value })).toThrow(`${name}: ${why}`);
    expect(() => read({ ...API, [name]: value })).not.toThrow('canary');
  });

  it('are taken on this machine, or protected', () => {
    expect(read({ RCM_AWS_ENDPOINT: 'http://127.0.0.1:4566', RCM_DATABASE_DIRECT_URL: 'postgresql://a@db.example/rcm?sslmode=verify-full' })).toMatchObject({
      RCM_PLAINTEXT: [],
    });
    expect(read({ RCM_AWS_ENDPOINT: 'https://vpce.example', RCM_DATABASE_URL: 'postgresql://a@/rcm?host=/run/postgresql' })).toBeDefined();
  });

  it('may be unprotected where that is chosen by name', () => {
    const plain = { RCM_AWS_ENDPOINT: 'http://10.1.2.3:4566', RCM_DATABASE_URL: 'postgresql://a@db.example/rcm?sslmode=disable' };
    expect(read({ ...plain, RCM_PLAINTEXT: 'aws,database' }).RCM_PLAINTEXT).toEqual(['aws', 'database']);
    expect(() => read({ ...plain, RCM_PLAINTEXT: 'aws' })).toThrow('RCM_DATABASE_URL: leads to another machine');
    expect(() => read({ ...API, RCM_API_JWKS_URL: 'http://issuer.example/keys', RCM_PLAINTEXT: 'aws,database,portals,notices' })).toThrow('RCM_API_JWKS_URL');
  });

  it('let other machines in by TLS only, its own or a proxy’s that the deployment vouches for', () => {
    for (const host of ['0.0.0.0', '::', '10.1.2.3', 'agent.example'])
      expect(() => read({ ...API, RCM_API_HOST: host })).toThrow('RCM_API_HOST: lets other machines in, without TLS: name a certificate and its key');
    expect(read({ ...API, RCM_API_HOST: '0.0.0.0', RCM_API_TLS_PROXY: 'yes' }).RCM_API_HOST).toBe('0.0.0.0');
    expect(() => read({ ...API, RCM_API_TLS_CERT: 'x' })).toThrow('RCM_API_TLS_KEY: is not set, but RCM_API_TLS_CERT is');
    expect(() => read({ ...API, RCM_API_TLS_CERT: 'x', RCM_API_TLS_KEY: 'canary' })).toThrow('must be a certificate and its key without a passphrase');
    // Nothing is served.
    expect(read({ RCM_API_HOST: '0.0.0.0' }).RCM_API_HOST).toBe('0.0.0.0');
  });
});

describe('a web-agent’s token issuers', () => {
  const BEFORE = { RCM_API_PREVIOUS_ISSUER: 'https://before.example/', RCM_API_PREVIOUS_JWKS_URL: 'https://before.example/keys' };

  it('are one, or two while it is changed, the audience the same unless it says so', () => {
    expect(apiOptions(read(API))?.token.previous).toBeUndefined();
    const previous = { issuer: 'https://before.example/', audience: 'portal-tasks', jwksUrl: 'https://before.example/keys' };
    expect(apiOptions(read({ ...API, ...BEFORE }))?.token.previous).toEqual(previous);
    expect(apiOptions(read({ ...API, ...BEFORE, RCM_API_PREVIOUS_AUDIENCE: 'old' }))?.token.previous).toEqual({ ...previous, audience: 'old' });
  });

  it.each([
    ['half a one', { ...API, RCM_API_PREVIOUS_ISSUER: 'https://before.example/' }, 'RCM_API_PREVIOUS_JWKS_URL are set together, or neither'],
    ['a previous one alone', BEFORE, 'RCM_API_PREVIOUS_ISSUER: is set, but RCM_API_ISSUER is not'],
    ['one twice', { ...API, ...BEFORE, RCM_API_PREVIOUS_ISSUER: API.RCM_API_ISSUER }, 'is RCM_API_ISSUER itself'],
    ['unprotected keys', { ...API, ...BEFORE, RCM_API_PREVIOUS_JWKS_URL: 'http://before.example/keys' }, 'must be https, or http on this machine'],
  ])('cannot be %s', (_what, changes, why) => {
    expect(() => read(changes)).toThrow(why);
  });
});
