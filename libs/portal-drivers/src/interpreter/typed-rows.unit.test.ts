import { describe, expect, it } from 'vitest';
import type { ColumnRecipe } from '../recipe/task.ts';
import type { PageRows } from './page-rows.ts';
import type { SeenWords } from './seen-words.ts';
import { typedRows } from './typed-rows.ts';

const COLUMNS: Readonly<Record<string, ColumnRecipe>> = {
  claim: { header: 'Claim' },
  paid: { header: 'Paid', type: 'money' },
};

const seen = (text: string, pieces = 1): SeenWords => ({ text, pieces });
const ROW = { claim: seen('A1'), paid: seen('$1,200.50') };

/** A page of plain rows, but for what a test says of it. */
const pageOf = (rows: PageRows['raw'], other: Partial<PageRows> = {}): PageRows => ({
  raw: rows,
  spanned: rows.map(() => false),
  uneven: rows.map(() => false),
  isHeading: rows.map(() => false),
  isInside: rows.map(() => false),
  spannedHeadings: [],
  repeatedHeadings: [],
  extent: { declared: 0, rows: rows.length, numbers: [], otherNumbers: [], unnumbered: 0 },
  tops: rows.map(() => 0),
  final: true,
  ...other,
});

describe('typedRows', () => {
  it('gives each value of its column’s type, and the words that stand there', () => {
    expect(typedRows(pageOf([ROW, { claim: seen('A2'), paid: seen('(8.00)') }]), COLUMNS)).toEqual({
      rows: [
        { values: { claim: 'A1', paid: '1200.50' }, words: { claim: 'A1', paid: '$1,200.50' } },
        { values: { claim: 'A2', paid: '-8.00' }, words: { claim: 'A2', paid: '(8.00)' } },
      ],
    });
  });

  it('gives null where a column may be empty and has no cell, or one without words', () => {
    const columns = { ...COLUMNS, paid: { ...COLUMNS.paid, may_be_empty: true } };
    expect(typedRows(pageOf([{ ...ROW, paid: null }]), columns)).toEqual({
      rows: [{ values: { claim: 'A1', paid: null }, words: { claim: 'A1', paid: null } }],
    });
    expect(typedRows(pageOf([{ ...ROW, paid: seen('') }]), columns)).toEqual({
      rows: [{ values: { claim: 'A1', paid: null }, words: { claim: 'A1', paid: '' } }],
    });
  });

  it.each([
    ['a heading that spans', { spannedHeadings: ['paid'] }, 'The heading of "paid" in the table of results, or one before it, spans several columns'],
    ['a heading twice', { repeatedHeadings: ['paid'] }, 'The table of results has several columns with the heading of "paid"'],
    ['a row in a row', { isInside: [false, true] }, 'Row 2 of the table of results lies inside of another row'],
    ['a row of headings', { isHeading: [false, true] }, 'Row 2 of the table of results is one of headings'],
    ['a cell that spans', { spanned: [false, true] }, 'In row 2 of the table of results a cell spans several: find "claim" by css.'],
    ['a row with other cells than the headings', { uneven: [false, true] }, 'The cells of row 2 of the table of results are not those of the headings'],
  ])('says what is wrong with %s', (_what, other, problem) => {
    expect(typedRows(pageOf([ROW, ROW], other), COLUMNS)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it.each([
    [
      'no column "paid"',
      [
        { ...ROW, paid: null },
        { ...ROW, paid: null },
      ],
    ],
    ['In row 2 of the table of results there is no "paid"', [ROW, { ...ROW, paid: null }]],
    ['In row 2 of the table of results, "paid" is no one money: it stands in several pieces', [ROW, { ...ROW, paid: seen('12 50', 2) }]],
    ['In row 2 of the table of results, "paid" is no money as the recipe describes it', [ROW, { ...ROW, paid: seen('pending') }]],
    ['In row 2 of the table of results, "paid" is no money as the recipe describes it', [ROW, { ...ROW, paid: seen('') }]],
  ])('says that a cell is not what the recipe says: %s', (problem, rows) => {
    expect(typedRows(pageOf(rows), COLUMNS)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('counts no cells for a column that is found by css, and no headings for one that has none', () => {
    const one = (column: ColumnRecipe) => typedRows(pageOf([{ claim: seen('A1') }], { spanned: [true], uneven: [true] }), { claim: column });
    expect(one({ css: '.claim' })).toHaveProperty('rows');
    expect(one({ cell: 1 })).toHaveProperty('problem', expect.stringContaining('a cell spans several'));
    expect(typedRows(pageOf([{ claim: seen('A1') }], { uneven: [true] }), { claim: { cell: 1 } })).toHaveProperty('rows');
  });
});
