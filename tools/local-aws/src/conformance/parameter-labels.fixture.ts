import { LabelParameterVersionCommand, UnlabelParameterVersionCommand } from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import { type ConformanceCase, refused, type Stage } from './case.fixture.ts';
import { history, putBelow } from './parameter-calls.fixture.ts';

const label = ({ ssm, path }: Stage, ParameterVersion: number, ...Labels: string[]) =>
  ssm.send(new LabelParameterVersionCommand({ Name: `${path}/p`, ParameterVersion, Labels }));

/** Labels of a parameter's versions. */
export const PARAMETER_LABELS: readonly ConformanceCase[] = [
  {
    title: 'a label moves to the version that is labelled last',
    cites: 'API_LabelParameterVersion: a label on another version is moved',
    async run(stage) {
      await putBelow(stage, 'p', 'one');
      await putBelow(stage, 'p', 'two', { Overwrite: true });
      await label(stage, 1, 'live');
      await label(stage, 2, 'live');
      expect((await history(stage)).Parameters?.map((each) => each.Labels ?? [])).toEqual([[], ['live']]);
    },
  },
  {
    title: 'labels that break the rules come back as invalid and are not set',
    cites: 'API_LabelParameterVersion: InvalidLabels; not beginning with a number, aws or ssm',
    async run(stage) {
      await putBelow(stage, 'p');
      const answer = await label(stage, 1, '1st', 'aws-x', 'ssm-x', 'sp ace', 'good');
      expect([...(answer.InvalidLabels ?? [])].sort()).toEqual(['1st', 'aws-x', 'sp ace', 'ssm-x']);
    },
  },
  {
    title: 'an eleventh label on a version is refused',
    cites: 'API_LabelParameterVersion: ParameterVersionLabelLimitExceeded, at most 10',
    async run(stage) {
      await putBelow(stage, 'p');
      await label(stage, 1, ...Array.from({ length: 10 }, (_, index) => `l${index}`));
      await refused(label(stage, 1, 'one-more'), 'ParameterVersionLabelLimitExceeded');
    },
  },
  {
    title: 'a version that does not exist cannot be labelled',
    cites: 'API_LabelParameterVersion: ParameterVersionNotFound',
    async run(stage) {
      await putBelow(stage, 'p');
      await refused(label(stage, 5, 'x'), 'ParameterVersionNotFound');
    },
  },
  {
    title: 'a label is taken off, and one that is not there is invalid',
    cites: 'API_UnlabelParameterVersion: RemovedLabels, InvalidLabels',
    departs: { emulator: 'does not know the call' },
    async run(stage) {
      await putBelow(stage, 'p');
      await label(stage, 1, 'x');
      const answer = await stage.ssm.send(new UnlabelParameterVersionCommand({ Name: `${stage.path}/p`, ParameterVersion: 1, Labels: ['x', 'y'] }));
      expect(answer).toMatchObject({ RemovedLabels: ['x'], InvalidLabels: ['y'] });
    },
  },
  {
    title: 'a labelled oldest version of a hundred blocks the next write',
    cites: 'API_PutParameter: ParameterMaxVersionLimitExceeded',
    async run(stage) {
      await putBelow(stage, 'p');
      await label(stage, 1, 'keep');
      for (let version = 2; version <= 100; version += 1) await putBelow(stage, 'p', `v${version}`, { Overwrite: true });
      await refused(putBelow(stage, 'p', 'one too many', { Overwrite: true }), 'ParameterMaxVersionLimitExceeded');
    },
  },
];
