import {
  AddTagsToResourceCommand,
  DescribeParametersCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  type GetParametersByPathCommandInput,
  LabelParameterVersionCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  RemoveTagsFromResourceCommand,
  UnlabelParameterVersionCommand,
} from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';

const put = ({ ssm, path }: Stage, below: string, Value = 'v', more: { Overwrite?: boolean; Type?: 'String' | 'SecureString' } = {}) =>
  ssm.send(new PutParameterCommand({ Name: `${path}/${below}`, Value, Type: 'String', ...more }));
const byPath = ({ ssm, path }: Stage, more: Partial<GetParametersByPathCommandInput> = {}) => ssm.send(new GetParametersByPathCommand({ Path: path, ...more }));
const names = ({ path }: Stage, found: { Parameters?: { Name?: string | undefined }[] | undefined }) =>
  (found.Parameters ?? []).map((each) => each.Name?.slice(path.length + 1)).sort();
const label = ({ ssm, path }: Stage, ParameterVersion: number, ...Labels: string[]) =>
  ssm.send(new LabelParameterVersionCommand({ Name: `${path}/p`, ParameterVersion, Labels }));
const history = ({ ssm, path }: Stage, more: { MaxResults?: number; NextToken?: string } = {}) =>
  ssm.send(new GetParameterHistoryCommand({ Name: `${path}/p`, WithDecryption: true, ...more }));
const tagged = ({ path }: Stage) => ({ ResourceType: 'Parameter', ResourceId: `${path}/p` }) as const;

