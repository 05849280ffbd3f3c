import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  type DeleteSecretCommandInput,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-secrets-manager';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';

const create = ({ secrets }: Stage, Name: string) => secrets.send(new CreateSecretCommand({ Name, SecretString: 'one' }));
const remove = ({ secrets, name }: Stage, more: Omit<DeleteSecretCommandInput, 'SecretId'> = {}) =>
  secrets.send(new DeleteSecretCommand({ SecretId: name, ...more }));
const get = ({ secrets, name }: Stage) => secrets.send(new GetSecretValueCommand({ SecretId: name }));
const describe = ({ secrets, name }: Stage) => secrets.send(new DescribeSecretCommand({ SecretId: name }));
const byName = (stage: Stage, more: { IncludePlannedDeletion?: boolean; MaxResults?: number; NextToken?: string | undefined } = {}) =>
  stage.secrets.send(new ListSecretsCommand({ Filters: [{ Key: 'name', Values: [stage.name] }], ...more }));

const DAY_MS = 86_400_000;

conformance([
  {
    title: 'a deleted secret keeps its description for 30 days and cannot be read or written',
    cites: 'API_DeleteSecret: 30 days by default; API_GetSecretValue: InvalidRequestException',
    departs: { emulator: 'takes new values for it' },
    async run(stage) {
      await create(stage, stage.name);
      const { DeletionDate } = await remove(stage);
      expect(Math.abs(Number(DeletionDate) - Date.now() - 30 * DAY_MS)).toBeLessThan(DAY_MS);
      expect((await describe(stage)).DeletedDate).toBeInstanceOf(Date);
      await refused(get(stage), 'InvalidRequestException');
      await refused(stage.secrets.send(new PutSecretValueCommand({ SecretId: stage.name, SecretString: 'x' })), 'InvalidRequestException');
    },
  },
  {
    title: 'the name of a secret that waits for deletion is not free',
    cites: 'API_CreateSecret: InvalidRequestException',
    departs: { emulator: 'answers ResourceExistsException' },
    async run(stage) {
      await create(stage, stage.name);
      await remove(stage);
      await refused(create(stage, stage.name), 'InvalidRequestException');
    },
  },
  {
    title: 'a deletion is taken back whole',
    cites: 'API_RestoreSecret',
    async run(stage) {
      await create(stage, stage.name);
      await remove(stage);
      await stage.secrets.send(new RestoreSecretCommand({ SecretId: stage.name }));
      expect((await get(stage)).SecretString).toBe('one');
      expect((await describe(stage)).DeletedDate).toBeUndefined();
    },
  },
  {
    title: 'a forced deletion frees the name at once, and the new secret has another ARN',
    cites: 'API_DeleteSecret: ForceDeleteWithoutRecovery',
    async run(stage) {
      const first = await create(stage, stage.name);
      await remove(stage, { ForceDeleteWithoutRecovery: true });
      await refused(get(stage), 'ResourceNotFoundException', 'any');
      expect((await create(stage, stage.name)).ARN).not.toBe(first.ARN);
    },
  },
  {
    title: 'a forced deletion of what is not there is fine',
    cites: 'API_DeleteSecret: ForceDeleteWithoutRecovery answers no ResourceNotFoundException',
    async run(stage) {
      await remove(stage, { ForceDeleteWithoutRecovery: true });
    },
  },
  {
    title: 'deleting what is not there is ResourceNotFoundException',
    cites: 'API_DeleteSecret: ResourceNotFoundException',
    run: (stage) => refused(remove(stage), 'ResourceNotFoundException', 'any'),
  },
  ...[6, 31].map((RecoveryWindowInDays) => ({
    title: `a recovery window of ${RecoveryWindowInDays} days is refused`,
    cites: 'API_DeleteSecret: RecoveryWindowInDays, 7 to 30',
    async run(stage: Stage) {
      await create(stage, stage.name);
      await refused(remove(stage, { RecoveryWindowInDays }), 'InvalidParameterException');
    },
  })),
  {
    title: 'a window and force together are refused',
    cites: 'API_DeleteSecret: both parameters in the same call',
    async run(stage) {
      await create(stage, stage.name);
      await refused(remove(stage, { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }), 'InvalidParameterException');
    },
  },
  {
    title: 'a list leaves out what waits for deletion unless asked',
    cites: 'API_ListSecrets: IncludePlannedDeletion',
    async run(stage) {
      await create(stage, stage.name);
      await remove(stage);
      expect((await byName(stage)).SecretList).toEqual([]);
      expect((await byName(stage, { IncludePlannedDeletion: true })).SecretList).toHaveLength(1);
    },
  },
  {
    title: 'a list is paged without gap or repetition',
    cites: 'API_ListSecrets: MaxResults, NextToken',
    async run(stage) {
      const names = Array.from({ length: 7 }, (_, index) => `${stage.name}-${index}x`);
      for (const name of names) await create(stage, name);
      const seen: (string | undefined)[] = [];
      let NextToken: string | undefined;
      do {
        const page = await byName(stage, { MaxResults: 3, NextToken });
        expect(page.SecretList?.length).toBeLessThanOrEqual(3);
        seen.push(...(page.SecretList ?? []).map((each) => each.Name));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      expect(seen.sort()).toEqual(names);
    },
  },
  {
    title: 'MaxResults above 100 is refused',
    cites: 'API_ListSecrets: MaxResults, 1 to 100',
    departs: { emulator: 'takes it' },
    run: (stage) => refused(byName(stage, { MaxResults: 101 }), 'ValidationException'),
  },
  {
    title: 'tags are added, replaced and removed',
    cites: 'API_TagResource, API_UntagResource',
    async run(stage) {
      await create(stage, stage.name);
      await stage.secrets.send(
        new TagResourceCommand({
          SecretId: stage.name,
          Tags: [
            { Key: 'a', Value: '1' },
            { Key: 'b', Value: '2' },
          ],
        }),
      );
      await stage.secrets.send(new TagResourceCommand({ SecretId: stage.name, Tags: [{ Key: 'a', Value: '3' }] }));
      await stage.secrets.send(new UntagResourceCommand({ SecretId: stage.name, TagKeys: ['b'] }));
      expect((await describe(stage)).Tags).toEqual([{ Key: 'a', Value: '3' }]);
    },
  },
  {
    title: 'tags of a missing secret are ResourceNotFoundException',
    cites: 'API_TagResource: ResourceNotFoundException',
    run: (stage) =>
      refused(stage.secrets.send(new TagResourceCommand({ SecretId: randomUUID(), Tags: [{ Key: 'a', Value: '1' }] })), 'ResourceNotFoundException', 'any'),
  },
]);
