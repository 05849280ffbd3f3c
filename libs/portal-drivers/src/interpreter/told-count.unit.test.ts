import { describe, expect, it } from 'vitest';
import { countIn, mismatch } from './told-count.ts';

describe('what a page says of its rows', () => {
  it.each([
    ['Showing 1 to 50 of 120 entries', '{from} to {to} of {total}', { from: 1, to: 50, total: 120 }],
    ['1 – 50 / 1,204', '{from} – {to} / {total}', { from: 1, to: 50, total: 1204 }],
    ['1.204 Treffer', '{total} Treffer', { total: 1204 }],
    ['Results (12)', '({total})', { total: 12 }],
    ['Page 1 of 3, 120 claims', '{total} claims', { total: 120 }],
    ['a.*b 5', 'a.*b {total}', { total: 5 }],
  ])('%j as %j', (words, format, told) => {
    expect(countIn(words, format)).toEqual(told);
  });

  it.each([
    ['no claims', '{total} claims'],
    ['5 claims and 6 claims', '{total} claims'],
    ['12 345claims', '{total} claims'],
    ['1,20 claims', '{total} claims'],
    ['', '{total}'],
    [`${'x'.repeat(600)} 5 claims`, '{total} claims'],
  ])('%j has none as %j', (words, format) => {
    expect(countIn(words, format)).toBeNull();
  });
});

it.each([
  [{ total: 3 }, { before: 0, now: 3, last: true }, null],
  [{ total: 3 }, { before: 2, now: 1, last: true }, null],
  [{ total: 3 }, { before: 0, now: 2, last: false }, null],
  [{ total: 3 }, { before: 0, now: 2, last: true }, 'there are 3 rows, and 2'],
  [{ total: 3 }, { before: 2, now: 2, last: false }, 'there are 3 rows, and 4'],
  [{ from: 3, to: 4, total: 9 }, { before: 0, now: 2, last: false }, 'begin with number 3'],
  [{ from: 1, to: 4, total: 9 }, { before: 0, now: 2, last: false }, 'end with number 4'],
])('%j and %j: %s', (told, read, words) => {
  const found = mismatch(told, read);
  expect(words === null ? found : found?.includes(words)).toBe(words === null ? null : true);
});
