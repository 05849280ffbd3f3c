import { describe, expect, it } from 'vitest';
import { readRotatorConfig } from './config.ts';

const VALID = {
  RCM_DATABASE_URL: 'postgresql://rotator:canary@127.0.0.1/rcm',
  RCM_ENVIRONMENT: 'prod',
  RCM_IDENTITY_KEY: 'k'.repeat(32),
  RCM_AWS_REGION: 'us-east-1',
  RCM_AWS_ACCOUNT_ID: '123456789012',
  RCM_KMS_KEY_ID: 'alias/rcm',
  RCM_TENANT_ROLE_ARN: 'arn:aws:iam::123456789012:role/rcm-rotator-tenant',
  RCM_NOTICE_WEBHOOK_KEY: 'k'.repeat(32),
  RCM_BROWSER_SANDBOX: 'off',
};
const read = (changes: Readonly<Record<string, string | undefined>>) => readRotatorConfig({ ...VALID, ...changes });

describe('a rotator’s ways to other machines', () => {
  it.each([
    ['RCM_DATABASE_URL', 'postgresql://rotator:canary@db.example/rcm', 'leads to another machine without TLS'],
    ['RCM_AWS_ENDPOINT', 'http://10.1.2.3:4566', 'must be https, or http on this machine'],
    ['RCM_VAULT_ADDRESS', 'http://vault.example:8200', 'cannot be used: its address must be https, or http on this machine'],
    ['RCM_NOTICE_WEBHOOK_URL', 'http://chat.example/canary', 'must be https, or http on this machine; to send it unprotected all the same, name notices'],
  ])('%s=%s is refused', (name, value, why) => {
    expect(() => read({ [name]: value })).toThrow(`${name}: ${why}`);
    expect(() => read({ [name]: value })).not.toThrow('canary');
  });

  it('are taken on this machine, protected, or where that is chosen by name', () => {
    expect(read({ RCM_NOTICE_WEBHOOK_URL: 'http://127.0.0.1:8080/' })).toBeDefined();
    expect(read({ RCM_NOTICE_WEBHOOK_URL: 'https://chat.example/' })).toBeDefined();
    expect(read({ RCM_NOTICE_WEBHOOK_URL: 'http://chat.example/', RCM_PLAINTEXT: 'notices' }).RCM_PLAINTEXT).toEqual(['notices']);
  });
});

describe('a rotator’s webhook keys', () => {
  const other = { RCM_PREVIOUS_NOTICE_WEBHOOK_KEY: 'p'.repeat(32), RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID: '2' };

  it('are one, or two with two ids while it is changed', () => {
    expect(read({}).RCM_NOTICE_WEBHOOK_KEY_ID).toBe('1');
    expect(read(other).RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID).toBe('2');
    expect(() => read({ ...other, RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID: undefined })).toThrow('RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID are set together, or neither');
    expect(() => read({ ...other, RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID: '1' })).toThrow('two keys need two ids');
    expect(() => read({ ...other, RCM_NOTICE_WEBHOOK_KEY: undefined })).toThrow('RCM_NOTICE_WEBHOOK_KEY: is not set');
  });
});
