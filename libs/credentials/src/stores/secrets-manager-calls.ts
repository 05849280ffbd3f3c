import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  ReplicateSecretToRegionsCommand,
  SecretsManagerClient,
  type SecretVersionsListEntry,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { hasCode, RcmError, Secret } from '@rcm/telemetry';
import { invalidPayload } from '../refusal.ts';
import { awsCall, type AwsCallAccess, clientOptions } from './aws-client.ts';
import { isNamed, translateAwsError } from './aws-error.ts';
import type { CallOptions, ReplicaPlace, SecretTags, StoredSecret } from './store.ts';

export interface SecretsManagerAccess extends AwsCallAccess {
  /** ARN, id or alias of the customer key. */
  readonly kmsKeyId: string;
  /** Called once with the client, to add middleware. */
  readonly instrument?: (client: SecretsManagerClient) => void;
}

export interface SecretVersion extends StoredSecret {
  readonly arn: string;
  readonly stages: readonly string[];
}

export interface ListedVersion {
  readonly id: string;
  readonly stages: readonly string[];
}

/** Which version to read: by its staging label, or by its id whatever its labels. */
export type VersionChoice = { readonly stage: string } | { readonly id: string };

/** The calls to Secrets Manager that the store is made of, errors translated. `id` is the ARN, or the name before there is one. */
interface NewVersion {
  readonly version: string;
  readonly text: Secret<string>;
  readonly stages: readonly string[];
}

type StageMove = { readonly from: string; readonly to?: string } | { readonly to: string };

export interface SecretsManagerCalls {
  get(id: string, version: VersionChoice, options?: CallOptions): Promise<SecretVersion | null>;
  /** The labels of every version that has one, the youngest version first. AWS keeps at most 20 labels a secret, so one page is all. */
  listStages(id: string, options?: CallOptions): Promise<readonly string[]>;
  /** Every version that is kept, those without a label too, the youngest first. AWS keeps at most 100 of a secret ("Secrets Manager quotas"), so one page is all. */
  listVersions(id: string, options?: CallOptions): Promise<readonly ListedVersion[]>;
  /** The new secret's ARN and version, or `null` where the name is taken. */
  create(name: string, text: Secret<string>, tags: SecretTags, options?: CallOptions): Promise<{ readonly arn: string; readonly version: string } | null>;
  /** Adds a version under these labels. `false` where the version exists already with another text. Fails with `secret_missing`. */
  putVersion(id: string, written: NewVersion, options?: CallOptions): Promise<boolean>;
  /** Moves a label; without `from`, one that no version has. `false` where it is not at `from`. */
  moveStage(id: string, stage: string, move: StageMove, options?: CallOptions): Promise<boolean>;
  /** Asks for a move that is refused because the label is not at `from`: whether the caller may move it at all. Fails with `store_denied`. */
  tryMoveStage(id: string, stage: string, move: { readonly from: string; readonly to: string }, options?: CallOptions): Promise<void>;
  /** What each replica's region is at, by region; `null` where the secret is gone or waits for its deletion. */
  replicas(id: string, options?: CallOptions): Promise<ReadonlyMap<string, string> | null>;
  /** Asks for a replica; the answer comes before it does. `false` where that region has one, or is none that a secret can be replicated to. */
  replicate(id: string, place: ReplicaPlace, options?: CallOptions): Promise<boolean>;
  close(): void;
}

