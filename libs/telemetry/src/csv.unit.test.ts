import { expect, test } from 'vitest';
import { csv } from './csv.ts';

test.each([
  ['a', '"a"'],
  ['a "b", c', '"a ""b"", c"'],
  ['a\nb', '"a\nb"'],
  ['', '""'],
  ['=1+1', `"'=1+1"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
])('%j is %s', (text, expected) => expect(csv([[text, 'x']])).toBe(`${expected},"x"\r\n`));
