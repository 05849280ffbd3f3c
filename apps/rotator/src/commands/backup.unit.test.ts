import { expect, test } from 'vitest';
import { maySayWhole } from './backup.ts';

test.each([
  ['each was read', [{ logins: 2, missing: [] }], true],
  ['one secret of an organization was not', [{ logins: 2, missing: ['a'] }], true],
  [
    'an organization has no login',
    [
      { logins: 2, missing: [] },
      { logins: 0, missing: [] },
    ],
    true,
  ],
  [
    'nothing of an organization was read',
    [
      { logins: 2, missing: [] },
      { logins: 0, missing: ['a', 'b'] },
    ],
    false,
  ],
] as const)('a backup of which %s counts as one of all: %s', (_, written, isWhole) => {
  expect(maySayWhole(written)).toBe(isWhole);
});
