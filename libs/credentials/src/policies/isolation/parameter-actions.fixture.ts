import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  RemoveTagsFromResourceCommand,
  type Tag,
} from '@aws-sdk/client-ssm';
import type { Action, ActionCall } from './action.fixture.ts';
import { parameterArn, tagsOf } from './targets.fixture.ts';

const CURRENT = '/endpoints/e1/a1';
const STAGED = '/rotation/e1/a1/x1';
const DEVICE = '/devices/e1/a1';

const read = (name: string, path: (call: ActionCall) => string, WithDecryption = true): Action => ({
  name,
  run: (call) => call.clients.ssm.send(new GetParameterCommand({ Name: path(call), WithDecryption })),
});
const readMany = (name: string, paths: (call: ActionCall) => string[]): Action => ({
  name,
  run: (call) => call.clients.ssm.send(new GetParametersCommand({ Names: paths(call), WithDecryption: true })),
});
const list = (name: string, path: (call: ActionCall) => string, Recursive = true): Action => ({
  name,
  run: (call) => call.clients.ssm.send(new GetParametersByPathCommand({ Path: path(call), Recursive, WithDecryption: false })),
});

const history = (name: string, path: (call: ActionCall) => string, WithDecryption = false): Action => ({
  name,
  run: (call) => call.clients.ssm.send(new GetParameterHistoryCommand({ Name: path(call), WithDecryption })),
});

const reading: readonly Action[] = [
  read('GetParameter current', ({ at }) => at.root + CURRENT),
  read('GetParameter current, as ciphertext', ({ at }) => at.root + CURRENT, false),
  read('GetParameter current, a version by ARN', ({ at }) => `${parameterArn(at.root + CURRENT)}:1`),
  read('GetParameter staged', ({ at }) => at.root + STAGED),
  read('GetParameter staged, as ciphertext', ({ at }) => at.root + STAGED, false),
  read('GetParameter untagged', ({ at }) => `${at.root}/endpoints/untagged/a1`),
  read('GetParameter untagged, as ciphertext', ({ at }) => `${at.root}/endpoints/untagged/a1`, false),
  read('GetParameter staged untagged, as ciphertext', ({ at }) => `${at.root}/rotation/untagged/a1/x1`, false),
  read('GetParameter tagged as another tenant’s', ({ at }) => `${at.root}/endpoints/strange-tenant/a1`),
  read('GetParameter tagged as another environment’s', ({ at }) => `${at.root}/endpoints/strange-environment/a1`),
  read('GetParameter in a folder that begins like endpoints', ({ at }) => `${at.root}/endpoints-old/e1/a1`),
  read('GetParameter in a folder that begins like rotation', ({ at }) => `${at.root}/rotation-old/e1/a1`),
  read('GetParameter in another folder', ({ at }) => `${at.root}/other/e1/a1`),
  read('GetParameter device', ({ at }) => at.root + DEVICE),
  read('GetParameter device, as ciphertext', ({ at }) => at.root + DEVICE, false),
  read('GetParameter device untagged', ({ at }) => `${at.root}/devices/untagged/a1`),
  read('GetParameter device untagged, as ciphertext', ({ at }) => `${at.root}/devices/untagged/a1`, false),
  read('GetParameter device tagged as another environment’s', ({ at }) => `${at.root}/devices/strange-environment/a1`),
  read('GetParameter device tagged as another tenant’s', ({ at }) => `${at.root}/devices/strange-tenant/a1`),
  read('GetParameter in a folder that begins like devices', ({ at }) => `${at.root}/devices-old/e1/a1`),
  readMany('GetParameters current', ({ at }) => [at.root + CURRENT]),
  readMany('GetParameters current and staged', ({ at }) => [at.root + CURRENT, at.root + STAGED]),
  readMany('GetParameters of two tenants', ({ at, other }) => [at.root + CURRENT, other.root + CURRENT]),
  readMany('GetParameters, one tagged as another tenant’s', ({ at }) => [at.root + CURRENT, `${at.root}/endpoints/strange-tenant/a1`]),
  history('GetParameterHistory', ({ at }) => at.root + CURRENT),
  history('GetParameterHistory, decrypted', ({ at }) => at.root + CURRENT, true),
  history('GetParameterHistory untagged', ({ at }) => `${at.root}/endpoints/untagged/a1`),
  history('GetParameterHistory tagged as another tenant’s', ({ at }) => `${at.root}/endpoints/strange-tenant/a1`),
  history('GetParameterHistory tagged as another environment’s', ({ at }) => `${at.root}/endpoints/strange-environment/a1`),
  history('GetParameterHistory device', ({ at }) => at.root + DEVICE),
  history('GetParameterHistory staged', ({ at }) => at.root + STAGED),
  history('GetParameterHistory in a folder that begins like endpoints', ({ at }) => `${at.root}/endpoints-old/e1/a1`),
  history('GetParameterHistory in another folder', ({ at }) => `${at.root}/other/e1/a1`),
  { name: 'DescribeParameters', run: ({ clients }) => clients.ssm.send(new DescribeParametersCommand({})) },
  {
    name: 'ListTagsForResource',
    run: ({ clients, at }) => clients.ssm.send(new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: at.root + CURRENT })),
  },
];

