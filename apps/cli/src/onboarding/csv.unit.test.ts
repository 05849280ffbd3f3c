import { describe, expect, test } from 'vitest';
import { readCsv } from './csv.ts';

const KNOWN = new Set(['a', 'b', 'c']);
const read = (text: string) => readCsv(text, KNOWN, ['a', 'b']);

test.each([
  ['a,b\n1,2\n', [{ a: '1', b: '2' }]],
  [
    '\uFEFFA, b\r\n1,2\r\n\r\n3,4',
    [
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ],
  ],
  ['b,a,c\n"x,""y""","line\nbreak",\n', [{ b: 'x,"y"', a: 'line\nbreak', c: '' }]],
  ['a,b\n', []],
  ['a,b\n" kept ", kept \n', [{ a: ' kept ', b: ' kept ' }]],
])('%j is read', (text, rows) => expect(read(text)).toEqual(rows));

describe('what is no CSV of ours', () => {
  test.each([
    ['', /has no a, b/],
    ['a\n1\n', /has no b/],
    ['a,b,d\n', /none of a, b, c/],
    ['a,b,a\n', /a name twice/],
    ['a,b\nhunter2\n', /line 2 has 1 fields/],
    ['a,b\n1,2,hunter2\n', /line 2 has 3 fields/],
    ['a,b\n1,"hunter2\n', /line 2 opens is never closed/],
    ['a,b\n1,hun"ter2\n', /line 2 has a quote/],
    ['a,b\n\n"x"hunter2,1\n', /line 3 has a quote/],
    ['a,b\n"1\n2","""\n"\nhun"ter2,3\n', /line 5 has a quote/],
    ['a,b\n1,"""hunter2""\n', /line 2 opens is never closed/],
  ])('%j is refused by its line, and no value is said', (text, said) => {
    expect(() => read(text)).toThrow(said);
    expect(() => read(text)).not.toThrow(/hunter2/);
  });
});
