import { createSecretKey, type KeyObject } from 'node:crypto';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { isId, RcmError, withDeadline } from '@rcm/telemetry';
import { type AwsAccess, CALL_DEADLINE_MS, clientOptions, withSession } from '../stores/aws-client.ts';
import { isNamed, translateAwsError } from '../stores/aws-error.ts';
import { ClientPool } from '../tenancy/client-pool.ts';
import { createTenantSessions } from '../tenancy/tenant-sessions.ts';
import type { DataKeyOwner, TenantDataKeys } from './data-keys.ts';

export interface KmsDataKeysOptions extends AwsAccess {
  readonly environment: string;
  /** ARN, id or alias of the customer key that wraps data keys. */
  readonly kmsKeyId: string;
  /** The role to assume once per tenant. Exactly one of this and `dedicatedOrgId` is given. */
  readonly roleArn?: string | undefined;
  readonly dedicatedOrgId?: string | undefined;
  readonly processName?: string | undefined;
  readonly deadlineMs?: number;
}

/** Of the encryption context: what the key policy looks for, and what KMS writes into its own records of each use. No value is a secret. */
const TASK_DATA = 'task-data';

/**
 * Data keys of AWS KMS, each made and opened with its tenant's session under an encryption context that names environment, organization
 * and key. KMS opens none under another context, and the key policy lets a session ask under its own tenant's only. Fails with `config_invalid`.
 *
 * @example
 * ```ts
 * const roleArn = 'arn:aws:iam::123456789012:role/rcm-prod-agent';
 * const dataKeys = createKmsDataKeys({ region: 'us-east-1', environment: 'prod', kmsKeyId: 'alias/rcm-prod-tasks', roleArn });
 * const owner = { orgId: 'hospital-a', keyId: crypto.randomUUID() };
 * // The wrapped key is what is stored; the key itself is used and forgotten.
 * const { wrapped } = await dataKeys.generate(owner);
 * const key = await dataKeys.unwrap(owner, { wrappedBy: dataKeys.wrappedBy, wrapped });
 * await dataKeys.close();
 * ```
 */
export function createKmsDataKeys(options: KmsDataKeysOptions): TenantDataKeys {
  const { environment, kmsKeyId, roleArn, dedicatedOrgId, processName, deadlineMs = CALL_DEADLINE_MS, ...aws } = options;
  if ((roleArn === undefined) === (dedicatedOrgId === undefined))
    throw new RcmError(
      'config_invalid',
      'Data keys need either a tenant role (RCM_TENANT_ROLE_ARN) or the one organization that is served (RCM_DEDICATED_ORG_ID).',
    );
  const sessions = roleArn === undefined ? null : createTenantSessions({ ...aws, environment, roleArn, processName });
  const accessOf = (orgId: string): AwsAccess => (sessions ? { ...aws, credentials: sessions.of(orgId) } : aws);
  const pool = new ClientPool(200, (orgId) => kmsClient(accessOf(orgId)));
  const context = ({ orgId, keyId }: DataKeyOwner) => ({ env: environment, tenant_id: orgId, use: TASK_DATA, key_id: keyId });

  const call = <T>({ orgId }: DataKeyOwner, what: string, act: (client: KMSClient, signal: AbortSignal) => Promise<T>): Promise<T> => {
    if (!isId(orgId) || (dedicatedOrgId !== undefined && dedicatedOrgId !== orgId))
      return Promise.reject(new RcmError('reference_not_yours', 'This deployment has no data keys of that organization.'));
    return pool
      .use(orgId, ({ client }) => withDeadline({ ms: deadlineMs, what }, (signal) => withSession(accessOf(orgId), () => act(client, signal))))
      .catch((error: unknown) => {
        throw translated(error, what);
      });
  };

  return {
    wrappedBy: `kms:${kmsKeyId}`,
    generate: (owner) =>
      call(owner, 'Making a data key in KMS', async (client, abortSignal) => {
        const command = new GenerateDataKeyCommand({ KeyId: kmsKeyId, KeySpec: 'AES_256', EncryptionContext: context(owner) });
        const { Plaintext, CiphertextBlob } = await client.send(command, { abortSignal });
        if (!Plaintext || !CiphertextBlob) throw notKms();
        return { key: keyOf(Plaintext), wrapped: CiphertextBlob };
      }),
    unwrap: (owner, { wrappedBy, wrapped }) =>
      call(owner, 'Opening a data key in KMS', async (client, abortSignal) => {
        // The key that wrapped it is named, so that no other one of the account is used in its place.
        const KeyId = wrappedBy.startsWith('kms:') ? wrappedBy.slice('kms:'.length) : kmsKeyId;
        const command = new DecryptCommand({ KeyId, CiphertextBlob: wrapped, EncryptionContext: context(owner) });
        const { Plaintext } = await client.send(command, { abortSignal });
        if (!Plaintext) throw notKms();
        return keyOf(Plaintext);
      }),
    async close() {
      await pool.close();
      sessions?.close();
    },
  };
}

const kmsClient = (access: AwsAccess) => {
  const client = new KMSClient(clientOptions(access));
  return { client, close: () => client.destroy() };
};

/** The bytes go into the handle and are gone from where the SDK put them. */
function keyOf(bytes: Uint8Array): KeyObject {
  if (bytes.length !== 32) throw notKms();
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

const notKms = (): RcmError => new RcmError('store_unavailable', 'KMS answered without a data key.');

function translated(error: unknown, what: string): RcmError {
  // Which of context, key and bytes is wrong, KMS tells nobody.
  if (isNamed(error, 'InvalidCiphertextException', 'IncorrectKeyException'))
    return new RcmError('task_data_unreadable', `${what} failed: it was not wrapped for this organization and id.`);
  if (isNamed(error, 'KMSInternalException', 'DependencyTimeoutException', 'KeyUnavailableException'))
    return new RcmError('store_unavailable', `${what} failed: KMS is not well.`);
  return translateAwsError(error, what);
}