const listing: readonly Action[] = [
  list('GetParametersByPath endpoints', ({ at }) => `${at.root}/endpoints`),
  list('GetParametersByPath one endpoint', ({ at }) => `${at.root}/endpoints/e1`, false),
  list('GetParametersByPath devices', ({ at }) => `${at.root}/devices`),
  list('GetParametersByPath rotation', ({ at }) => `${at.root}/rotation`),
  list('GetParametersByPath rotation, with a slash at its end', ({ at }) => `${at.root}/rotation/`),
  list('GetParametersByPath endpoints, with a slash at its end', ({ at }) => `${at.root}/endpoints/`),
  list('GetParametersByPath one rotation', ({ at }) => `${at.root}/rotation/e1/a1`, false),
  list('GetParametersByPath a folder that begins like rotation', ({ at }) => `${at.root}/rotation-old`),
  list('GetParametersByPath tenant', ({ at }) => at.root),
  list('GetParametersByPath tenant, with a slash at its end', ({ at }) => `${at.root}/`),
  list('GetParametersByPath environment', ({ at }) => `/rcm/${at.place.environment}`),
  list('GetParametersByPath all', () => '/rcm'),
  list('GetParametersByPath root', () => '/'),
];

const put = (name: string, path: (call: ActionCall) => string, more: (call: ActionCall) => Partial<PutParameterCommandInput>): Action => ({
  name,
  run: (call) =>
    call.clients.ssm.send(new PutParameterCommand({ Name: path(call), Value: 'written', Type: 'SecureString', KeyId: call.at.keyId, ...more(call) })),
});
const create = (name: string, folder: string, Tags: (call: ActionCall) => Tag[], more: Partial<PutParameterCommandInput> = {}): Action => {
  const path = ({ at, own }: ActionCall): string => `${at.root}/${folder}/${own}/a1`;
  return {
    ...put(name, path, (call) => ({ Tags: Tags(call), ...more })),
    restore: (call) => call.clients.ssm.send(new DeleteParameterCommand({ Name: path(call) })),
  };
};
/** As the caller would tag what is its own, and as whose path it is would. */
const tagged = ({ caller }: ActionCall): Tag[] => tagsOf(caller);
const taggedForPath = ({ at }: ActionCall): Tag[] => tagsOf(at.place);
/** The tenant's own tags but for one. */
const mistagged =
  (...instead: Tag[]) =>
  ({ at }: ActionCall): Tag[] => [...tagsOf(at.place).filter(({ Key }) => !instead.some((tag) => tag.Key === Key)), ...instead];