export function createSecretsManagerCalls({ kmsKeyId, instrument, ...access }: SecretsManagerAccess): SecretsManagerCalls {
  const client = new SecretsManagerClient(clientOptions(access));
  instrument?.(client);
  const call = awsCall(access, translateSecretsManagerError);
  const creating = awsCall(access, translateErrorOfNewSecret);

  const moveStage: SecretsManagerCalls['moveStage'] = (id, stage, { to, ...asked }, options = {}) =>
    call('Moving a label in Secrets Manager', options, async (abortSignal) => {
      const move = { ...('from' in asked ? { RemoveFromVersionId: asked.from } : {}), ...(to === undefined ? {} : { MoveToVersionId: to }) };
      await client.send(new UpdateSecretVersionStageCommand({ SecretId: id, VersionStage: stage, ...move }), { abortSignal });
      return true;
    }).catch((error: unknown) => instead(error, 'store_conflict', false));

  const list = (id: string, which: { readonly IncludeDeprecated: boolean }, options: CallOptions): Promise<readonly ListedVersion[]> =>
    call('Looking for versions in Secrets Manager', options, async (abortSignal) => {
      const { Versions = [] } = await client.send(new ListSecretVersionIdsCommand({ SecretId: id, MaxResults: 100, ...which }), { abortSignal });
      return youngestFirst(Versions);
    }).catch((error: unknown) => instead(error, 'secret_missing', []));

  return {
    get: (id, version, options = {}) =>
      call('Reading a secret from Secrets Manager', options, async (abortSignal) => {
        const choice = 'stage' in version ? { VersionStage: version.stage } : { VersionId: version.id };
        const { ARN, SecretString, VersionId, VersionStages = [] } = await client.send(new GetSecretValueCommand({ SecretId: id, ...choice }), { abortSignal });
        if (SecretString === undefined || VersionId === undefined || ARN === undefined)
          throw invalidPayload('not_text', 'The secret in Secrets Manager holds bytes, not text.');
        return { arn: ARN, text: new Secret(SecretString), version: VersionId, stages: VersionStages };
      }).catch((error: unknown) => instead(error, 'secret_missing', null)),
    listStages: async (id, options = {}) => (await list(id, { IncludeDeprecated: false }, options)).flatMap(({ stages }) => stages),
    listVersions: (id, options = {}) => list(id, { IncludeDeprecated: true }, options),
    create: (name, text, tags, options = {}) =>
      creating('Creating a secret in Secrets Manager', options, async (abortSignal) => {
        const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value: String(Value) }));
        const { ARN, VersionId } = await client.send(new CreateSecretCommand({ Name: name, KmsKeyId: kmsKeyId, SecretString: text.reveal(), Tags }), {
          abortSignal,
        });
        if (!ARN || !VersionId) throw new RcmError('store_unavailable', 'Secrets Manager answered without an ARN.');
        return { arn: ARN, version: VersionId };
      }).catch((error: unknown) => instead(error, 'secret_exists', null)),
    putVersion: (id, { version, text, stages }, options = {}) =>
      call('Writing a version to Secrets Manager', options, async (abortSignal) => {
        const command = new PutSecretValueCommand({ SecretId: id, ClientRequestToken: version, SecretString: text.reveal(), VersionStages: [...stages] });
        await client.send(command, { abortSignal });
        return true;
      }).catch((error: unknown) => instead(error, 'secret_exists', false)),
    moveStage,
    tryMoveStage: async (...move) => {
      await moveStage(...move);
    },
    replicas: (id, options = {}) =>
      call('Looking for replicas in Secrets Manager', options, async (abortSignal) => {
        const { DeletedDate, ReplicationStatus = [] } = await client.send(new DescribeSecretCommand({ SecretId: id }), { abortSignal });
        return DeletedDate ? null : new Map(ReplicationStatus.map(({ Region = '', Status = '' }) => [Region, Status]));
      }).catch((error: unknown) => instead(error, 'secret_missing', null)),
    replicate: (id, { region, kmsKeyId: key }, options = {}) =>
      call('Replicating a secret in Secrets Manager', options, async (abortSignal) => {
        const AddReplicaRegions = [{ Region: region, KmsKeyId: key }];
        await client.send(new ReplicateSecretToRegionsCommand({ SecretId: id, AddReplicaRegions }), { abortSignal });
        return true;
      }).catch((error: unknown) => instead(error, 'store_conflict', false)),
    close: () => client.destroy(),
  };
}

function youngestFirst(versions: SecretVersionsListEntry[]): readonly ListedVersion[] {
  const age = ({ CreatedDate }: SecretVersionsListEntry): number => CreatedDate?.getTime() ?? 0;
  const youngest = versions.sort((a, b) => age(b) - age(a));
  return youngest.flatMap(({ VersionId: version, VersionStages: stages = [] }) => (version === undefined ? [] : [{ id: version, stages }]));
}

/** The one place that knows Secrets Manager's error names. */
function translateSecretsManagerError(error: unknown, what: string): RcmError {
  if (isNamed(error, 'ResourceNotFoundException')) return new RcmError('secret_missing', `${what} failed: it is not there.`);
  if (isNamed(error, 'ResourceExistsException')) return new RcmError('secret_exists', `${what} failed: it exists already.`);
  // "The parameter RemoveFromVersionId can't be …; staging label … is currently attached to version …".
  if (isNamed(error, 'InvalidParameterException')) return new RcmError('store_conflict', `${what} failed: the label is not where it was.`);
  // 20 labels, or 100 versions of the last 24 hours ("Secrets Manager quotas"): waiting mends only the second.
  if (isNamed(error, 'LimitExceededException'))
    return new RcmError(
      'store_denied',
      `${what} failed: the secret has as many labels or versions as it may have. Nothing was changed; discard staged copies of ended attempts.`,
    );
  return translateAwsError(error, what);
}

/** Of a secret that is not there yet the same name is about the account ("AWS Secrets Manager quotas": 500,000 in a region). */
function translateErrorOfNewSecret(error: unknown, what: string): RcmError {
  if (isNamed(error, 'LimitExceededException'))
    return new RcmError(
      'store_full',
      `${what} failed: this account has as many secrets in this region as it may. Nothing was made; ask AWS for a higher quota, or remove what nobody needs.`,
    );
  return translateSecretsManagerError(error, what);
}

function instead<T>(error: unknown, code: RcmError['code'], value: T): T {
  if (hasCode(error, code)) return value;
  throw error;
}
