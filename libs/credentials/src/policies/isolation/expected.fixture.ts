import type { TenantApp } from '../index.ts';

type Allowed = Readonly<Record<string, readonly TenantApp[]>>;

const everybody = ['agent', 'rotator', 'migrator'] as const;
const agent = ['agent'] as const;
const rotator = ['rotator'] as const;
const writers = ['rotator', 'migrator'] as const;

/**
 * The whole of what may be done, and by whom, with one's own tenant's secrets. What is not here is refused to everybody; with
 * another tenant's secrets, and without a tenant, everything is refused.
 */
export const allowedOnOwn: Allowed = {
  'GetParameter current': everybody,
  'GetParameter current, as ciphertext': everybody,
  'GetParameter current, a version by ARN': everybody,
  'GetParameter untagged': everybody,
  'GetParameter untagged, as ciphertext': everybody,
  'GetParameter staged': rotator,
  'GetParameter staged, as ciphertext': rotator,
  'GetParameter staged untagged, as ciphertext': rotator,
  'GetParameters current': everybody,
  'GetParameters current and staged': rotator,
  GetParameterHistory: rotator,
  'GetParameterHistory, decrypted': rotator,
  'GetParameterHistory untagged': rotator,
  'GetParametersByPath rotation, with a slash at its end': rotator,
  'GetParametersByPath one rotation': rotator,
  'PutParameter, create current': writers,
  'PutParameter, create current tagged for its path': writers,
  'PutParameter, create current in plain text': writers,
  'PutParameter, create current with the portal type': writers,
  'PutParameter, create current, advanced tier': writers,
  'PutParameter, create staged': rotator,
  'PutParameter, create staged tagged for its path': rotator,
  'PutParameter, overwrite current': writers,
  'DeleteParameter staged': rotator,
  'AddTagsToResource, own tags': writers,
  'GetSecretValue AWSCURRENT': everybody,
  'GetSecretValue AWSCURRENT by id': everybody,
  'GetSecretValue untagged': everybody,
  'GetSecretValue AWSPENDING': rotator,
  'GetSecretValue AWSPREVIOUS': rotator,
  'GetSecretValue without a stage': rotator,
  'GetSecretValue by the current version’s id': rotator,
  'GetSecretValue by the pending version’s id': rotator,
  ListSecretVersionIds: rotator,
  PutSecretValue: writers,
  'PutSecretValue untagged': writers,
  'UpdateSecretVersionStage untagged': writers,
  UpdateSecretVersionStage: writers,
  'UpdateSecretVersionStage AWSCURRENT': writers,
  CreateSecret: writers,
  'CreateSecret tagged for its path': writers,
  'TagResource, own tags': writers,
  'GetParameter device': everybody,
  'GetParameter device, as ciphertext': everybody,
  'GetParameter device untagged': everybody,
  'GetParameter device untagged, as ciphertext': everybody,
  'PutParameter, create device with the portal type': agent,
  'GetSecretValue of a device untagged': everybody,
  'PutSecretValue of a device untagged': everybody,
  'UpdateSecretVersionStage of a device untagged': everybody,
  'PutParameter, create device': agent,
  'PutParameter, create device, advanced tier': agent,
  'PutParameter, create device tagged for its path': agent,
  'PutParameter, overwrite device': everybody,
  'AddTagsToResource to a device, own tags': agent,
  'GetSecretValue of a device, AWSCURRENT': everybody,
  'GetSecretValue of a device, without a stage': rotator,
  'PutSecretValue of a device': everybody,
  'UpdateSecretVersionStage of a device': everybody,
  'CreateSecret of a device': agent,
  'CreateSecret of a device tagged for its path': agent,
  'TagResource of a device, own tags': agent,
  'kms GenerateDataKey, for task data': agent,
  'kms Decrypt, of task data': agent,
};

/** The only thing that an app's own process may do: become a tenant of its environment, as its own app. */
export const allowedToTask: Readonly<Record<string, TenantApp>> = {
  'AssumeRole agent of this tenant': 'agent',
  'AssumeRole rotator of this tenant': 'rotator',
  'AssumeRole migrator of this tenant': 'migrator',
};

