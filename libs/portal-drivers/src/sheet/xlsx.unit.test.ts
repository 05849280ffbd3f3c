import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zip } from '../secrets/zip.fixture.ts';
import { decimalOf } from './number-format.ts';
import { book, bookParts, type WrittenBook } from './workbook.fixture.ts';
import { readXlsx } from './xlsx.ts';

const read = (written: WrittenBook, tab?: string) => readXlsx(book(written), { tab, maxRows: 50 });
const cells = (written: WrittenBook) => read(written).map((row) => row.cells);
const first = (written: WrittenBook) => cells(written)[0]?.[0];
const refused = (words: string) => expect.objectContaining({ code: 'portal_unexpected', message: expect.stringContaining(words) });

describe('readXlsx', () => {
  it('reads words, numbers and days, also where cells are left out', () => {
    const rich = '<c t="inlineStr"><is><r><t>two </t></r><r><t>parts</t></r><rPh><t>not</t></rPh></is></c>';
    expect(
      cells({
        rows: [
          ['Claim & <more>', { number: 12, style: 0 }, { number: 45678.5, style: 1 }, { xml: rich }],
          [{ xml: '<c t="b"><v>1</v></c>' }, { number: '1234.5', style: 2 }],
        ],
        formats: [0, 14, '#,##0.00'],
      }),
    ).toEqual([
      [
        { kind: 'text', text: 'Claim & <more>' },
        { kind: 'number', number: '12', shown: 'plain' },
        { kind: 'date', day: '2025-01-21' },
        { kind: 'text', text: 'two parts' },
      ],
      [
        { kind: 'text', text: 'TRUE' },
        { kind: 'number', number: '1234.5', shown: 'formatted' },
      ],
    ]);
    const gap = bookParts({ rows: [['a']] });
    const withGap = { ...gap, 'xl/worksheets/sheet1.xml': (gap['xl/worksheets/sheet1.xml'] ?? '').replace('r="A1"', 'r="C1"') };
    expect(readXlsx(zip(withGap), { maxRows: 5 })[0]?.cells.map((cell) => (cell.kind === 'text' ? cell.text : ''))).toEqual(['', '', 'a']);
  });

  it.each([
    ['0.30000000000000004', '0.3'],
    ['1.5E-3', '0.0015'],
    ['-1234.5', '-1234.5'],
    ['1E5', '100000'],
    ['0.1', '0.1'],
    ['123456789012345', '123456789012345'],
    ['2.5E-8', '0.000000025'],
    ['-0', '0'],
    ['15671.92', '15671.92'],
  ])('reads the number %s as %s, as far as it is shown', (kept, number) => {
    expect(first({ rows: [[{ number: kept }]] })).toEqual({ kind: 'number', number, shown: 'plain' });
  });

  it('reads every amount as it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (cents) => {
        const digits = String(Math.abs(cents)).padStart(3, '0');
        const text = `${digits.slice(0, -2)}.${digits.slice(-2)}`.replace(/\.?0+$/, '');
        const amount = cents < 0 ? `-${text}` : text;
        expect(decimalOf(String(cents / 100))).toBe(text === '0' ? '0' : amount);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['m/d/yyyy', '2025-01-21'],
    ['yyyy-mm-dd', '2025-01-21'],
    ['[$-409]mmmm d, yyyy;@', '2025-01-21'],
    ['dd\\-mmm\\-yy', '2025-01-21'],
  ])('reads a day that is shown as %s', (format, day) => {
    expect(first({ rows: [[{ number: 45678 }]], formats: [format] })).toEqual({ kind: 'date', day });
  });

  it('reads days of the calendar of 1904', () => {
    expect(first({ rows: [[{ number: 45678 }]], formats: [14], calendar: 1904 })).toEqual({ kind: 'date', day: '2029-01-22' });
  });

  it.each([
    ['a formula', { xml: '<c><f>A1+1</f><v>5</v></c>' }, 0],
    ['a formula of words', { xml: '<c t="str"><f>A1</f><v>x</v></c>' }, 0],
    ['an error', { xml: '<c t="e"><v>#N/A</v></c>' }, 0],
    ['a share, which is kept as a fraction', { number: 0.5 }, 9],
    ['a share of its own', { number: 0.5 }, '0.0%'],
    ['thousands', { number: 1_500_000 }, '#,##0,'],
    ['a fraction', { number: 0.5 }, '# ?/?'],
    ['a power of ten', { number: 12_345 }, '0.00E+00'],
    ['a number that is shown rounded', { number: 1.255 }, '#,##0.00'],
    ['a number that is shown as a whole one', { number: 1.5 }, 1],
    ['a number that is shown under a condition', { number: 5 }, '[>3]0;"-"'],
    ['a number that is not shown', { number: 5 }, ';;;'],
    ['a time', { number: 0.5 }, 'h:mm'],
    ['the day that never was', { number: 60 }, 14],
    ['a number too large', { number: '1E300' }, 0],
    ['words that are not there', { xml: '<c t="s"><v>99</v></c>' }, 0],
  ])('does not tell %s', (_what, cell, format) => {
    expect(first({ rows: [[cell]], formats: [format] })).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    ['a hidden row', { rows: [['a'], ['b']], rowAttributes: { 2: 'hidden="1"' } }, 'Row 2 of the file of results is hidden'],
    ['hidden columns', { rows: [['a']], before: '<cols><col min="1" max="1" hidden="true"/></cols>' }, 'hides columns'],
    ['merged cells', { rows: [['a']], after: '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>' }, 'has cells that are merged'],
    ['too many rows', { rows: Array.from({ length: 60 }, () => ['a']) }, 'has more than 50 rows'],
    ['several sheets', { rows: [['a']], sheets: [{ name: 'One' }, { name: 'Two' }] }, 'has several sheets: say which (tab)'],
    ['no sheet that is seen', { rows: [['a']], sheets: [{ name: 'One', state: 'veryHidden' }] }, 'has no sheet that is seen'],
  ])('refuses %s', (_what, written: WrittenBook, words) => {
    expect(() => read(written)).toThrow(refused(words));
  });

  it('reads the sheet that is named, or the only one that is seen', () => {
    const sheets = [{ name: 'Claims' }, { name: 'Notes', state: 'hidden' }];
    expect(read({ rows: [['a']], sheets })).toHaveLength(1);
    expect(read({ rows: [['a']], sheets: [{ name: 'Claims' }, { name: 'Other' }] }, 'Claims')).toHaveLength(1);
    expect(() => read({ rows: [['a']], sheets }, 'Notes')).toThrow(refused('has no sheet of the name'));
  });

  const parts = bookParts({ rows: [['a']] });
  it.each([
    ['that is no archive', Buffer.from('no archive'), 'is no workbook'],
    ['that needs a password', zip(parts, { flags: 1 }), 'needs a password'],
    ['that is packed in another way', zip(parts, { method: 12 }), 'is packed in a way that is not known here'],
    ['without its sheet', zip({ ...parts, 'xl/worksheets/sheet1.xml': '' }), 'is no XML'],
    ['whose sheet is cut', zip({ ...parts, 'xl/worksheets/sheet1.xml': parts['xl/worksheets/sheet1.xml']?.slice(0, -30) ?? '' }), 'is no XML'],
    [
      'that declares entities of its own',
      zip({ ...parts, 'xl/sharedStrings.xml': '<!DOCTYPE sst [<!ENTITY a "aaaa">]><sst><si><t>&a;</t></si></sst>' }),
      'declares a document type',
    ],
    [
      'that unpacks to far more than it is',
      zip({ ...parts, 'xl/worksheets/sheet1.xml': `<worksheet>${' '.repeat(70 * 1024 * 1024)}<sheetData/></worksheet>` }),
      'unpacks to more than 64 MB',
    ],
    [
      'whose rows are not in order',
      zip({ ...parts, 'xl/worksheets/sheet1.xml': '<worksheet><sheetData><row r="2"/><row r="2"/></sheetData></worksheet>' }),
      'rows are not in order',
    ],
    ['that is nested without an end', zip({ ...parts, 'xl/worksheets/sheet1.xml': '<a>'.repeat(100) + '</a>'.repeat(100) }), 'is no XML'],
  ])('refuses a file %s', (_what, bytes, words) => {
    expect(() => readXlsx(bytes, { maxRows: 50 })).toThrow(refused(words));
  });
});
