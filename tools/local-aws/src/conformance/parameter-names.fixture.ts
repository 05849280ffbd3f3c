import { expect } from 'vitest';
import { type ConformanceCase, refused, type Stage } from './case.fixture.ts';
import { put } from './parameter-calls.fixture.ts';

const levels = (count: number, { path }: Stage): string => `${path}/${Array.from({ length: count - 2 }, (_, index) => `l${index}`).join('/')}`;

/** Which names a parameter may have. */
export const PARAMETER_NAMES: readonly ConformanceCase[] = [
  {
    title: 'a hierarchy of 15 levels is taken',
    cites: 'API_PutParameter: at most fifteen levels',
    run: async (stage) => expect(await put(stage, { Name: levels(15, stage) })).toMatchObject({ Version: 1 }),
  },
  {
    title: 'a hierarchy of 16 levels is refused',
    cites: 'API_PutParameter: HierarchyLevelLimitExceededException',
    departs: { emulator: 'stores it' },
    run: (stage) => refused(put(stage, { Name: levels(16, stage) }), 'HierarchyLevelLimitExceededException'),
  },
  {
    title: 'a name may have 1,011 characters and no more',
    cites: 'API_PutParameter: Name, 1,011 of 2,048 are left for the name',
    departs: { emulator: 'stores the longer one' },
    async run(stage) {
      const name = `${stage.path}/`.padEnd(1_011, 'x');
      await put(stage, { Name: name });
      await refused(put(stage, { Name: `${name}x` }), 'ValidationException');
    },
  },
  ...['sp ace', 'comma,', 'ümlaut', 'at@', 'a//b', 'end/'].map((bad) => ({
    title: `the name part "${bad}" is refused`,
    cites: 'API_PutParameter: Name, only a-zA-Z0-9_.- and / between levels',
    departs: { emulator: 'stores it' },
    run: (stage: Stage) => refused(put(stage, { Name: `${stage.path}/${bad}` }), 'ValidationException'),
  })),
  {
    title: 'a name with a slash must begin with one',
    cites: 'Requirements and constraints for parameter names (User Guide): fully qualified with a leading slash',
    departs: { emulator: 'stores it' },
    run: (stage) => refused(put(stage, { Name: `${stage.name}/x` }), 'ValidationException'),
  },
  ...['aws-thing', 'AWSthing', 'ssm.thing', '/ssm/thing'].map((bad) => ({
    title: `the name ${bad} is reserved`,
    cites: 'API_PutParameter: Name cannot be prefixed with aws or ssm, whatever the case',
    run: (stage: Stage) => refused(put(stage, { Name: bad }), 'ValidationException'),
  })),
  {
    title: 'names below /aws/ are denied',
    cites: 'API_PutParameter: Name cannot be prefixed with aws; the hierarchy of public parameters',
    run: (stage) => refused(put(stage, { Name: '/aws/thing' }), 'AccessDeniedException'),
  },
];
