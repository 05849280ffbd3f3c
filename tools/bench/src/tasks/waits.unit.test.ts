import { describe, expect, test } from 'vitest';
import { longestWait, type Turn } from './waits.ts';

/** One taker, a turn each ms. */
const inTurn = (tenants: string): Turn[] => Array.from(tenants, (tenant, place) => ({ tenant, askedAt: place, givenAt: place + 0.5 }));

describe('the longest wait of a tenant', () => {
  test.each([
    ['abcabc', 2],
    ['abcbca', 4],
    // Until its first turn, and after its last.
    ['bbba', 3],
    ['abbbb', 4],
    ['aaa', 0],
    ['', 0],
  ])('of the turns %s is %d', (tenants, longest) => {
    expect(longestWait(inTurn(tenants))).toBe(longest);
  });

  test('counts no turn that was under way when its last one was given or its next one was asked for', () => {
    const [first, next] = [
      { tenant: 'a', askedAt: 0, givenAt: 10 },
      { tenant: 'a', askedAt: 30, givenAt: 60 },
    ];
    const begunBefore = { tenant: 'b', askedAt: 5, givenAt: 15 };
    const wholly = { tenant: 'c', askedAt: 12, givenAt: 20 };
    const endedAfter = { tenant: 'd', askedAt: 25, givenAt: 40 };
    expect(longestWait([first, begunBefore, wholly, endedAfter, next].map((turn) => ({ ...turn, tenant: turn.tenant === 'a' ? 'a' : 'others' })))).toBe(1);
    expect(longestWait([next, wholly, first])).toBe(1);
  });
});
