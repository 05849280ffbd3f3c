import { readConfig, RcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { credentialsEnvironment } from './environment.ts';

const valid = {
  RCM_ENVIRONMENT: 'prod',
  RCM_AWS_REGION: 'us-east-1',
  RCM_AWS_ACCOUNT_ID: '123456789012',
  RCM_KMS_KEY_ID: 'alias/rcm-credentials',
  RCM_TENANT_ROLE_ARN: 'arn:aws-us-gov:iam::123456789012:role/rcm-agent-tenant',
  RCM_IDENTITY_KEY: 'k'.repeat(32),
};
const read = (changes: Record<string, string>) => readConfig(z.object(credentialsEnvironment), { ...valid, ...changes });

describe('the environment of an app that reads credentials', () => {
  it('is read, with the identity key as a secret', () => {
    const config = read({ RCM_AWS_ENDPOINT: 'http://127.0.0.1:4566' });
    expect(config.RCM_AWS_ENDPOINT).toBe('http://127.0.0.1:4566');
    expect(JSON.stringify(config)).not.toContain(valid.RCM_IDENTITY_KEY);
    expect(config.RCM_IDENTITY_KEY.reveal()).toBe(valid.RCM_IDENTITY_KEY);
  });

  it.each([
    ['RCM_ENVIRONMENT', '../prod'],
    ['RCM_AWS_REGION', 'US East'],
    ['RCM_AWS_ENDPOINT', 'localhost'],
    ['RCM_AWS_ACCOUNT_ID', '1234'],
    ['RCM_TENANT_ROLE_ARN', 'rcm-agent'],
    ['RCM_DEDICATED_ORG_ID', 'A'],
    ['RCM_IDENTITY_KEY', 'short-secret'],
  ])('refuses %s=%s in a line that names it', (name, value) => {
    const refused = () => read({ [name]: value });
    expect(refused).toThrow(RcmError);
    expect(refused).toThrow(new RegExp(`\\n {2}${name}: [^\\n]+$`));
    if (name === 'RCM_IDENTITY_KEY') expect(refused).not.toThrow(/short-secret/);
  });
});
