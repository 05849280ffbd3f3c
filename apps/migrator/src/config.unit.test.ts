import { describe, expect, it } from 'vitest';
import { readMigratorConfig } from './config.ts';

const VALID = {
  RCM_DATABASE_URL: 'postgresql://migrator:canary@127.0.0.1/rcm',
  RCM_ENVIRONMENT: 'prod',
  RCM_IDENTITY_KEY: 'k'.repeat(32),
  RCM_AWS_REGION: 'us-east-1',
  RCM_AWS_ACCOUNT_ID: '123456789012',
  RCM_KMS_KEY_ID: 'alias/rcm',
  RCM_TENANT_ROLE_ARN: 'arn:aws:iam::123456789012:role/rcm-rotator-tenant',
};
const read = (changes: Readonly<Record<string, string>>) => readMigratorConfig({ ...VALID, ...changes });

describe('the migrator’s ways to other machines', () => {
  it.each([
    ['RCM_DATABASE_URL', 'postgresql://migrator:canary@db.example/rcm', 'leads to another machine without TLS'],
    ['RCM_MIGRATOR_ADMIN_DATABASE_URL', 'postgresql://owner:canary@db.example/rcm', 'leads to another machine without TLS'],
    ['RCM_MIGRATOR_ADMIN_DATABASE_URL', 'postgresql://owner:canary@db.example/rcm?sslmode=prefer', 'has sslmode=prefer'],
    ['RCM_AWS_ENDPOINT', 'http://10.1.2.3:4566', 'must be https, or http on this machine; to send it unprotected all the same, name aws'],
    ['RCM_VAULT_ADDRESS', 'http://vault.example:8200', 'cannot be used: its address must be https, or http on this machine'],
    ['RCM_ACTOR_ISSUER', 'http://issuer.example', 'must be https, or http on this machine'],
  ])('%s=%s is refused', (name, value, why) => {
    expect(() => read({ [name]: value })).toThrow(`${name}: ${why}`);
    expect(() => read({ [name]: value })).not.toThrow('canary');
  });

  it('are taken on this machine, protected, or where that is chosen by name', () => {
    const protectedOnes = {
      RCM_MIGRATOR_ADMIN_DATABASE_URL: 'postgresql://owner@db.example/rcm?sslmode=verify-full',
      RCM_AWS_ENDPOINT: 'http://127.0.0.1:4566',
    };
    expect(read({ ...protectedOnes, RCM_ACTOR_ISSUER: 'https://issuer.example', RCM_ACTOR_CLIENT_ID: 'rcm' })).toBeDefined();
    const plain = { RCM_MIGRATOR_ADMIN_DATABASE_URL: 'postgresql://owner@db.example/rcm?sslmode=disable', RCM_PLAINTEXT: 'database' };
    expect(read(plain).RCM_PLAINTEXT).toEqual(['database']);
  });
});
