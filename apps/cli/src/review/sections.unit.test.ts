import { expect, test } from 'vitest';
import type { AccessReview } from './access.ts';
import { sectionsOf } from './sections.ts';

const none = { rows: [], hasMore: false };
const QUARTER: AccessReview['quarter'] = { name: '2026-Q4', from: new Date('2026-10-01T00:00:00Z'), until: new Date('2027-01-01T00:00:00Z') };
const listsOf = (more: Partial<Pick<AccessReview, 'breakGlass' | 'logins'>>) =>
  sectionsOf({
    organization: { id: 'north', name: 'North' },
    quarter: QUARTER,
    did: none,
    acts: none,
    breakGlass: none,
    logins: { overdue: none, neverUsed: none, shared: none, failing: none },
    ...more,
  });

test.each([
  ['left', 'may have been read'],
  ['done', 'read'],
  ['outdated', 'over, not read'],
  ['under way', 'being read'],
] as const)('a request that is %s reads in the review as it does where it is listed: %s', (state, words) => {
  const asked = { state, askedAt: QUARTER.from, endpointId: 'north-1', actor: 'person:os:jane@desk', reason: 'x', decidedBy: null, decisionReason: null };
  const lists = listsOf({ breakGlass: { rows: [asked as never], hasMore: false } });
  expect(lists.find(({ title }) => title === 'Break-glass')?.rows[0]?.at(-1)).toBe(words);
});

test('where more are overdue than are shown, the command that shows the rest asks for what is due within a day, as what was put off is', () => {
  const lists = listsOf({ logins: { overdue: { rows: [], hasMore: true }, neverUsed: none, shared: none, failing: none } });
  expect(lists.find(({ title }) => title === 'Overdue')?.more).toBe('rcm logins --org north --due 1d');
});
