import { describe, expect, it } from 'vitest';
import { type Extent, isWhole } from './extent.ts';

const numbers = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);
/** A table of so many rows below one heading that has no number. */
const rows = (count: number, more: Partial<Extent> = {}): Extent => ({ declared: 0, rows: count, numbers: [], otherNumbers: [], unnumbered: 1, ...more });
const numbered = (first: number, last: number, more: Partial<Extent> = {}): Extent =>
  rows(last - first + 1, { numbers: numbers(first, last), otherNumbers: [1], unnumbered: 0, ...more });

describe('whether a table is whole', () => {
  it.each<[string, Extent[]]>([
    ['it says nothing', [rows(3)]],
    ['it says as many rows as it has', [rows(20, { declared: 20 })]],
    ['it counts its heading too', [rows(20, { declared: 21 })]],
    ['it numbers its heading', [numbered(2, 21, { declared: 21 })]],
    ['it numbers its rows from 1, and not its heading', [numbered(1, 20, { declared: 20, otherNumbers: [], unnumbered: 1 })]],
    ['it numbers its rows from 2, and has a heading without a number', [numbered(2, 21, { declared: 21, otherNumbers: [], unnumbered: 1 })]],
    ['its sums stand between the rows', [numbered(2, 21, { numbers: [2, 3, 5, 6], otherNumbers: [1, 4, 7], declared: 7 })]],
    ['it does not know how many there will be', [numbered(2, 21)]],
    ['its pages say the rows of all pages', [rows(20, { declared: 50 }), rows(20, { declared: 50 }), rows(10, { declared: 50 })]],
    ['its pages say their own rows', [rows(20, { declared: 21 }), rows(10, { declared: 11 })]],
    ['its pages number on', [numbered(2, 21, { declared: 31 }), numbered(22, 31, { declared: 31 })]],
    ['its pages number anew', [numbered(2, 21, { declared: 21 }), numbered(2, 11, { declared: 11 })]],
  ])('yes where %s', (_why, pages) => {
    expect(isWhole(pages)).toBe(true);
  });

  it.each<[string, Extent[]]>([
    ['it says more rows than it has', [rows(20, { declared: 200 })]],
    ['it says one row more than it has, and its heading has a number', [numbered(2, 21, { declared: 22 })]],
    ['it shows its end only', [numbered(182, 201)]],
    ['its last row is a sum that always shows', [numbered(2, 21, { declared: 201, otherNumbers: [1, 201] })]],
    ['there is a gap between its rows, and its heading has no number', [rows(4, { numbers: [1, 2, 4, 5] })]],
    ['its pages say more rows than all of them have', [rows(20, { declared: 50 }), rows(20, { declared: 50 })]],
    ['its pages show a part of their own rows each', [rows(20, { declared: 50 }), rows(20, { declared: 50 }), rows(20, { declared: 50 })]],
    ['its pages number on with a gap', [numbered(2, 21), numbered(32, 41)]],
    ['its pages number anew, and one is a part', [numbered(2, 21, { declared: 51 }), numbered(2, 11, { declared: 11 })]],
  ])('no where %s', (_why, pages) => {
    expect(isWhole(pages)).toBe(false);
  });
});
