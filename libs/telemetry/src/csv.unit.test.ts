import { expect, test } from 'vitest';
import { csv } from './csv.ts';

test.each([
  ['a', '"a"'],
  ['a "b", c', '"a ""b"", c"'],
  ['', '""'],
  ['=1+1', `"'=1+1"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['  =1', `"'  =1"`],
  ['＝1', `"'＝1"`],
  // Where a spreadsheet of another country takes a semicolon for the end of a cell, what follows begins one.
  ['a;=1;b', `"a;'=1;b"`],
  ['a; +1', `"a;' +1"`],
  ['a;b-1', '"a;b-1"'],
  // What steers a terminal or turns a line round, and what is a line of its own where quotes are not those of a cell.
  ['\t=1', '"·=1"'],
  ['a\nb', '"a·b"'],
  ['a\r\n=1', '"a··=1"'],
  ['\u001b]0;x\u0007\u009b2J\u007f', '"·]0;x··2J·"'],
  ['a\u202eb\u2066c\u200ed\u2028e', '"a·b·c·d·e"'],
])('%j is %s', (text, expected) => expect(csv([[text, 'x']])).toBe(`${expected},"x"\r\n`));
