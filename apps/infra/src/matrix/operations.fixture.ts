import { ACCOUNT, ENVIRONMENT, STORE_ACCOUNT, STRANGE_ACCOUNT, TENANT } from './principals.fixture.ts';

export type Context = Readonly<Record<string, string | readonly string[]>>;

/** Whose secret, and where. `own` and `copy` are of the session's tenant, in the account's first and second region. */
export interface Place {
  readonly name: string;
  readonly environment: string;
  readonly tenant: string;
  readonly region: string;
  readonly account: string;
}

export const PLACES = ['own', 'copy', 'another tenant', 'a namesake', 'another environment', 'another region', 'another account'] as const;
export type PlaceName = (typeof PLACES)[number];

export function placesOf(account: string): readonly Place[] {
  const own = { environment: ENVIRONMENT, tenant: TENANT, region: 'us-east-1', account };
  const different: Readonly<Record<PlaceName, Partial<Place>>> = {
    own: {},
    copy: { region: 'us-west-2' },
    'another tenant': { tenant: 'north' },
    'a namesake': { tenant: `${TENANT}-west` },
    'another environment': { environment: 'dev' },
    'another region': { region: 'eu-west-1' },
    'another account': { account: account === ACCOUNT ? STORE_ACCOUNT : STRANGE_ACCOUNT },
  };
  return PLACES.map((name) => ({ ...own, ...different[name], name }));
}

/** One call, on what lies in a place or, with `fixed`, on one thing of the platform. */
export interface Operation {
  readonly name: string;
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

const KEYS: Readonly<Record<string, string>> = { 'us-east-1': 'CredentialsKey', 'us-west-2': 'CredentialsKey' };
export const credentialsKey = ({ region, account }: Pick<Place, 'region' | 'account'>): string =>
  `arn:aws:kms:${KEYS[region] ? region : 'us-east-1'}:${account === STRANGE_ACCOUNT ? ACCOUNT : account}:key/CredentialsKey`;

/** Everything that is done with a secret of a place and with the key behind it. */
export function operationsAt(place: Place): readonly Operation[] {
  const { environment, tenant, region, account } = place;
  const name = (folder: string): string => `rcm/${environment}/${tenant}/${folder}/e1/a1`;
  const parameter = (folder: string): string => `arn:aws:ssm:${region}:${account}:parameter/${name(folder)}`;
  const secret = `arn:aws:secretsmanager:${region}:${account}:secret:${name('endpoints')}-AbCdEf`;
  const tagged = { 'aws:ResourceTag/TenantId': tenant, 'aws:ResourceTag/Environment': environment };
  const tagging = { 'aws:RequestTag/TenantId': tenant, 'aws:RequestTag/Environment': environment, 'aws:TagKeys': ['TenantId', 'Environment', 'PortalType'] };
  const ssm = (what: string, call: string, folder: 'endpoints' | 'rotation', context: Context): Operation => ({
    ...{ name: `${what} ${folder === 'endpoints' ? 'current' : 'staged'} parameter`, action: `ssm:${call}`, resource: parameter(folder), context },
  });
  const sm = (what: string, call: string, context: Context): Operation => ({ name: what, action: `secretsmanager:${call}`, resource: secret, context });
  const kms = (what: string, call: string, context: Context): Operation => ({ name: what, action: `kms:${call}`, resource: credentialsKey(place), context });
  const byStore = (service: 'ssm' | 'secretsmanager', arn: string): Context => ({
    'kms:ViaService': `${service}.${region}.amazonaws.com`,
    [`kms:EncryptionContext:${service === 'ssm' ? 'PARAMETER_ARN' : 'SecretARN'}`]: arn,
  });
  const both = (make: (folder: 'endpoints' | 'rotation', word: string) => Operation): Operation[] => [make('endpoints', 'current'), make('rotation', 'staged')];
  return [
    ...both((folder) => ssm('read', 'GetParameter', folder, tagged)),
    ...both((folder) => ssm('read (GetParameters)', 'GetParameters', folder, tagged)),
    ...both((folder) => ssm('list by path', 'GetParametersByPath', folder, {})),
    ...both((folder) => ssm('see versions of', 'GetParameterHistory', folder, tagged)),
    ...both((folder) => ssm('create', 'PutParameter', folder, tagging)),
    ...both((folder) => ssm('tag', 'AddTagsToResource', folder, tagging)),
    ...both((folder) => ssm('overwrite', 'PutParameter', folder, { 'ssm:Overwrite': 'true' })),
    ...both((folder) => ssm('delete', 'DeleteParameter', folder, {})),
    ...both((folder) => ssm('delete (DeleteParameters)', 'DeleteParameters', folder, {})),
    ssm('take tags off', 'RemoveTagsFromResource', 'endpoints', {}),
    ssm('see tags of', 'ListTagsForResource', 'endpoints', {}),
    sm('read secret', 'GetSecretValue', { 'secretsmanager:VersionStage': 'AWSCURRENT', ...tagged }),
    sm('read staged secret', 'GetSecretValue', { 'secretsmanager:VersionStage': 'AWSPENDING', ...tagged }),
    sm('create secret', 'CreateSecret', tagging),
    sm('tag secret', 'TagResource', tagging),
    sm('stage secret', 'PutSecretValue', tagged),
    sm('promote secret', 'UpdateSecretVersionStage', tagged),
    sm('list versions of secret', 'ListSecretVersionIds', tagged),
    sm('describe secret', 'DescribeSecret', tagged),
    sm('replicate secret', 'ReplicateSecretToRegions', {
      ...{ 'secretsmanager:AddReplicaRegions': ['us-west-2'], 'secretsmanager:ForceOverwriteReplicaSecret': 'false', ...tagged },
    }),
    sm('delete secret', 'DeleteSecret', {}),
    sm('take copies of secret away', 'RemoveRegionsFromReplication', {}),
    sm('give secret back', 'RestoreSecret', {}),
    sm('take tags off secret', 'UntagResource', {}),
    ...both((folder, word) => kms(`decrypt ${word} parameter`, 'Decrypt', byStore('ssm', parameter(folder)))),
    ...both((folder, word) => kms(`encrypt ${word} parameter`, 'Encrypt', byStore('ssm', parameter(folder)))),
    ...both((folder, word) => kms(`encrypt ${word} advanced parameter`, 'GenerateDataKey', byStore('ssm', parameter(folder)))),
    kms('decrypt secret', 'Decrypt', byStore('secretsmanager', secret)),
    kms('encrypt secret', 'GenerateDataKey', byStore('secretsmanager', secret)),
    kms('encrypt copy of secret', 'Encrypt', byStore('secretsmanager', secret)),
    ...(['Decrypt', 'GenerateDataKey'] as const).map((call) =>
      kms(call === 'Decrypt' ? 'open task data' : 'seal task data', call, {
        ...{ 'kms:EncryptionContext:env': environment, 'kms:EncryptionContext:tenant_id': tenant, 'kms:EncryptionContext:use': 'task-data' },
      }),
    ),
    kms('use key by itself', 'Decrypt', {}),
    kms('look at key', 'DescribeKey', {}),
    kms('give key’s use away', 'CreateGrant', {}),
    kms('give key back', 'CancelKeyDeletion', {}),
    kms('delete key', 'ScheduleKeyDeletion', {}),
    kms('change key’s policy', 'PutKeyPolicy', {}),
  ];
}
