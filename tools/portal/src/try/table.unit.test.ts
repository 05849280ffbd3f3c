import { describe, expect, it } from 'vitest';
import { tableLines } from './table.ts';

describe('the table that was read', () => {
  it('stands under its headings, as wide as its widest cell', () => {
    const rows = [
      { claim: 'C-1', paid: '1234.50', note: null },
      { claim: 'C-20001', paid: '7.00', note: '' },
    ];
    expect(tableLines(rows, 10)).toEqual(['  claim    paid     note', '  C-1      1234.50  (empty)', '  C-20001  7.00']);
  });

  it('says how many rows are not shown', () => {
    const rows = Array.from({ length: 12 }, (_, index) => ({ no: index }));
    expect(tableLines(rows, 10)).toHaveLength(12);
    expect(tableLines(rows, 10).at(-1)).toBe('  … and 2 more (--json prints all)');
    expect(tableLines(rows, 12).at(-1)).toBe('  11');
  });

  it('keeps a row to a line, whatever a cell holds', () => {
    expect(tableLines([{ a: 'one\n\u001b[31mtwo' }], 10)[1]).toBe('  one [31mtwo');
    expect(tableLines([{ a: 'x'.repeat(500) }], 10)[1]).toBe(`  ${'x'.repeat(39)}…`);
    expect(tableLines([{ amount: { amount: '1.00', currency: 'USD' } }], 10)[1]).toBe('  {"amount":"1.00","currency":"USD"}');
  });

  it('is none where there are no rows', () => {
    expect(tableLines([], 10)).toEqual([]);
  });
});