/**
 * The same where every tenant role's own policy allows everything and the key policy stands alone: only what takes the key. With
 * another tenant's secrets all of it is refused.
 */
export const allowedOnOwnByKeyPolicy: Allowed = {
  'GetParameter current': everybody,
  'GetParameter current, a version by ARN': everybody,
  'GetParameter untagged': everybody,
  'GetParameter tagged as another tenant’s': everybody,
  'GetParameter tagged as another environment’s': everybody,
  'GetParameter staged': rotator,
  'GetParameter in a folder that begins like endpoints': [],
  'GetParameter in a folder that begins like rotation': [],
  'GetParameter in another folder': [],
  'GetParameters current': everybody,
  'GetParameters current and staged': rotator,
  'GetParameters of two tenants': [],
  'PutParameter, create current': writers,
  'PutParameter, create current, advanced tier': writers,
  'PutParameter, create staged': rotator,
  'PutParameter, create in another folder': [],
  'PutParameter, create in a folder that begins like endpoints': [],
  'PutParameter, create in a folder that begins like rotation': [],
  'PutParameter, overwrite current': writers,
  'PutParameter, overwrite staged': rotator,
  'PutParameter, overwrite in a folder that begins like endpoints': [],
  'GetSecretValue AWSCURRENT': everybody,
  'GetSecretValue untagged': everybody,
  'GetSecretValue AWSPENDING': everybody,
  'GetSecretValue in a folder that begins like endpoints': [],
  'GetSecretValue in another folder': [],
  'GetParameter device': everybody,
  'GetParameter device untagged': everybody,
  'GetParameter device tagged as another tenant’s': everybody,
  'GetParameter device tagged as another environment’s': everybody,
  'GetParameter in a folder that begins like devices': [],
  'PutParameter, create device': everybody,
  'PutParameter, create device, advanced tier': everybody,
  'PutParameter, create in a folder that begins like devices': [],
  'PutParameter, overwrite device': everybody,
  'PutParameter, overwrite in a folder that begins like devices': [],
  'GetSecretValue of a device, AWSCURRENT': everybody,
  'GetSecretValue of a device untagged': everybody,
  'GetSecretValue in a folder that begins like devices': [],
  'CreateSecret of a device': everybody,
  'CreateSecret in a folder that begins like devices': [],
  CreateSecret: writers,
  'CreateSecret in the folder of staged copies': [],
  'CreateSecret in a folder that begins like endpoints': [],
  'kms Decrypt, as SSM would': [],
  'kms Decrypt, as Secrets Manager would': [],
  'kms Decrypt, with another’s context': [],
  'kms Decrypt, without a context': [],
  'kms Encrypt': [],
  'kms GenerateDataKey': [],
  'kms Encrypt, of a device': [],
  'kms GenerateDataKey, of a device': [],
  'kms GenerateDataKey, for task data': agent,
  'kms GenerateDataKey, for another use': [],
  'kms Decrypt, of task data': agent,
  'kms Encrypt, for task data': [],
};

/** What takes something away for good. Where everything else is open, the guardrail alone leaves it to the guardian. */
const TAKING_AWAY = [
  ...[
    'DeleteParameter staged',
    'DeleteParameters staged',
    'DeleteParameter current',
    'DeleteParameter device',
    'DeleteParameter in a folder that begins like rotation',
  ],
  ...['RemoveTagsFromResource', 'DeleteSecret', 'RemoveRegionsFromReplication', 'UntagResource'],
];

/** The whole of what the guardian may do, with every tenant's secrets of its environment. */
export const allowedToGuardian: ReadonlySet<string> = new Set([...TAKING_AWAY, 'RestoreSecret', 'kms DisableKey', 'kms ScheduleKeyDeletion']);

/** The same where the guardrail stands alone: a rotator discards its own tenant's staged copies. */
export const allowedOnOwnByGuardrail: Allowed = {
  ...Object.fromEntries(TAKING_AWAY.map((name) => [name, []])),
  'DeleteParameter staged': rotator,
  'DeleteParameters staged': rotator,
};
