import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  StopReplicationToReplicaCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';

const Tags = [{ Key: 'TenantId', Value: 'north' }];
const create = ({ secrets, name: Name }: Stage, more: object = {}) => secrets.send(new CreateSecretCommand({ Name, SecretString: 'one', Tags, ...more }));
const to = ({ elsewhere }: Stage) => [{ Region: elsewhere.region }];
const replicate = (stage: Stage, more: object = {}) =>
  stage.secrets.send(new ReplicateSecretToRegionsCommand({ SecretId: stage.name, AddReplicaRegions: to(stage), ...more }));
const replicated = (stage: Stage) => create(stage).then(() => replicate(stage));
const there = ({ elsewhere, name: SecretId }: Stage) => elsewhere.secrets.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSCURRENT' }));
const describe = ({ secrets, name: SecretId }: Stage) => secrets.send(new DescribeSecretCommand({ SecretId }));

/** Replication comes after its answer: it is waited for, however long that takes. */
async function inSync(stage: Stage): Promise<void> {
  await expect.poll(async () => (await describe(stage)).ReplicationStatus?.map(({ Status }) => Status), { timeout: 60_000 }).toEqual(['InSync']);
}

conformance([
  {
    title: 'a replica has the ARN of its secret but for the region, its version ids, labels, tags and value, and says where its secret is',
    cites: 'Replicate AWS Secrets Manager secrets across Regions',
    async run(stage) {
      const { ARN = '', VersionId } = await create(stage);
      await replicate(stage);
      await inSync(stage);
      expect(await there(stage)).toMatchObject({ ARN: ARN.replace(stage.region, stage.elsewhere.region), VersionId, SecretString: 'one' });
      const replica = await stage.elsewhere.secrets.send(new DescribeSecretCommand({ SecretId: stage.name }));
      expect(replica).toMatchObject({ PrimaryRegion: stage.region, Tags, VersionIdsToStages: (await describe(stage)).VersionIdsToStages });
    },
  },
  {
    title: 'a secret can be created with its replica',
    cites: 'API_CreateSecret: AddReplicaRegions',
    async run(stage) {
      const { ReplicationStatus } = await create(stage, { AddReplicaRegions: to(stage) });
      expect(ReplicationStatus?.map(({ Region }) => Region)).toEqual([stage.elsewhere.region]);
      await inSync(stage);
      expect((await there(stage)).SecretString).toBe('one');
    },
  },
  {
    title: 'a new value, and a label that moves, reach the replica',
    cites: 'Replicate AWS Secrets Manager secrets across Regions: the new value propagates to all replicas',
    async run(stage) {
      const { VersionId: first = '' } = await create(stage);
      await replicate(stage);
      const ClientRequestToken = randomUUID();
      await stage.secrets.send(new PutSecretValueCommand({ SecretId: stage.name, SecretString: 'two', ClientRequestToken, VersionStages: ['AWSPENDING'] }));
      await inSync(stage);
      expect((await there(stage)).SecretString).toBe('one');
      const move = { VersionStage: 'AWSCURRENT', RemoveFromVersionId: first, MoveToVersionId: ClientRequestToken };
      await stage.secrets.send(new UpdateSecretVersionStageCommand({ SecretId: stage.name, ...move }));
      await inSync(stage);
      expect(await there(stage)).toMatchObject({ SecretString: 'two', VersionId: ClientRequestToken });
    },
  },
  ...(
    [
      ['PutSecretValue', (SecretId: string) => new PutSecretValueCommand({ SecretId, SecretString: 'x' })],
      ['UpdateSecret', (SecretId: string) => new UpdateSecretCommand({ SecretId, SecretString: 'x' })],
      ['TagResource', (SecretId: string) => new TagResourceCommand({ SecretId, Tags: [{ Key: 'k', Value: 'v' }] })],
      ['UntagResource', (SecretId: string) => new UntagResourceCommand({ SecretId, TagKeys: ['TenantId'] })],
      ['DeleteSecret', (SecretId: string) => new DeleteSecretCommand({ SecretId })],
      ['ReplicateSecretToRegions', (SecretId: string) => new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: 'us-east-1' }] })],
    ] as const
  ).map(([what, command]) => ({
    title: `${what} is refused to a replica, which stays as it is`,
    cites: 'Promote a replica secret to a standalone secret: a replica is not updated independently',
    async run(stage: Stage) {
      await replicated(stage);
      await inSync(stage);
      // Each command has a type of its own; the client takes any.
      const send = stage.elsewhere.secrets.send.bind(stage.elsewhere.secrets) as (command: unknown) => Promise<unknown>;
      await refused(send(command(stage.name)), 'InvalidParameterException');
      expect((await there(stage)).SecretString).toBe('one');
    },
  })),
  {
    title: 'a secret is not replicated to its own region',
    cites: 'API_ReplicateSecretToRegions: InvalidParameterException',
    async run(stage) {
      await create(stage);
      await refused(replicate(stage, { AddReplicaRegions: [{ Region: stage.region }] }), 'InvalidParameterException');
    },
  },
  {
    title: 'where another secret has its name, replication fails and that one stays',
    cites: 'Troubleshoot AWS Secrets Manager replication: a secret with the same name exists in the selected Region',
    async run(stage) {
      await stage.elsewhere.secrets.send(new CreateSecretCommand({ Name: stage.name, SecretString: 'somebody else’s' }));
      await replicated(stage);
      await expect.poll(async () => (await describe(stage)).ReplicationStatus?.map(({ Status }) => Status), { timeout: 60_000 }).toEqual(['Failed']);
      expect((await there(stage)).SecretString).toBe('somebody else’s');
    },
  },
  {
    title: 'unless it is to be overwritten',
    cites: 'API_ReplicateSecretToRegions: ForceOverwriteReplicaSecret',
    async run(stage) {
      await stage.elsewhere.secrets.send(new CreateSecretCommand({ Name: stage.name, SecretString: 'somebody else’s' }));
      await create(stage);
      await replicate(stage, { ForceOverwriteReplicaSecret: true });
      await inSync(stage);
      expect((await there(stage)).SecretString).toBe('one');
    },
  },
  {
    title: 'a secret with a replica is not deleted; the replica goes first, and a second time is fine',
    cites: 'Delete an AWS Secrets Manager secret: replicas; API_RemoveRegionsFromReplication',
    async run(stage) {
      await replicated(stage);
      await inSync(stage);
      await refused(stage.secrets.send(new DeleteSecretCommand({ SecretId: stage.name })), 'InvalidParameterException');
      const remove = new RemoveRegionsFromReplicationCommand({ SecretId: stage.name, RemoveReplicaRegions: [stage.elsewhere.region] });
      await stage.secrets.send(remove);
      await stage.secrets.send(remove);
      await expect.poll(() => there(stage).then(() => 'there', String), { timeout: 60_000 }).toContain('ResourceNotFoundException');
      await stage.secrets.send(new DeleteSecretCommand({ SecretId: stage.name }));
    },
  },
  {
    title: 'a promoted replica is a secret of its own, which its old one reaches no more',
    cites: 'API_StopReplicationToReplica',
    departs: { emulator: 'has no such operation' },
    async run(stage) {
      await replicated(stage);
      await inSync(stage);
      await stage.elsewhere.secrets.send(new StopReplicationToReplicaCommand({ SecretId: stage.name }));
      await stage.elsewhere.secrets.send(new PutSecretValueCommand({ SecretId: stage.name, SecretString: 'its own' }));
      await stage.secrets.send(new PutSecretValueCommand({ SecretId: stage.name, SecretString: 'two' }));
      expect((await there(stage)).SecretString).toBe('its own');
      expect((await describe(stage)).ReplicationStatus ?? []).toEqual([]);
    },
  },
]);
