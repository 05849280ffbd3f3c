import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  RestoreSecretCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Action, ActionCall } from './action.fixture.ts';
import { tagsOf } from './targets.fixture.ts';

const secret = ({ at }: ActionCall, name = 'endpoints/e1'): string => `${at.root.slice(1)}/${name}/a1`;

const read = (name: string, more: (call: ActionCall) => Partial<GetSecretValueCommandInput>): Action => ({
  name: `GetSecretValue ${name}`,
  run: (call) => call.clients.secrets.send(new GetSecretValueCommand({ SecretId: secret(call), ...more(call) })),
});
const current = { VersionStage: 'AWSCURRENT' };

const reading: readonly Action[] = [
  read('AWSCURRENT', () => current),
  read('AWSPENDING', () => ({ VersionStage: 'AWSPENDING' })),
  read('AWSPREVIOUS', () => ({ VersionStage: 'AWSPREVIOUS' })),
  read('without a stage', () => ({})),
  read('by the current version’s id', ({ at }) => ({ VersionId: at.versions.current })),
  read('by the pending version’s id', ({ at }) => ({ VersionId: at.versions.pending })),
  read('AWSCURRENT by id', ({ at }) => ({ VersionId: at.versions.current, ...current })),
  read('untagged', (call) => ({ SecretId: secret(call, 'endpoints/untagged'), ...current })),
  read('in a folder that begins like endpoints', (call) => ({ SecretId: secret(call, 'endpoints-old/e1'), ...current })),
  read('of a device, AWSCURRENT', (call) => ({ SecretId: secret(call, 'devices/e1'), ...current })),
  read('of a device untagged', (call) => ({ SecretId: secret(call, 'devices/untagged'), ...current })),
  read('of a device, without a stage', (call) => ({ SecretId: secret(call, 'devices/e1') })),
  read('of a device tagged as another tenant’s', (call) => ({ SecretId: secret(call, 'devices/strange-tenant'), ...current })),
  read('of a device tagged as another environment’s', (call) => ({ SecretId: secret(call, 'devices/strange-environment'), ...current })),
  read('in a folder that begins like devices', (call) => ({ SecretId: secret(call, 'devices-old/e1'), ...current })),
  read('in another folder', (call) => ({ SecretId: secret(call, 'other/e1'), ...current })),
  read('tagged as another tenant’s', (call) => ({ SecretId: secret(call, 'endpoints/strange-tenant'), ...current })),
  read('tagged as another environment’s', (call) => ({ SecretId: secret(call, 'endpoints/strange-environment'), ...current })),
  { name: 'DescribeSecret', run: (call) => call.clients.secrets.send(new DescribeSecretCommand({ SecretId: secret(call) })) },
  { name: 'ListSecretVersionIds', run: (call) => call.clients.secrets.send(new ListSecretVersionIdsCommand({ SecretId: secret(call) })) },
  { name: 'ListSecrets', run: (call) => call.clients.secrets.send(new ListSecretsCommand({})) },
];

const put = (name: string, aim: string): Action => ({
  name,
  // The same value under the same token: said twice, it is written once, so a secret does not run full of versions.
  run: (call) =>
    call.clients.secrets.send(
      new PutSecretValueCommand({
        SecretId: secret(call, aim),
        SecretString: 'written',
        ClientRequestToken: 'version-written'.padEnd(32, '0'),
        VersionStages: ['written'],
      }),
    ),
});

/** Moving a label takes no key, so that the secret's own policy has the only word. */
const label = (name: string, aim: string): Action => ({
  name,
  run: (call) =>
    call.clients.secrets.send(
      new UpdateSecretVersionStageCommand({ SecretId: secret(call, aim), VersionStage: 'moved', MoveToVersionId: call.at.versions.previous }),
    ),
});

const restore = (call: ActionCall) => call.clients.secrets.send(new RestoreSecretCommand({ SecretId: secret(call) }));

