import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvEncoding, readCsv } from './csv.ts';

const read = (text: string | Uint8Array, options: { readonly encoding?: CsvEncoding; readonly separator?: string; readonly maxRows?: number } = {}) =>
  readCsv(typeof text === 'string' ? Buffer.from(text) : text, {
    encoding: options.encoding,
    separator: options.separator ?? ',',
    maxRows: options.maxRows ?? 100,
  });
const texts = (...parameters: Parameters<typeof read>) =>
  read(...parameters).map(({ cells }) => cells.map((cell) => (cell.kind === 'text' ? cell.text : cell.kind)));

describe('readCsv', () => {
  it.each([
    [
      'plain cells',
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'no newline at the end, and Windows newlines',
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['quotes, separators and newlines in quotes', '"a,b","say ""yes""","two\nlines"\n', [['a,b', 'say "yes"', 'two\nlines']]],
    [
      'empty cells',
      ',\n"",""\n',
      [
        ['', ''],
        ['', ''],
      ],
    ],
    ['digits that are kept as words', '="00123","=""00456"""\n', [['00123', '00456']]],
    ['signs that are no formula', '-12.50,+1,@home\n', [['-12.50', '+1', '@home']]],
    ['formulas', '=A1+B1,"=SUM(A1:A3)",@SUM(A1),-cmd(1),ok\n', [['unknown', 'unknown', 'unknown', 'unknown', 'ok']]],
  ])('reads %s', (_what, text, rows) => {
    expect(texts(text)).toEqual(rows);
  });

  it.each([
    ['a quote that is never closed', 'a,"b\nc,d\n', 'Row 1 of the file of results has a quote that is never closed'],
    ['a file that was cut inside of quotes', 'a,b\n"c', 'Row 2 of the file of results has a quote that is never closed'],
    ['a quote in the middle of a cell', 'a,b"c\n', 'has a quote in the middle of a cell'],
    ['words behind a closing quote', '"a"b,c\n', 'has words behind a closing quote'],
    ['more rows than are allowed', 'a\nb\nc\n', 'has more than 2 rows', { maxRows: 2 }],
    ['letters that are no UTF-8', Buffer.from([0x4d, 0xfc, 0x6c]), 'is no utf-8: say in which encoding'],
    ['UTF-16 without its mark', Buffer.from('a,b\n', 'utf16le'), 'holds letters that no table has'],
    ['a file that is none', Buffer.from([0x25, 0x50, 0x44, 0x46, 0x00, 0x01]), 'holds letters that no table has'],
    [
      'a mark of another encoding than the recipe says',
      Buffer.from([0xef, 0xbb, 0xbf, 0x61]),
      'begins with the mark of utf-8',
      { encoding: 'windows-1252' as const },
    ],
    ['rows without an end', `${','.repeat(600)}\n`, 'has more than 500 cells'],
  ])('refuses %s', (_what, text, words, options: Parameters<typeof read>[1] = {}) => {
    expect(() => read(text, options)).toThrow(expect.objectContaining({ code: 'portal_unexpected', message: expect.stringContaining(words) }));
  });

  it.each([
    ['utf-8', Buffer.from('\ufeffMüller,5\n')],
    ['utf-16, little first', Buffer.from('\ufeffMüller,5\n', 'utf16le')],
    ['utf-16, big first', Buffer.from('\ufeffMüller,5\n', 'utf16le').swap16()],
  ])('knows %s by its mark', (_which, bytes) => {
    expect(texts(bytes)).toEqual([['Müller', '5']]);
  });

  it('reads another encoding where the recipe says it, and another separator', () => {
    expect(texts(Buffer.from([0x4d, 0xfc, 0x6c, 0x3b, 0x80]), { encoding: 'windows-1252', separator: ';' })).toEqual([['Mül', '€']]);
  });

  it('gives back what was written, whatever it is', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ';', ' ', 'ä'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (rows) => {
        const written = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')).join('\r\n');
        expect(texts(written)).toEqual(rows);
      }),
      { numRuns: 500 },
    );
  });

  it('is done with a large file, and with one that is all quotes', () => {
    expect(read(`${'x'.repeat(100)},${'y'.repeat(100)}\n`.repeat(20_000), { maxRows: 30_000 })).toHaveLength(20_000);
    expect(read(`"${'""'.repeat(1_000_000)}"\n`)).toHaveLength(1);
  });
});