conformance([
  {
    title: 'a path lists one level, and everything below it when recursive',
    cites: 'API_GetParametersByPath: Recursive',
    async run(stage) {
      for (const below of ['a', 'b/c', 'b/d/e']) await put(stage, below);
      expect(names(stage, await byPath(stage))).toEqual(['a']);
      expect(names(stage, await byPath(stage, { Recursive: true }))).toEqual(['a', 'b/c', 'b/d/e']);
    },
  },
  {
    title: 'a path is whole levels: a sibling whose name begins alike is not below it',
    cites: 'API_GetParametersByPath: Path, a hierarchy',
    async run(stage) {
      await put(stage, 'ab/c');
      expect(names(stage, await byPath(stage, { Path: `${stage.path}/a`, Recursive: true }))).toEqual([]);
    },
  },
  {
    title: 'a path must begin with a slash',
    cites: 'API_GetParametersByPath: Path begins with a forward slash',
    departs: { emulator: 'answers an empty list' },
    run: (stage) => refused(byPath(stage, { Path: 'no/slash' }), 'ValidationException'),
  },
  {
    title: 'pages of ten by default, joined by tokens, without gap or repetition',
    cites: 'API_GetParametersByPath: MaxResults at most 10, NextToken',
    async run(stage) {
      const all = Array.from({ length: 23 }, (_, index) => `p${String(index).padStart(2, '0')}`);
      for (const below of all) await put(stage, below);
      const seen: (string | undefined)[] = [];
      let NextToken: string | undefined;
      do {
        const page = await byPath(stage, { NextToken });
        expect(page.Parameters?.length).toBeLessThanOrEqual(10);
        seen.push(...names(stage, page));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      expect(seen).toEqual(all);
    },
  },
  {
    title: 'MaxResults above 10 is refused',
    cites: 'API_GetParametersByPath: MaxResults at most 10',
    departs: { emulator: 'takes it' },
    run: (stage) => refused(byPath(stage, { MaxResults: 11 }), 'ValidationException'),
  },
  {
    title: 'a token that nobody gave is refused',
    cites: 'API_GetParametersByPath: InvalidNextToken',
    departs: { emulator: 'answers another error or a page' },
    run: (stage) => refused(byPath(stage, { NextToken: 'made-up' }), 'InvalidNextToken'),
  },
  {
    title: 'a path is filtered by type',
    cites: 'API_GetParametersByPath: ParameterFilters Type, KeyId, Label',
    async run(stage) {
      await put(stage, 'a');
      await put(stage, 'b', 'v', { Type: 'SecureString' });
      expect(names(stage, await byPath(stage, { ParameterFilters: [{ Key: 'Type', Option: 'Equals', Values: ['SecureString'] }] }))).toEqual(['b']);
    },
  },
  {
    title: 'a filter key that the call does not know is refused',
    cites: 'API_GetParametersByPath: InvalidFilterKey; Name and tags are not supported here',
    run: (stage) => refused(byPath(stage, { ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values: ['x'] }] }), 'InvalidFilterKey'),
  },
  {
    title: 'DescribeParameters filters by tag and never answers values',
    cites: 'API_DescribeParameters: ParameterFilters tag:key; API_ParameterMetadata',
    departs: { emulator: 'answers no tier' },
    async run(stage) {
      await stage.ssm.send(new PutParameterCommand({ Name: `${stage.path}/p`, Value: 'v', Type: 'String', Tags: [{ Key: 'case', Value: stage.name }] }));
      const found = await stage.ssm.send(new DescribeParametersCommand({ ParameterFilters: [{ Key: 'tag:case', Values: [stage.name] }] }));
      expect(found.Parameters).toHaveLength(1);
      expect(found.Parameters?.[0]).toMatchObject({ Name: `${stage.path}/p`, Type: 'String', Version: 1, Tier: 'Standard' });
      expect(found.Parameters?.[0]).not.toHaveProperty('Value');
    },
  },
  {
    title: 'history lists every version with its value, oldest first',
    cites: 'API_GetParameterHistory',
    async run(stage) {
      await put(stage, 'p', 'one');
      await put(stage, 'p', 'two', { Overwrite: true });
      expect((await history(stage)).Parameters?.map((each) => [each.Version, each.Value])).toEqual([
        [1, 'one'],
        [2, 'two'],
      ]);
    },
  },
  {
    title: 'history is paged',
    cites: 'API_GetParameterHistory: MaxResults, NextToken',
    async run(stage) {
      await put(stage, 'p', 'one');
      await put(stage, 'p', 'two', { Overwrite: true });
      await put(stage, 'p', 'three', { Overwrite: true });
      const first = await history(stage, { MaxResults: 2 });
      const second = await history(stage, { MaxResults: 2, NextToken: first.NextToken ?? '' });
      expect([...(first.Parameters ?? []), ...(second.Parameters ?? [])].map((each) => each.Version)).toEqual([1, 2, 3]);
      expect(second.NextToken).toBeUndefined();
    },
  },
  {
    title: 'history of a missing parameter is ParameterNotFound',
    cites: 'API_GetParameterHistory: ParameterNotFound',
    run: (stage) => refused(history(stage), 'ParameterNotFound'),
  },
  {
    title: 'a label moves to the version that is labelled last',
    cites: 'API_LabelParameterVersion: a label on another version is moved',
    async run(stage) {
      await put(stage, 'p', 'one');
      await put(stage, 'p', 'two', { Overwrite: true });
      await label(stage, 1, 'live');
      await label(stage, 2, 'live');
      expect((await history(stage)).Parameters?.map((each) => each.Labels ?? [])).toEqual([[], ['live']]);
    },
  },
  {
    title: 'labels that break the rules come back as invalid and are not set',
    cites: 'API_LabelParameterVersion: InvalidLabels; not beginning with a number, aws or ssm',
    async run(stage) {
      await put(stage, 'p');
      const answer = await label(stage, 1, '1st', 'aws-x', 'ssm-x', 'sp ace', 'good');
      expect([...(answer.InvalidLabels ?? [])].sort()).toEqual(['1st', 'aws-x', 'sp ace', 'ssm-x']);
    },
  },
  {
    title: 'an eleventh label on a version is refused',
    cites: 'API_LabelParameterVersion: ParameterVersionLabelLimitExceeded, at most 10',
    async run(stage) {
      await put(stage, 'p');
      await label(stage, 1, ...Array.from({ length: 10 }, (_, index) => `l${index}`));
      await refused(label(stage, 1, 'one-more'), 'ParameterVersionLabelLimitExceeded');
    },
  },
  {
    title: 'a version that does not exist cannot be labelled',
    cites: 'API_LabelParameterVersion: ParameterVersionNotFound',
    async run(stage) {
      await put(stage, 'p');
      await refused(label(stage, 5, 'x'), 'ParameterVersionNotFound');
    },
  },
  {
    title: 'a label is taken off, and one that is not there is invalid',
    cites: 'API_UnlabelParameterVersion: RemovedLabels, InvalidLabels',
    departs: { emulator: 'does not know the call' },
    async run(stage) {
      await put(stage, 'p');
      await label(stage, 1, 'x');
      const answer = await stage.ssm.send(new UnlabelParameterVersionCommand({ Name: `${stage.path}/p`, ParameterVersion: 1, Labels: ['x', 'y'] }));
      expect(answer).toMatchObject({ RemovedLabels: ['x'], InvalidLabels: ['y'] });
    },
  },
  {
    title: 'a labelled oldest version of a hundred blocks the next write',
    cites: 'API_PutParameter: ParameterMaxVersionLimitExceeded',
    async run(stage) {
      await put(stage, 'p');
      await label(stage, 1, 'keep');
      for (let version = 2; version <= 100; version += 1) await put(stage, 'p', `v${version}`, { Overwrite: true });
      await refused(put(stage, 'p', 'one too many', { Overwrite: true }), 'ParameterMaxVersionLimitExceeded');
    },
  },
  {
    title: 'tags are added, replaced, removed and listed',
    cites: 'API_AddTagsToResource, API_RemoveTagsFromResource, API_ListTagsForResource',
    async run(stage) {
      await put(stage, 'p');
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
      await put(stage, 'p');
      const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
      await refused(stage.ssm.send(new AddTagsToResourceCommand({ ...tagged(stage), Tags })), 'TooManyTagsError');
    },
  },
]);