const writing: readonly Action[] = [
  put('PutSecretValue', 'endpoints/e1'),
  put('PutSecretValue untagged', 'endpoints/untagged'),
  put('PutSecretValue in a folder that begins like endpoints', 'endpoints-old/e1'),
  put('PutSecretValue of a device', 'devices/e1'),
  put('PutSecretValue of a device untagged', 'devices/untagged'),
  put('PutSecretValue of a device, tagged as another environment’s', 'devices/strange-environment'),
  put('PutSecretValue in a folder that begins like devices', 'devices-old/e1'),
  put('PutSecretValue of a device, tagged as another tenant’s', 'devices/strange-tenant'),
  put('PutSecretValue in another folder', 'other/e1'),
  put('PutSecretValue, tagged as another tenant’s', 'endpoints/strange-tenant'),
  put('PutSecretValue, tagged as another environment’s', 'endpoints/strange-environment'),
  {
    name: 'UpdateSecretVersionStage',
    run: (call) =>
      call.clients.secrets.send(
        new UpdateSecretVersionStageCommand({ SecretId: secret(call), VersionStage: 'moved', MoveToVersionId: call.at.versions.current }),
      ),
  },
  label('UpdateSecretVersionStage untagged', 'endpoints/untagged'),
  label('UpdateSecretVersionStage in a folder that begins like endpoints', 'endpoints-old/e1'),
  label('UpdateSecretVersionStage of a device untagged', 'devices/untagged'),
  label('UpdateSecretVersionStage in a folder that begins like devices', 'devices-old/e1'),
  label('UpdateSecretVersionStage of a device', 'devices/e1'),
  label('UpdateSecretVersionStage in another folder', 'other/e1'),
  {
    name: 'UpdateSecretVersionStage AWSCURRENT',
    // Where it is already, so that nothing moves.
    run: (call) =>
      call.clients.secrets.send(
        new UpdateSecretVersionStageCommand({ SecretId: secret(call), VersionStage: 'AWSCURRENT', MoveToVersionId: call.at.versions.current }),
      ),
  },
  { name: 'UpdateSecret', run: (call) => call.clients.secrets.send(new UpdateSecretCommand({ SecretId: secret(call), Description: 'mine' })) },
  { name: 'DeleteSecret', run: (call) => call.clients.secrets.send(new DeleteSecretCommand({ SecretId: secret(call) })), restore },
  { name: 'RestoreSecret', run: restore },
  {
    // Of a region that has no copy nothing is said.
    name: 'RemoveRegionsFromReplication',
    run: (call) => call.clients.secrets.send(new RemoveRegionsFromReplicationCommand({ SecretId: secret(call), RemoveReplicaRegions: ['us-west-2'] })),
  },
  {
    name: 'ReplicateSecretToRegions',
    run: (call) => call.clients.secrets.send(new ReplicateSecretToRegionsCommand({ SecretId: secret(call), AddReplicaRegions: [{ Region: 'us-west-2' }] })),
  },
];

const create = (name: string, Tags: (call: ActionCall) => Tag[], folder = 'endpoints'): Action => {
  const path = ({ at, own }: ActionCall): string => `${at.root.slice(1)}/${folder}/${own}/a1`;
  return {
    name,
    run: (call) => call.clients.secrets.send(new CreateSecretCommand({ Name: path(call), SecretString: 'made', KmsKeyId: call.at.keyId, Tags: Tags(call) })),
    restore: (call) => call.clients.secrets.send(new DeleteSecretCommand({ SecretId: path(call), ForceDeleteWithoutRecovery: true })),
  };
};
/** As the caller would tag what is its own, and as whose path it is would. */
const tagged = ({ caller }: ActionCall): Tag[] => tagsOf(caller);
const taggedForPath = ({ at }: ActionCall): Tag[] => tagsOf(at.place);
const mistagged =
  (...instead: Tag[]) =>
  ({ at }: ActionCall): Tag[] => [...tagsOf(at.place).filter(({ Key }) => !instead.some((tag) => tag.Key === Key)), ...instead];

const tag =
  (tags: (call: ActionCall) => Tag[], aim = 'endpoints/e1') =>
  (call: ActionCall) =>
    call.clients.secrets.send(new TagResourceCommand({ SecretId: secret(call, aim), Tags: tags(call) }));

const making: readonly Action[] = [
  create('CreateSecret', tagged),
  create('CreateSecret tagged for its path', taggedForPath),
  create('CreateSecret untagged', () => []),
  create('CreateSecret with another tenant’s tag', mistagged({ Key: 'TenantId', Value: 'nobody' })),
  create('CreateSecret with another environment’s tag', mistagged({ Key: 'Environment', Value: 'nowhere' })),
  create('CreateSecret with a tag nobody knows', mistagged({ Key: 'Owner', Value: 'me' })),
  create('CreateSecret of a device', tagged, 'devices'),
  create('CreateSecret of a device tagged for its path', taggedForPath, 'devices'),
  create('CreateSecret of a device with another tenant’s tag', mistagged({ Key: 'TenantId', Value: 'nobody' }), 'devices'),
  create('CreateSecret of a device with another environment’s tag', mistagged({ Key: 'Environment', Value: 'nowhere' }), 'devices'),
  create('CreateSecret of a device with a tag nobody knows', mistagged({ Key: 'Owner', Value: 'me' }), 'devices'),
  create('CreateSecret in a folder that begins like devices', tagged, 'devices-old'),
  create('CreateSecret of a device untagged', () => [], 'devices'),
  create('CreateSecret in the folder of staged copies', tagged, 'rotation'),
  create('CreateSecret in a folder that begins like endpoints', tagged, 'endpoints-old'),
  { name: 'TagResource, own tags', run: tag(tagged), restore: tag(taggedForPath) },
  { name: 'TagResource of a device, own tags', run: tag(tagged, 'devices/e1'), restore: tag(taggedForPath, 'devices/e1') },
  { name: 'TagResource, another tenant’s tag', run: tag(mistagged({ Key: 'TenantId', Value: 'nobody' })), restore: tag(taggedForPath) },
  {
    name: 'UntagResource',
    run: (call) => call.clients.secrets.send(new UntagResourceCommand({ SecretId: secret(call), TagKeys: ['TenantId'] })),
    restore: tag(taggedForPath),
  },
];

export const secretActions: readonly Action[] = [...reading, ...writing, ...making];
