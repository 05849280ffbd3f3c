import type { Service } from '../operation.ts';
import { createSecret, updateSecret } from './create.ts';
import { deleteSecret, restoreSecret } from './delete.ts';
import { getSecretValue } from './get.ts';
import { describeSecret, listSecrets, listSecretVersionIds } from './list.ts';
import { putSecretValue } from './put.ts';
import { removeRegionsFromReplication, replicateSecretToRegions, stopReplicationToReplica } from './replicate.ts';
import { tagResource, untagResource } from './tag.ts';
import { updateSecretVersionStage } from './update-stage.ts';

/** Secrets Manager without its own rotation and resource policies. */
export const secretsManager: Service = {
  name: 'secretsmanager',
  protocol: 'json',
  wireName: 'secretsmanager',
  validationCode: 'ValidationException',
  internalErrorCode: 'InternalServiceError',
  operations: {
    CreateSecret: createSecret,
    UpdateSecret: updateSecret,
    PutSecretValue: putSecretValue,
    GetSecretValue: getSecretValue,
    DescribeSecret: describeSecret,
    ListSecrets: listSecrets,
    ListSecretVersionIds: listSecretVersionIds,
    UpdateSecretVersionStage: updateSecretVersionStage,
    DeleteSecret: deleteSecret,
    RestoreSecret: restoreSecret,
    TagResource: tagResource,
    UntagResource: untagResource,
    ReplicateSecretToRegions: replicateSecretToRegions,
    RemoveRegionsFromReplication: removeRegionsFromReplication,
    StopReplicationToReplica: stopReplicationToReplica,
  },
};
