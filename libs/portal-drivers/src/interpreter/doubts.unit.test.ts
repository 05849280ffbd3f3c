import { describe, expect, it } from 'vitest';
import { tellsMore } from './doubts.ts';

describe('a page tells of more rows than were read', () => {
  it.each([
    ['Showing 1 to 50 of 120 entries', 50],
    ['1–50 of 1,204', 50],
    ['Page 1 of 3', 50],
    ['51 to 100 of 120', 50],
    ['3 of 4 claims. 1-20 of 400', 20],
  ])('%j, and %d were', (words, read) => {
    expect(tellsMore(words, read)).toBe(true);
  });

  it.each([
    ['Showing 1 to 120 of 120 entries', 120],
    ['Showing 101 to 120 of 120', 120],
    ['Showing 51 to 100 of 120', 120],
    ['Page 3 of 3', 5],
    ['1 of 3 tries used', 50],
    ['a part of 100', 50],
    ['', 1],
  ])('not by %j, and %d were', (words, read) => {
    expect(tellsMore(words, read)).toBe(false);
  });
});
