import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { tenantRoleName } from '../index.ts';
import { ACCOUNT, REGION } from './account.fixture.ts';
import type { Action, ActionCall } from './action.fixture.ts';
import { assume, tenantTags } from './sessions.fixture.ts';
import { parameterArn, type Target } from './targets.fixture.ts';

/** The context under which SSM encrypted the tenant's current parameter. */
const context = ({ at }: ActionCall) => ({ PARAMETER_ARN: parameterArn(`${at.root}/endpoints/e1/a1`) });

const secretArn = ({ root }: Target): string => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${root.slice(1)}/endpoints/e1/a1-AbCdEf`;

/** As an agent asks for the keys of its tenant's task data. */
const taskData = ({ place }: Target, use = 'task-data') => ({ env: place.environment, tenant_id: place.tenant, use, key_id: 'k' });
const dataKey = ({ clients, at }: ActionCall, EncryptionContext: Record<string, string>) =>
  clients.kms.send(new GenerateDataKeyCommand({ KeyId: at.keyId, KeySpec: 'AES_256', EncryptionContext }));

const enable = ({ clients, at }: ActionCall) => clients.kms.send(new EnableKeyCommand({ KeyId: at.keyId }));

/** The key without the store that holds the secret, and other tenants from a tenant's session. */
export const keyActions: readonly Action[] = [
  {
    name: 'kms Decrypt, as SSM would',
    run: (call) => call.clients.kms.send(new DecryptCommand({ CiphertextBlob: call.at.ciphertext, EncryptionContext: context(call) })),
  },
  {
    name: 'kms Decrypt, with another’s context',
    run: (call) => call.clients.kms.send(new DecryptCommand({ CiphertextBlob: call.at.ciphertext, EncryptionContext: context({ ...call, at: call.other }) })),
  },
  {
    name: 'kms Decrypt, as Secrets Manager would',
    run: ({ clients, at }) =>
      clients.kms.send(
        new DecryptCommand({ CiphertextBlob: at.ciphertext, EncryptionContext: { SecretARN: secretArn(at), SecretVersionId: at.versions.current } }),
      ),
  },
  { name: 'kms Decrypt, without a context', run: ({ clients, at }) => clients.kms.send(new DecryptCommand({ CiphertextBlob: at.ciphertext })) },
  {
    name: 'kms Encrypt',
    run: (call) => call.clients.kms.send(new EncryptCommand({ KeyId: call.at.keyId, Plaintext: Buffer.from('x'), EncryptionContext: context(call) })),
  },
  {
    name: 'kms GenerateDataKey',
    run: (call) =>
      call.clients.kms.send(new GenerateDataKeyCommand({ KeyId: call.at.keyId, KeySpec: 'AES_256', EncryptionContext: { SecretARN: secretArn(call.at) } })),
  },
  {
    name: 'kms Encrypt, of a device',
    run: ({ clients, at }) =>
      clients.kms.send(
        new EncryptCommand({ KeyId: at.keyId, Plaintext: Buffer.from('x'), EncryptionContext: { PARAMETER_ARN: parameterArn(`${at.root}/devices/e1/a1`) } }),
      ),
  },
  { name: 'kms GenerateDataKey, of a device', run: (call) => dataKey(call, { SecretARN: secretArn(call.at).replace('/endpoints/', '/devices/') }) },
  { name: 'kms GenerateDataKey, for task data', run: (call) => dataKey(call, taskData(call.at)) },
  { name: 'kms GenerateDataKey, for another use', run: (call) => dataKey(call, taskData(call.at, 'else')) },
  {
    name: 'kms Decrypt, of task data',
    run: ({ clients, at }) => clients.kms.send(new DecryptCommand({ CiphertextBlob: at.dataKey, EncryptionContext: taskData(at) })),
  },
  {
    name: 'kms Encrypt, for task data',
    run: ({ clients, at }) => clients.kms.send(new EncryptCommand({ KeyId: at.keyId, Plaintext: Buffer.from('x'), EncryptionContext: taskData(at) })),
  },
  { name: 'kms DescribeKey', run: ({ clients, at }) => clients.kms.send(new DescribeKeyCommand({ KeyId: at.keyId })) },
  { name: 'kms DisableKey', run: ({ clients, at }) => clients.kms.send(new DisableKeyCommand({ KeyId: at.keyId })), restore: enable },
  {
    name: 'kms ScheduleKeyDeletion',
    run: ({ clients, at }) => clients.kms.send(new ScheduleKeyDeletionCommand({ KeyId: at.keyId })),
    async restore(call) {
      await call.clients.kms.send(new CancelKeyDeletionCommand({ KeyId: call.at.keyId }));
      await enable(call);
    },
  },
  { name: 'kms CreateKey', run: ({ clients }) => clients.kms.send(new CreateKeyCommand({})) },
  ...(['agent', 'rotator', 'migrator'] as const).map((app): Action => ({
    name: `AssumeRole ${app} of this tenant`,
    run: ({ clients, at }) => assume(clients, tenantRoleName(app), tenantTags(at.place)),
  })),
];
