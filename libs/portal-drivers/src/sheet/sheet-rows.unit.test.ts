import { describe, expect, it } from 'vitest';
import { taskSchema } from '../recipe/task.ts';
import { readCsv } from './csv.ts';
import { sheetRecords } from './sheet-rows.ts';
import { book, type WrittenBook } from './workbook.fixture.ts';
import { readXlsx } from './xlsx.ts';

const COLUMNS = {
  claim: { header: 'Claim' },
  paid: { header: 'Paid', type: 'money', may_be_empty: true },
  on: { header: 'On', type: 'date', format: 'MM/DD/YYYY' },
};

const recipe = (format: 'csv' | 'xlsx', more: object = {}) => {
  const outcomes = [
    { when: { text: 'a' }, is: 'found' },
    { when: { text: 'b' }, is: 'nothing_found' },
  ];
  const { sheet } = taskSchema.parse({ steps: [{ open: '/' }], outcomes, sheet: { press: { text: 'Export' }, format, columns: COLUMNS, ...more } });
  if (!sheet) throw new Error('no sheet');
  return sheet;
};
const csv = (text: string, more: object = {}) =>
  sheetRecords(readCsv(Buffer.from(text), { separator: ',', maxRows: 50 }), recipe('csv', more)).map(({ values }) => values);
const xlsx = (written: WrittenBook) => sheetRecords(readXlsx(book(written), { maxRows: 50 }), recipe('xlsx')).map(({ values }) => values);

describe('rows of CSV', () => {
  it('are read by their headings, with the types of their columns; empty lines at the end are none', () => {
    expect(csv('On,Claim,More,Paid\n01/31/2031,C-1,x,"$1,234.50"\n02/01/2031,C-2,,\n\n')).toEqual(
      [
        { claim: 'C-1', paid: '1234.50', on: '2031-01-31' },
        { claim: 'C-2', paid: null, on: '2031-02-01' },
      ].map((row) => expect.objectContaining(row)),
    );
  });

  it('begin below the row that the recipe names', () => {
    expect(csv('Report of today\n\nClaim,Paid,On\nC-1,1,01/31/2031\n', { heading_row: 3 })).toHaveLength(1);
  });

  it('are none where there are only headings', () => {
    expect(csv('Claim,Paid,On\n')).toEqual([]);
  });

  it.each([
    ['a heading that is not there', 'Claim,Amount,On\n', 'has no heading of the column "paid"'],
    ['a heading that is there twice', 'Claim,Paid,On,Paid\n', 'has several columns with the heading of "paid"'],
    ['a row with a cell too few', 'Claim,Paid,On\nC-1,01/31/2031\n', 'Row 2 of the file of results has 2 cells, and there are 3 headings'],
    ['an empty row among others', 'Claim,Paid,On\n\nC-1,1,01/31/2031\n', 'Row 2 of the file of results is empty, and there are rows below it'],
    ['a row of sums', 'Claim,Paid,On\nC-1,1,01/31/2031\nTotal,1,\n', 'Row 3 of the file of results has a "on" that is no date'],
    ['a formula', 'Claim,Paid,On\nC-1,=1+1,01/31/2031\n', 'Row 2 of the file of results has no "paid" that can be read: the cell is a formula'],
    ['no row of headings', '', 'has no row 1, where its headings should be'],
  ])('are no result with %s', (_what, text, words) => {
    expect(() => csv(text)).toThrow(expect.objectContaining({ code: 'portal_unexpected', message: expect.stringContaining(words) }));
  });
});

describe('rows of a workbook', () => {
  const HEADINGS = ['Claim', 'Paid', 'On'];
  it('are read as a person sees them', () => {
    expect(
      xlsx({
        rows: [HEADINGS, ['C-1', { number: 1234.5, style: 1 }, { number: 45678, style: 2 }], [{ number: 4711 }, '(12.00)', '01/31/2031']],
        formats: [0, '"$"#,##0.00', 'm/d/yyyy'],
      }),
    ).toEqual([
      { claim: 'C-1', paid: '1234.5', on: '2025-01-21' },
      { claim: '4711', paid: '-12.00', on: '2031-01-31' },
    ]);
  });

  it.each([
    ['a number that is shown with zeros before it, read as words', [{ number: 42, style: 1 }, '1', '01/31/2031'], 'has a "claim" that is no text'],
    ['a number with more digits than are shown', [{ number: 123_456_789_012 }, '1', '01/31/2031'], 'has a "claim" that is no text'],
    ['a number where a day should be', ['C-1', '1', { number: 45678 }], 'has a "on" that is no date'],
    ['a day where an amount should be', ['C-1', { number: 45678, style: 2 }, '01/31/2031'], 'has a "paid" that is no money'],
    ['a cell beside the headings', ['C-1', '1', '01/31/2031', 'more'], 'has cells beside the headings'],
  ])('are no result with %s', (_what, row, words) => {
    expect(() => xlsx({ rows: [HEADINGS, row], formats: [0, '000000', 14] })).toThrow(expect.objectContaining({ message: expect.stringContaining(words) }));
  });
});
