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

const FOLDERS = ['endpoints', 'rotation', 'devices'] as const;
type Folder = (typeof FOLDERS)[number];
const WORDS: Readonly<Record<Folder, string>> = { endpoints: 'current', rotation: 'staged', devices: 'device' };

/** Everything that is done with a secret of a place and with the key behind it. */
export function operationsAt(place: Place): readonly Operation[] {
  const { environment, tenant, region, account } = place;
  const name = (folder: string): string => `rcm/${environment}/${tenant}/${folder}/e1/a1`;
  const parameter = (folder: string): string => `arn:aws:ssm:${region}:${account}:parameter/${name(folder)}`;
  const secretIn = (folder: string): string => `arn:aws:secretsmanager:${region}:${account}:secret:${name(folder)}-AbCdEf`;
  const [secret, deviceSecret] = [secretIn('endpoints'), secretIn('devices')];
  const tagged = { 'aws:ResourceTag/TenantId': tenant, 'aws:ResourceTag/Environment': environment };
  const tagging = { 'aws:RequestTag/TenantId': tenant, 'aws:RequestTag/Environment': environment, 'aws:TagKeys': ['TenantId', 'Environment', 'PortalType'] };
  const ssm = (what: string, call: string, folder: Folder, context: Context): Operation => ({
    ...{ name: `${what} ${WORDS[folder]} parameter`, action: `ssm:${call}`, resource: parameter(folder), context },
  });
  const sm = (what: string, call: string, context: Context, resource = secret): Operation => ({
    name: what,
    action: `secretsmanager:${call}`,
    resource,
    context,
  });
  const device = (what: string, call: string, context: Context): Operation => sm(`${what} device secret`, call, context, deviceSecret);
  const kms = (what: string, call: string, context: Context): Operation => ({ name: what, action: `kms:${call}`, resource: credentialsKey(place), context });
  const byStore = (service: 'ssm' | 'secretsmanager', arn: string): Context => ({
    'kms:ViaService': `${service}.${region}.amazonaws.com`,
    [`kms:EncryptionContext:${service === 'ssm' ? 'PARAMETER_ARN' : 'SecretARN'}`]: arn,
  });
  const each = (make: (folder: Folder, word: string) => Operation): Operation[] => FOLDERS.map((folder) => make(folder, WORDS[folder]));
  return [
    ...each((folder) => ssm('read', 'GetParameter', folder, tagged)),
    ...each((folder) => ssm('read (GetParameters)', 'GetParameters', folder, tagged)),
    ...each((folder) => ssm('list by path', 'GetParametersByPath', folder, {})),
    ...each((folder) => ssm('see versions of', 'GetParameterHistory', folder, tagged)),
    ...each((folder) => ssm('create', 'PutParameter', folder, tagging)),
    ...each((folder) => ssm('tag', 'AddTagsToResource', folder, tagging)),
    ...each((folder) => ssm('overwrite', 'PutParameter', folder, { 'ssm:Overwrite': 'true' })),
    ...each((folder) => ssm('delete', 'DeleteParameter', folder, {})),
    ...each((folder) => ssm('delete (DeleteParameters)', 'DeleteParameters', folder, {})),
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
    device('read', 'GetSecretValue', { 'secretsmanager:VersionStage': 'AWSCURRENT', ...tagged }),
    device('read earlier', 'GetSecretValue', { 'secretsmanager:VersionStage': 'AWSPREVIOUS', ...tagged }),
    device('create', 'CreateSecret', tagging),
    device('tag', 'TagResource', tagging),
    device('stage', 'PutSecretValue', tagged),
    device('promote', 'UpdateSecretVersionStage', tagged),
    device('list versions of', 'ListSecretVersionIds', tagged),
    device('replicate', 'ReplicateSecretToRegions', { 'secretsmanager:AddReplicaRegions': ['us-west-2'], ...tagged }),
    device('delete', 'DeleteSecret', {}),
    ...each((folder, word) => kms(`decrypt ${word} parameter`, 'Decrypt', byStore('ssm', parameter(folder)))),
    ...each((folder, word) => kms(`encrypt ${word} parameter`, 'Encrypt', byStore('ssm', parameter(folder)))),
    ...each((folder, word) => kms(`encrypt ${word} advanced parameter`, 'GenerateDataKey', byStore('ssm', parameter(folder)))),
    kms('decrypt secret', 'Decrypt', byStore('secretsmanager', secret)),
    kms('encrypt secret', 'GenerateDataKey', byStore('secretsmanager', secret)),
    kms('decrypt device secret', 'Decrypt', byStore('secretsmanager', deviceSecret)),
    kms('encrypt device secret', 'GenerateDataKey', byStore('secretsmanager', deviceSecret)),
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