const writing: readonly Action[] = [
  create('PutParameter, create current', 'endpoints', tagged),
  create('PutParameter, create current tagged for its path', 'endpoints', taggedForPath),
  create('PutParameter, create current in plain text', 'endpoints', tagged, { Type: 'String', KeyId: undefined }),
  create('PutParameter, create current untagged', 'endpoints', () => []),
  create('PutParameter, create current with another tenant’s tag', 'endpoints', mistagged({ Key: 'TenantId', Value: 'nobody' })),
  create('PutParameter, create current with another environment’s tag', 'endpoints', mistagged({ Key: 'Environment', Value: 'nowhere' })),
  create('PutParameter, create current with the portal type', 'endpoints', mistagged({ Key: 'PortalType', Value: 'alpine' })),
  create('PutParameter, create current with a tag nobody knows', 'endpoints', mistagged({ Key: 'Owner', Value: 'me' })),
  create('PutParameter, create current, advanced tier', 'endpoints', tagged, { Tier: 'Advanced' }),
  create('PutParameter, create staged', 'rotation', tagged),
  create('PutParameter, create staged tagged for its path', 'rotation', taggedForPath),
  create('PutParameter, create device', 'devices', tagged),
  create('PutParameter, create device, advanced tier', 'devices', tagged, { Tier: 'Advanced' }),
  create('PutParameter, create device tagged for its path', 'devices', taggedForPath),
  create('PutParameter, create device with another environment’s tag', 'devices', mistagged({ Key: 'Environment', Value: 'nowhere' })),
  create('PutParameter, create device with the portal type', 'devices', mistagged({ Key: 'PortalType', Value: 'alpine' })),
  create('PutParameter, create device with a tag nobody knows', 'devices', mistagged({ Key: 'Owner', Value: 'me' })),
  create('PutParameter, create device untagged', 'devices', () => []),
  create('PutParameter, create device with another tenant’s tag', 'devices', mistagged({ Key: 'TenantId', Value: 'nobody' })),
  create('PutParameter, create in a folder that begins like devices', 'devices-old', tagged),
  create('PutParameter, create in another folder', 'other', tagged),
  create('PutParameter, create in a folder that begins like endpoints', 'endpoints-old', tagged),
  create('PutParameter, create in a folder that begins like rotation', 'rotation-old', tagged),
  put(
    'PutParameter, overwrite current',
    ({ at }) => at.root + CURRENT,
    () => ({ Overwrite: true }),
  ),
  put(
    'PutParameter, overwrite in a folder that begins like endpoints',
    ({ at }) => `${at.root}/endpoints-old/e1/a1`,
    () => ({ Overwrite: true }),
  ),
  put(
    'PutParameter, overwrite device',
    ({ at }) => at.root + DEVICE,
    () => ({ Overwrite: true }),
  ),
  put(
    'PutParameter, overwrite in a folder that begins like devices',
    ({ at }) => `${at.root}/devices-old/e1/a1`,
    () => ({ Overwrite: true }),
  ),
  put(
    'PutParameter, overwrite staged',
    ({ at }) => at.root + STAGED,
    () => ({ Overwrite: true }),
  ),
];

/** Deletes what was made for it. */
function remove(name: string, folder: string, command: (path: string) => DeleteParameterCommand | DeleteParametersCommand): Action {
  const path = ({ at, own }: ActionCall): string => `${at.root}/${folder}/e1/a1/doomed-${own}`;
  return {
    name,
    prepare: (call) =>
      call.clients.ssm.send(new PutParameterCommand({ Name: path(call), Value: 'x', Type: 'SecureString', KeyId: call.at.keyId })).catch(existing),
    run: (call) => call.clients.ssm.send(command(path(call)) as DeleteParameterCommand),
  };
}
const one = (Name: string) => new DeleteParameterCommand({ Name });
const existing = (error: unknown): void => {
  if (!(error instanceof Error) || error.name !== 'ParameterAlreadyExists') throw error;
};
const resource = ({ at }: ActionCall, path = CURRENT) => ({ ResourceType: 'Parameter' as const, ResourceId: at.root + path });

const tag =
  (tags: (call: ActionCall) => Tag[], path = CURRENT) =>
  (call: ActionCall) =>
    call.clients.ssm.send(new AddTagsToResourceCommand({ ...resource(call, path), Tags: tags(call) }));

const removing: readonly Action[] = [
  remove('DeleteParameter staged', 'rotation', one),
  remove('DeleteParameter current', 'endpoints', one),
  remove('DeleteParameter device', 'devices', one),
  remove('DeleteParameter in a folder that begins like rotation', 'rotation-old', one),
  remove('DeleteParameters staged', 'rotation', (path) => new DeleteParametersCommand({ Names: [path] })),
  { name: 'AddTagsToResource, own tags', run: tag(tagged), restore: tag(taggedForPath) },
  { name: 'AddTagsToResource to a device, own tags', run: tag(tagged, DEVICE), restore: tag(taggedForPath, DEVICE) },
  { name: 'AddTagsToResource, another tenant’s tag', run: tag(mistagged({ Key: 'TenantId', Value: 'nobody' })), restore: tag(taggedForPath) },
  {
    name: 'RemoveTagsFromResource',
    run: (call) => call.clients.ssm.send(new RemoveTagsFromResourceCommand({ ...resource(call), TagKeys: ['TenantId'] })),
    restore: tag(taggedForPath),
  },
  {
    name: 'LabelParameterVersion',
    run: ({ clients, at }) => clients.ssm.send(new LabelParameterVersionCommand({ Name: at.root + CURRENT, Labels: ['mine'] })),
  },
];

export const parameterActions: readonly Action[] = [...reading, ...listing, ...writing, ...removing];
