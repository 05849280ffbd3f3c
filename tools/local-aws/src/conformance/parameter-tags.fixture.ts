import { AddTagsToResourceCommand, ListTagsForResourceCommand, RemoveTagsFromResourceCommand } from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import { type ConformanceCase, refused, type Stage } from './case.fixture.ts';
import { putBelow } from './parameter-calls.fixture.ts';

const tagged = ({ path }: Stage) => ({ ResourceType: 'Parameter', ResourceId: `${path}/p` }) as const;

/** Tags of a parameter. */
export const PARAMETER_TAGS: readonly ConformanceCase[] = [
  {
    title: 'tags are added, replaced, removed and listed',
    cites: 'API_AddTagsToResource, API_RemoveTagsFromResource, API_ListTagsForResource',
    async run(stage) {
      await putBelow(stage, 'p');
      await stage.ssm.send(
        new AddTagsToResourceCommand({
          ...tagged(stage),
          Tags: [
            { Key: 'a', Value: '1' },
            { Key: 'b', Value: '2' },
          ],
        }),
      );
      await stage.ssm.send(new AddTagsToResourceCommand({ ...tagged(stage), Tags: [{ Key: 'a', Value: '3' }] }));
      await stage.ssm.send(new RemoveTagsFromResourceCommand({ ...tagged(stage), TagKeys: ['b'] }));
      expect((await stage.ssm.send(new ListTagsForResourceCommand(tagged(stage)))).TagList).toEqual([{ Key: 'a', Value: '3' }]);
    },
  },
  {
    title: 'tags of a missing parameter are InvalidResourceId',
    cites: 'API_ListTagsForResource: InvalidResourceId',
    run: (stage) => refused(stage.ssm.send(new ListTagsForResourceCommand(tagged(stage))), 'InvalidResourceId'),
  },
  {
    title: 'a 51st tag is refused',
    cites: 'API_AddTagsToResource: TooManyTagsError, at most 50',
    departs: { emulator: 'takes any number' },
    async run(stage) {
      await putBelow(stage, 'p');
      const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
      await refused(stage.ssm.send(new AddTagsToResourceCommand({ ...tagged(stage), Tags })), 'TooManyTagsError');
    },
  },
];
