import { DescribeParametersCommand, GetParametersByPathCommand, type GetParametersByPathCommandInput, PutParameterCommand } from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';
import { history, putBelow } from './parameter-calls.fixture.ts';
import { PARAMETER_LABELS } from './parameter-labels.fixture.ts';
import { PARAMETER_TAGS } from './parameter-tags.fixture.ts';

const byPath = ({ ssm, path }: Stage, more: Partial<GetParametersByPathCommandInput> = {}) => ssm.send(new GetParametersByPathCommand({ Path: path, ...more }));
const names = ({ path }: Stage, found: { Parameters?: { Name?: string | undefined }[] | undefined }) =>
  (found.Parameters ?? []).map((each) => each.Name?.slice(path.length + 1)).sort();

conformance([
  {
    title: 'a path lists one level, and everything below it when recursive',
    cites: 'API_GetParametersByPath: Recursive',
    async run(stage) {
      for (const below of ['a', 'b/c', 'b/d/e']) await putBelow(stage, below);
      expect(names(stage, await byPath(stage))).toEqual(['a']);
      expect(names(stage, await byPath(stage, { Recursive: true }))).toEqual(['a', 'b/c', 'b/d/e']);
    },
  },
  {
    title: 'a path is whole levels: a sibling whose name begins alike is not below it',
    cites: 'API_GetParametersByPath: Path, a hierarchy',
    async run(stage) {
      await putBelow(stage, 'ab/c');
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
      for (const below of all) await putBelow(stage, below);
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
      await putBelow(stage, 'a');
      await putBelow(stage, 'b', 'v', { Type: 'SecureString' });
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
      await putBelow(stage, 'p', 'one');
      await putBelow(stage, 'p', 'two', { Overwrite: true });
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
      await putBelow(stage, 'p', 'one');
      await putBelow(stage, 'p', 'two', { Overwrite: true });
      await putBelow(stage, 'p', 'three', { Overwrite: true });
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
  ...PARAMETER_LABELS,
  ...PARAMETER_TAGS,
]);
