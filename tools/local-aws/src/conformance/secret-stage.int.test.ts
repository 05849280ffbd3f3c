import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
  type UpdateSecretVersionStageCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';

/** A secret with a current and a pending version. */
async function staged({ secrets, name }: Stage): Promise<{ current: string; pending: string }> {
  const [current, pending] = [randomUUID(), randomUUID()];
  await secrets.send(new CreateSecretCommand({ Name: name, SecretString: 'one', ClientRequestToken: current }));
  await secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString: 'two', ClientRequestToken: pending, VersionStages: ['AWSPENDING'] }));
  return { current, pending };
}

const move = ({ secrets, name }: Stage, input: Omit<UpdateSecretVersionStageCommandInput, 'SecretId'>) =>
  secrets.send(new UpdateSecretVersionStageCommand({ SecretId: name, ...input }));
const stages = async ({ secrets, name }: Stage) => (await secrets.send(new DescribeSecretCommand({ SecretId: name }))).VersionIdsToStages ?? {};
const sorted = (found: Record<string, string[]>) => Object.fromEntries(Object.entries(found).map(([id, list]) => [id, [...list].sort()]));

conformance([
  {
    title: 'moving AWSCURRENT moves AWSPREVIOUS behind it and keeps AWSPENDING',
    cites: 'API_UpdateSecretVersionStage: AWSPREVIOUS moves to the version that AWSCURRENT was removed from',
    async run(stage) {
      const { current, pending } = await staged(stage);
      await move(stage, { VersionStage: 'AWSCURRENT', RemoveFromVersionId: current, MoveToVersionId: pending });
      expect(sorted(await stages(stage))).toEqual({ [current]: ['AWSPREVIOUS'], [pending]: ['AWSCURRENT', 'AWSPENDING'] });
    },
  },
  {
    title: 'a read without a stage follows AWSCURRENT after a move',
    cites: 'API_GetSecretValue: AWSCURRENT by default',
    departs: { emulator: 'answers the old value' },
    async run(stage) {
      const { current, pending } = await staged(stage);
      await move(stage, { VersionStage: 'AWSCURRENT', RemoveFromVersionId: current, MoveToVersionId: pending });
      expect((await stage.secrets.send(new GetSecretValueCommand({ SecretId: stage.name }))).SecretString).toBe('two');
    },
  },
  {
    title: 'a stage that sits elsewhere is not moved without naming where',
    cites: 'API_UpdateSecretVersionStage: MoveToVersionId needs RemoveFromVersionId',
    async run(stage) {
      const { current, pending } = await staged(stage);
      await refused(move(stage, { VersionStage: 'AWSCURRENT', MoveToVersionId: pending }), 'InvalidParameterException');
      expect((await stages(stage))[current]).toEqual(['AWSCURRENT']);
    },
  },
  {
    title: 'a stage is not taken from a version that does not hold it',
    cites: 'API_UpdateSecretVersionStage: RemoveFromVersionId must hold the label',
    async run(stage) {
      const { current, pending } = await staged(stage);
      await refused(move(stage, { VersionStage: 'AWSCURRENT', RemoveFromVersionId: pending, MoveToVersionId: current }), 'InvalidParameterException');
    },
  },
  {
    title: 'AWSCURRENT cannot be taken off altogether',
    cites: 'API_UpdateSecretVersionStage: AWSCURRENT can only be moved',
    departs: { emulator: 'takes it off' },
    async run(stage) {
      const { current } = await staged(stage);
      await refused(move(stage, { VersionStage: 'AWSCURRENT', RemoveFromVersionId: current }), 'InvalidParameterException');
    },
  },
  {
    title: 'AWSPENDING can be taken off, which leaves a version without a stage',
    cites: 'API_UpdateSecretVersionStage: the last label removed makes a version deprecated',
    async run(stage) {
      const { pending } = await staged(stage);
      await move(stage, { VersionStage: 'AWSPENDING', RemoveFromVersionId: pending });
      await refused(stage.secrets.send(new GetSecretValueCommand({ SecretId: stage.name, VersionStage: 'AWSPENDING' })), 'ResourceNotFoundException', 'any');
    },
  },
  {
    title: 'a version without a stage is listed only where asked for',
    cites: 'API_ListSecretVersionIds: IncludeDeprecated',
    departs: { emulator: 'lists it always' },
    async run(stage) {
      const { current, pending } = await staged(stage);
      await move(stage, { VersionStage: 'AWSPENDING', RemoveFromVersionId: pending });
      const list = async (IncludeDeprecated: boolean) =>
        (await stage.secrets.send(new ListSecretVersionIdsCommand({ SecretId: stage.name, IncludeDeprecated }))).Versions?.map((each) => each.VersionId).sort();
      expect(await list(false)).toEqual([current]);
      expect(await list(true)).toEqual([current, pending].sort());
    },
  },
  {
    title: 'a stage of one’s own is put on a version',
    cites: 'API_UpdateSecretVersionStage: VersionStage, custom labels',
    async run(stage) {
      const { current } = await staged(stage);
      await move(stage, { VersionStage: 'MINE', MoveToVersionId: current });
      expect(sorted(await stages(stage))[current]).toEqual(['AWSCURRENT', 'MINE']);
    },
  },
  {
    title: 'a stage is not moved to a version that does not exist',
    cites: 'API_UpdateSecretVersionStage: ResourceNotFoundException',
    departs: { emulator: 'answers another error' },
    async run(stage) {
      const { current } = await staged(stage);
      await refused(
        move(stage, { VersionStage: 'AWSCURRENT', RemoveFromVersionId: current, MoveToVersionId: randomUUID() }),
        'ResourceNotFoundException',
        'any',
      );
    },
  },
  {
    title: 'a stage sits on one version only, whatever is written',
    cites: 'API_PutSecretValue: each staging label is attached to one version at a time',
    departs: { emulator: 'leaves two AWSCURRENT behind' },
    async run(stage) {
      const { current, pending } = await staged(stage);
      await move(stage, { VersionStage: 'AWSCURRENT', RemoveFromVersionId: current, MoveToVersionId: pending });
      await stage.secrets.send(new PutSecretValueCommand({ SecretId: stage.name, SecretString: 'three' }));
      const all = Object.values(await stages(stage)).flat();
      expect(all.filter((each) => each === 'AWSCURRENT')).toHaveLength(1);
      expect(all.filter((each) => each === 'AWSPREVIOUS')).toHaveLength(1);
    },
  },
]);
