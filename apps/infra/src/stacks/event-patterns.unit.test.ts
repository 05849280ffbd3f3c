import { describe, expect, it } from 'vitest';
import type { Environment } from '../configuration/read-configuration.ts';
import { toldEvents } from './events.ts';
import { exampleEnvironments } from './synthesised.fixture.ts';

/** "EventBridge quotas": characters of a rule's pattern. A longer one is refused, and the stack `alerts` with it. */
const MAX_PATTERN = 2048;
const PROD = exampleEnvironments().find(({ name }) => name === 'prod')!;

/** As long as an id may be, in the regions whose names are longest. */
const LONGEST = 'n'.repeat(63);
const PLACES: readonly (Pick<Environment, 'partition' | 'region'> & { readonly second: string })[] = [
  { partition: 'aws', region: 'us-east-1', second: 'us-west-2' },
  { partition: 'aws', region: 'ap-southeast-1', second: 'ap-northeast-1' },
  { partition: 'aws-us-gov', region: 'us-gov-west-1', second: 'us-gov-east-1' },
  { partition: 'aws-cn', region: 'cn-northwest-1', second: 'cn-north-1' },
];

describe('what is told at once', () => {
  it.each(PLACES.flatMap((place) => ['production', LONGEST].map((name) => ({ ...place, name }))))(
    'is asked for in as many characters as EventBridge takes: environment $name in $region',
    ({ name, partition, region, second }) => {
      const environment = { ...PROD, name, partition, region, replica: { region: second } };
      const tooLong = toldEvents(environment).filter(({ pattern }) => JSON.stringify(pattern).length > MAX_PATTERN);
      expect(tooLong.map((each) => [each.name, JSON.stringify(each.pattern).length])).toEqual([]);
    },
  );
});
