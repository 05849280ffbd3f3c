import { quickStartOf } from '@rcm/test-services';
import { expect, test } from 'vitest';

test('the example in the README says how many there are, when, and why some wait', async () => {
  const { example } = (await quickStartOf(`${import.meta.dirname}/..`)) as { example: (now: Date) => string[] };
  expect(example(new Date())).toEqual([
    'about 98,969 logins, the next rotation in 3 d',
    'waits: its portal type is paused: a new page since Monday',
    'waits: the first of the day goes ahead alone',
  ]);
});
