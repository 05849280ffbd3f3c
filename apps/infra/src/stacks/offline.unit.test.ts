import { beforeAll, describe, expect, it } from 'vitest';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

/** "CloudFormation quotas": bytes of a template given by an object of S3, and resources in it. */
const MAX_BYTES = 1_000_000;
const MAX_RESOURCES = 500;

let made: Synthesised;
beforeAll(() => {
  made = synthesised({ checked: true });
});

describe('what is synthesised', () => {
  it('needs nothing of the outside: nothing was looked up, nothing is to be uploaded, nothing was set up before', () => {
    expect(made.missing).toBeUndefined();
    for (const [name, { Parameters }] of made.templates)
      expect([name, Object.keys(Parameters ?? {})]).toEqual([name, /-(replica|store-\d+-us-west-2)$/.test(name) ? ['PrimaryKeyArn'] : []]);
    expect(
      [...made.templates.values()].flatMap(({ Resources }) => Object.values(Resources)).filter(({ Type }) => /^(Custom::|AWS::Lambda::)/.test(Type)),
    ).toEqual([]);
  });

  it('is what the schemas of CloudFormation allow', () => {
    expect(made.findings).toEqual([]);
  });

  it('is as large as CloudFormation takes it', () => {
    for (const [name, template] of made.templates) {
      expect([name, JSON.stringify(template).length < MAX_BYTES]).toEqual([name, true]);
      expect(Object.keys(template.Resources).length).toBeLessThan(MAX_RESOURCES);
    }
  });

  it('has the stacks that docs/deploy.md deploys, each environment in its order', () => {
    const of = (environment: string): string[] =>
      [...made.templates.keys()].filter((name) => name.startsWith(`rcm-${environment}-`)).map((name) => name.slice(`rcm-${environment}-`.length));
    expect(of('dev')).toEqual(['identity', 'evidence', 'alerts', 'network', 'tasks', 'services']);
    expect(of('prod').filter((name) => !name.startsWith('store-'))).toEqual([
      'copies',
      'copies-alerts',
      'identity',
      'replica',
      'evidence',
      'alerts',
      'network',
      'database',
      'standby',
      'tasks',
      'api',
      'console',
      'services',
    ]);
    expect(of('prod').filter((name) => name.startsWith('store-'))).toEqual([
      'store-444444444444',
      'store-444444444444-us-west-2',
      'store-444444444444-us-west-2-alerts',
      'store-444444444444-alerts',
    ]);
  });

  it('holds no secret: those of processes are empty, or made by Secrets Manager', () => {
    const secrets = made.ofType('AWS::SecretsManager::Secret');
    expect(secrets.length).toBeGreaterThan(8);
    expect(secrets.filter(({ Properties }) => 'SecretString' in Properties)).toEqual([]);
    // A template that names a secret does not hold it.
    const held = made.ofType('AWS::RDS::DBCluster').flatMap(({ Properties }) => ('MasterUserPassword' in Properties ? [Properties.MasterUserPassword] : []));
    expect(held).toEqual([{ 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'Administrator' }, ':SecretString}}']] }]);
  });

  it('is kept when its stack is deleted, where it is the only copy of something', () => {
    const only = [
      'AWS::KMS::Key',
      'AWS::KMS::ReplicaKey',
      'AWS::SecretsManager::Secret',
      'AWS::S3::Bucket',
      'AWS::RDS::DBCluster',
      'AWS::Logs::LogGroup',
      'AWS::Backup::BackupVault',
    ];
    for (const type of only) {
      const resources = made.ofType(type);
      expect([type, resources.length > 0]).toEqual([type, true]);
      expect(resources.filter(({ DeletionPolicy }) => DeletionPolicy !== 'Retain').map(({ at }) => at)).toEqual([]);
    }
  });

  it('is encrypted under a customer key, and its logs end', () => {
    for (const group of made.ofType('AWS::Logs::LogGroup'))
      expect(group.Properties).toMatchObject({ KmsKeyId: expect.anything(), RetentionInDays: expect.any(Number) });
    for (const topic of made.ofType('AWS::SNS::Topic')) expect(topic.Properties).toHaveProperty('KmsMasterKeyId');
    for (const secret of made.ofType('AWS::SecretsManager::Secret')) expect(secret.Properties).toHaveProperty('KmsKeyId');
    for (const cluster of made.ofType('AWS::RDS::DBCluster')) expect(cluster.Properties).toMatchObject({ StorageEncrypted: true, KmsKeyId: expect.anything() });
    for (const key of made.ofType('AWS::KMS::Key').filter(({ Properties }) => !('KeySpec' in Properties)))
      expect(key.Properties).toMatchObject({ EnableKeyRotation: true });
  });
});
