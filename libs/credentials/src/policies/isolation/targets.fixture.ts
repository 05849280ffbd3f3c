import { GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { ACCOUNT, ENVIRONMENT, type JudgedAccount, REGION, TENANTS } from './account.fixture.ts';
import { type Clients, clientsOf, closeClients } from './clients.fixture.ts';

export interface Place {
  readonly environment: string;
  readonly tenant: string;
}

/** One tenant's secrets, of every sort that a call can be aimed at. */
export interface Target {
  readonly place: Place;
  /** `/rcm/{environment}/{tenant}` */
  readonly root: string;
  readonly keyId: string;
  /** What SSM answers without decrypting. */
  readonly ciphertext: Uint8Array;
  /** A wrapped data key for what its tasks hold of patients. */
  readonly dataKey: Uint8Array;
  /** Ids of the secret's versions by their stage. */
  readonly versions: { readonly current: string; readonly previous: string; readonly pending: string };
}

/** Every tenant, and one of them once more in an environment whose name begins alike. */
export const PLACES: readonly Place[] = [...TENANTS.map((tenant) => ({ environment: ENVIRONMENT, tenant })), { environment: 'prod2', tenant: 'mercy' }];

export const parameterArn = (name: string): string => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}`;
export const tagsOf = ({ tenant, environment }: Place) => [
  { Key: 'TenantId', Value: tenant },
  { Key: 'Environment', Value: environment },
];
const versionId = (stage: string): string => `version-${stage}`.padEnd(32, '0');

/** Where a parameter and a secret lie, below the tenant's root: the tenant's own, tagged as somebody else's, untagged, and in folders that only look right. */
const names = ({ tenant, environment }: Place) => [
  { name: '/endpoints/e1/a1', tags: tagsOf({ tenant, environment }) },
  { name: '/endpoints/untagged/a1', tags: [] },
  { name: '/endpoints/strange-tenant/a1', tags: tagsOf({ tenant: 'nobody', environment }) },
  { name: '/endpoints/strange-environment/a1', tags: tagsOf({ tenant, environment: 'nowhere' }) },
  { name: '/rotation/e1/a1/x1', tags: tagsOf({ tenant, environment }) },
  { name: '/rotation/untagged/a1/x1', tags: [] },
  { name: '/devices/e1/a1', tags: tagsOf({ tenant, environment }) },
  { name: '/devices/untagged/a1', tags: [] },
  { name: '/devices/strange-environment/a1', tags: tagsOf({ tenant, environment: 'nowhere' }) },
  { name: '/devices/strange-tenant/a1', tags: tagsOf({ tenant: 'nobody', environment }) },
  { name: '/endpoints-old/e1/a1', tags: [] },
  { name: '/devices-old/e1/a1', tags: [] },
  { name: '/rotation-old/e1/a1', tags: [] },
  { name: '/other/e1/a1', tags: [] },
];

export function makeTargets(account: JudgedAccount): Promise<Target[]> {
  const admin = clientsOf(account.aws, account.aws.credentials);
  return account.unguarded(() => Promise.all(PLACES.map((place) => makeTarget(admin, place, account.aws.kmsKeyArn)))).finally(() => closeClients(admin));
}

async function makeTarget({ ssm, secrets, kms }: Clients, place: Place, keyId: string): Promise<Target> {
  const root = `/rcm/${place.environment}/${place.tenant}`;
  for (const { name, tags: Tags } of names(place)) {
    await ssm.send(new PutParameterCommand({ Name: root + name, Value: 'secret', Type: 'SecureString', KeyId: keyId, Tags }));
    const Name = (root + name).slice(1);
    await secrets.send(new CreateSecretCommand({ Name, SecretString: 'secret', KmsKeyId: keyId, Tags, ClientRequestToken: versionId('previous') }));
  }
  for (const stage of ['current', 'pending'] as const)
    await secrets.send(
      new PutSecretValueCommand({
        SecretId: `${root.slice(1)}/endpoints/e1/a1`,
        SecretString: stage,
        ClientRequestToken: versionId(stage),
        VersionStages: [`AWS${stage.toUpperCase()}`],
      }),
    );
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `${root}/endpoints/e1/a1`, WithDecryption: false }));
  const versions = { current: versionId('current'), previous: versionId('previous'), pending: versionId('pending') };
  const EncryptionContext = { env: place.environment, tenant_id: place.tenant, use: 'task-data', key_id: 'k' };
  const { CiphertextBlob: dataKey = new Uint8Array() } = await kms.send(new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext }));
  return { place, root, keyId, versions, dataKey, ciphertext: Buffer.from(Parameter?.Value ?? '', 'base64') };
}
