import { beforeAll, describe, expect, it } from 'vitest';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});

/**
 * What an update of a stack must never make anew, in the words in which it was first deployed. CloudFormation knows a resource by its logical id, puts another in its place where a
 * name changes, and writes a new value over a secret where anything of `GenerateSecretString` does ("AWS::SecretsManager::Secret"). A key that names logins would then be another
 * under the id of the first, and no process would start: change nothing here, and give a key that is made otherwise an id of its own (docs/keys.md).
 */
const SECRETS = {
  'rcm-prod-identity/identitykey': ['rcm-platform/prod/identity-key', { PasswordLength: 64, ExcludePunctuation: true }],
  'rcm-dev-identity/identitykey': ['rcm-platform/dev/identity-key', { PasswordLength: 64, ExcludePunctuation: true }],
  'rcm-prod-database/Administrator': ['rcm-platform/prod/database-admin', { PasswordLength: 40, ExcludePunctuation: true }],
};
const OTHERS = [
  ...['rcm-prod-identity/CredentialsKey', 'rcm-prod-identity/PlatformKey', 'rcm-prod-evidence/HeadsKey', 'rcm-prod-replica/CredentialsKey'],
  ...['rcm-prod-store-444444444444/CredentialsKey', 'rcm-prod-store-444444444444-us-west-2/CredentialsKey', 'rcm-prod-database/Cluster'],
];

describe('an update of a stack', () => {
  it('makes no value of a secret anew that was made before', () => {
    const generated = made.ofType('AWS::SecretsManager::Secret').filter(({ Properties }) => 'GenerateSecretString' in Properties);
    expect(Object.fromEntries(generated.map(({ at, Properties }) => [at, [Properties.Name, Properties.GenerateSecretString]]))).toEqual(SECRETS);
  });

  it('finds keys and database again under the ids that they were made with', () => {
    const found = ['AWS::KMS::Key', 'AWS::KMS::ReplicaKey', 'AWS::RDS::DBCluster'].flatMap((type) => made.ofType(type).map(({ at }) => at));
    expect(found).toEqual(expect.arrayContaining(OTHERS));
  });

  it('leaves the old one where another must come in its place', () => {
    const types = [
      ...['AWS::KMS::Key', 'AWS::KMS::ReplicaKey', 'AWS::SecretsManager::Secret', 'AWS::S3::Bucket', 'AWS::RDS::DBCluster', 'AWS::Logs::LogGroup'],
      'AWS::Backup::BackupVault',
    ];
    for (const type of types) {
      const policies = made.ofType(type).map((each) => [each.at, (each as { readonly UpdateReplacePolicy?: string }).UpdateReplacePolicy]);
      expect(policies).toEqual(policies.map(([at]) => [at, 'Retain']));
    }
  });
});
