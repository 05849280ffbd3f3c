import { readConfig, RcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkStores, credentialsEnvironment } from './environment.ts';
import { placeKey } from './reference.ts';
import { newSecretPlaces, secretPlaces, tenantStoresOptions } from './store-settings.ts';

const valid = {
  RCM_ENVIRONMENT: 'prod',
  RCM_AWS_REGION: 'us-east-1',
  RCM_AWS_ACCOUNT_ID: '123456789012',
  RCM_KMS_KEY_ID: 'alias/rcm-credentials',
  RCM_TENANT_ROLE_ARN: 'arn:aws-us-gov:iam::123456789012:role/rcm-agent-tenant',
  RCM_IDENTITY_KEY: 'k'.repeat(32),
};
const vault = { RCM_VAULT_ADDRESS: 'https://vault.example:8200', RCM_VAULT_MOUNT: 'kv', RCM_VAULT_APPROLE_FOLDER: '/run/approles' };
const schema = z.object(credentialsEnvironment).superRefine(checkStores);
const read = (changes: Record<string, string | undefined>) => readConfig(schema, { ...valid, ...changes });

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
    ['RCM_LARGE_PAYLOADS', 'cut'],
    ['RCM_VAULT_ADDRESS', 'http://vault.example:8200'],
    ['RCM_VAULT_ADDRESS', 'https://user:word@vault.example'],
    ['RCM_VAULT_ADDRESS', 'https://vault.example/v1'],
    ['RCM_VAULT_NAMESPACE', '/team/'],
    ['RCM_VAULT_NAMESPACE', 'team/../other'],
    ['RCM_VAULT_MOUNT', 'kv/data'],
    ['RCM_VAULT_APPROLE_MOUNT', 'auth/approle'],
  ])('refuses %s=%s in a line that names it', (name, value) => {
    const around = { ...(name.startsWith('RCM_VAULT') ? vault : {}), ...(name === 'RCM_DEDICATED_ORG_ID' ? { RCM_TENANT_ROLE_ARN: undefined } : {}) };
    const refused = () => read({ ...around, [name]: value });
    expect(refused).toThrow(RcmError);
    expect(refused).toThrow(new RegExp(`\\n {2}${name}: [^\\n]+$`));
    if (name === 'RCM_IDENTITY_KEY') expect(refused).not.toThrow(/short-secret/);
  });

  it('may be of AWS, of Vault, or of both', () => {
    const onlyVault = read({ ...vault, RCM_AWS_REGION: undefined, RCM_AWS_ACCOUNT_ID: undefined, RCM_KMS_KEY_ID: undefined, RCM_TENANT_ROLE_ARN: undefined });
    expect(tenantStoresOptions(onlyVault)).toMatchObject({
      region: undefined,
      vault: { address: vault.RCM_VAULT_ADDRESS, mount: 'kv', appRoleMount: 'approle' },
    });
    expect(newSecretPlaces(onlyVault, 'vault')).toEqual([{ store: 'vault', mount: 'kv' }]);
    expect(() => newSecretPlaces(onlyVault, 'ssm')).toThrow(/RCM_AWS_REGION/);
    const both = read({ ...vault, RCM_LARGE_PAYLOADS: 'advanced' });
    expect(tenantStoresOptions(both)).toMatchObject({ region: 'us-east-1', largestTier: 'Advanced', vault: { mount: 'kv' } });
    expect(tenantStoresOptions(read({})).vault).toBeUndefined();
    expect(() => newSecretPlaces(read({}), 'vault')).toThrow(/RCM_VAULT_ADDRESS/);
  });

  it.each([
    ['no store at all', { RCM_AWS_REGION: undefined }, 'RCM_AWS_REGION'],
    ['AWS without its account', { RCM_AWS_ACCOUNT_ID: undefined }, 'RCM_AWS_ACCOUNT_ID'],
    ['AWS without its key', { RCM_KMS_KEY_ID: undefined }, 'RCM_KMS_KEY_ID'],
    ['AWS without a tenant role', { RCM_TENANT_ROLE_ARN: undefined }, 'RCM_TENANT_ROLE_ARN'],
    ['AWS with a role and one tenant', { RCM_DEDICATED_ORG_ID: 'org-a' }, 'RCM_TENANT_ROLE_ARN'],
    ['Vault without a mount', { ...vault, RCM_VAULT_MOUNT: undefined }, 'RCM_VAULT_MOUNT'],
    ['Vault without AppRoles', { ...vault, RCM_VAULT_APPROLE_FOLDER: undefined }, 'RCM_VAULT_APPROLE_FOLDER'],
  ])('refuses %s in a line that names what is wrong', (_what, changes, name) => {
    expect(() => read(changes)).toThrow(new RegExp(`\\n {2}${name}: [^\\n]+$`));
  });

  it.each([
    ['us-east-1', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eusc-de-east-1', 'aws-eusc'],
  ])('knows that %s is in the partition %s, and the account, where no role says so', (region, partition) => {
    const dedicated = read({ RCM_AWS_REGION: region, RCM_TENANT_ROLE_ARN: undefined, RCM_DEDICATED_ORG_ID: 'org-a' });
    expect(tenantStoresOptions(dedicated).accountId).toBe(valid.RCM_AWS_ACCOUNT_ID);
    expect(newSecretPlaces(dedicated, 'ssm')).toEqual([{ store: 'ssm', region, accountId: valid.RCM_AWS_ACCOUNT_ID, partition }]);
  });

  it('names further places, each of which new secrets may be created in', () => {
    const places = [
      { account: '222222222222', region: 'us-east-1' },
      { account: '222222222222', region: 'eu-west-1', kms_key_id: 'alias/other' },
    ];
    const config = read({ RCM_STORE_PLACES: JSON.stringify(places) });
    expect(tenantStoresOptions(config).furtherPlaces).toMatchObject([
      { accountId: '222222222222', region: 'us-east-1' },
      { region: 'eu-west-1', kmsKeyId: 'alias/other' },
    ]);
    expect(newSecretPlaces(config, 'ssm').map((place) => placeKey(place))).toEqual([
      `ssm:aws:us-east-1:${valid.RCM_AWS_ACCOUNT_ID}`,
      'ssm:aws:us-east-1:222222222222',
      'ssm:aws:eu-west-1:222222222222',
    ]);
    expect(secretPlaces(config)).toHaveLength(6);
  });

  const place = { account: '222222222222', region: 'us-east-1' };
  it.each([
    ['no JSON', '{', {}],
    ['no list', '{}', {}],
    ['an account that is none', [{ ...place, account: '2' }], {}],
    ['a region that is none', [{ ...place, region: 'home' + '/'.repeat(3) }], {}],
    ['a member that nobody knows', [{ ...place, password: 'x' }], {}],
    ['a role of another account', [{ ...place, role_arn: 'arn:aws:iam::333333333333:role/r' }], {}],
    ['a place twice', [place, place], {}],
    ['a place where copies lie', [{ ...place, region: 'us-west-2' }], { RCM_AWS_REPLICA_REGION: 'us-west-2' }],
    ['more than anybody has', Array.from({ length: 201 }, (_, index) => ({ ...place, account: String(100_000_000_000 + index) })), {}],
    ['places, and no first one', [place], { ...vault, RCM_AWS_REGION: undefined, RCM_TENANT_ROLE_ARN: undefined }],
  ])('refuses %s in a line that names RCM_STORE_PLACES', (_what, places, changes) => {
    const text = typeof places === 'string' ? places : JSON.stringify(places);
    expect(() => read({ RCM_STORE_PLACES: text, ...changes })).toThrow(/\n {2}RCM_STORE_PLACES: [^\n]+/);
  });
});
