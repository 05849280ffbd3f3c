import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, truncateSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Folder, openFolder } from '../adopt.fixture.ts';
import { rowsOfFile } from './files.ts';
import type { Role } from './mapping.ts';
import type { Rows } from './rows.ts';

let folder: Folder;
beforeAll(() => void (folder = openFolder()));
afterAll(() => folder.remove());

const roles = new Map<Role, { in: 'row'; column: string }>([
  ['endpoint.id', { in: 'row', column: 'ID' }],
  ['credentials.password', { in: 'row', column: '__proto__' }],
]);
async function read(form: 'csv' | 'jsonl', text: string | Buffer, mode = 0o600): Promise<unknown[]> {
  const path = folder.file(`rows-${Math.random()}.${form}`, text as string, mode);
  const rows = await rowsOfFile({ form, path, roles });
  const all = await allOf(rows).finally(() => rows.close());
  expect(all).toHaveLength(rows.total);
  return all;
}
async function allOf(rows: Rows): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const page of rows.pages()) for (const { number, cells } of page) all.push([number, ...cells.reveal().values()]);
  return all;
}

test.each([
  [
    'csv',
    'ID,x,__proto__\n1,y,"a,""b"""\r\n\n2,,\n',
    [
      [2, '1', 'a,"b"'],
      [4, '2', null],
    ],
  ],
  ['csv', '\uFEFF__proto__,ID\n"line\nbreak", 9007199254740993\n', [[3, ' 9007199254740993', 'line\nbreak']]],
  ['csv', 'ID,__proto__\n', []],
  [
    'jsonl',
    '{"ID":1,"__proto__":"p"}\n\n{"__proto__":null,"ID":"A"}',
    [
      [1, '1', 'p'],
      [3, 'A', null],
    ],
  ],
  ['jsonl', '\uFEFF{"ID":9007199254740993,"__proto__":{"n":12345678901234567890.10}}\r\n', [[1, '9007199254740993', '{"n":12345678901234567890.10}']]],
  ['jsonl', '{}\n', [[1, null, null]]],
] as const)('%s %j is read by line', async (form, text, rows) => expect(await read(form, text)).toEqual(rows));

test('a long file is read to its end, whatever falls on the edge of a piece', async () => {
  const lines = Array.from({ length: 3_000 }, (_, n) => [String(n), `pä🔑ss${'x'.repeat(n % 97)}`] as const);
  const csv = await read('csv', `ID,__proto__\n${lines.map(([id, password]) => `${id},${password}`).join('\n')}`);
  const jsonl = await read('jsonl', lines.map(([id, password]) => `{"ID":${id},"__proto__":"${password}"}`).join('\n'));
  expect(csv.map((row) => (row as unknown[]).slice(1))).toEqual(lines);
  expect(jsonl.map((row) => (row as unknown[]).slice(1))).toEqual(lines);
});

describe('a broken file is refused before its first row is given, by its line and without a value', () => {
  test.each([
    ['csv', '', /is empty/],
    ['csv', 'ID\n1', /has no column __proto__/],
    ['csv', 'ID,__proto__,ID\n1,2,3', /column ID twice/],
    ['csv', 'ID,__proto__\n1,hunter2,3\n', /3 fields in the row that ends on line 2/],
    ['csv', 'ID,__proto__\n1,"hunter2\n', /no CSV at line/],
    ['csv', 'ID,__proto__\n1,"hunter2"x\n', /no CSV at line/],
    ['csv', Buffer.from('ID,__proto__\n1,hunter2\xff\n', 'latin1'), /not UTF-8/],
    ['jsonl', '{"ID":1}\nhunter2\n', /no JSON object on line 2/],
    ['jsonl', '[1]', /no JSON object on line 1/],
    ['jsonl', `{"ID":"${'x'.repeat(1_200_000)}`, /a line of more than/],
  ] as const)('%s %#', async (form, text, said) => {
    const failed = await read(form, text as string).catch((error: unknown) => error as Error & { code: string });
    expect(failed).toMatchObject({ code: 'input_invalid', message: expect.stringMatching(said) as string });
    expect(String((failed as Error).stack) + JSON.stringify(failed)).not.toContain('hunter2');
  });

  test('and so is one that others can read, and one that is not there', async () => {
    for (const mode of [0o640, 0o604, 0o644]) await expect(read('csv', 'ID,__proto__\n', mode)).rejects.toThrow(/chmod 600/);
    await expect(rowsOfFile({ form: 'jsonl', path: `${import.meta.dirname}/none`, roles })).rejects.toThrow(/ENOENT/);
    const elsewhere = new Map<Role, { in: 'firm'; column: string }>([['firm.name', { in: 'firm', column: 'NAME' }]]);
    await expect(rowsOfFile({ form: 'csv', path: folder.file('a.csv', ''), roles: elsewhere })).rejects.toThrow(/looks NAME up in another/);
  });
});

describe.each([
  ['csv', 'ID,__proto__\n1,Long-Enough-1\n'],
  ['jsonl', '{"ID":1,"__proto__":"Long-Enough-1"}\n'],
] as const)('of a file that was checked, %s', (form, text) => {
  test('the rows that were checked are given, also where another has come in its place', async () => {
    const path = folder.file(`checked.${form}`, text);
    const rows = await rowsOfFile({ form, path, roles });
    renameSync(folder.file(`other.${form}`, text.replace('Long-Enough-1', 'Another-1')), path);
    expect(await allOf(rows).finally(() => rows.close())).toEqual([[expect.any(Number), '1', 'Long-Enough-1']]);
  });

  test('none is given that was written to meanwhile: half a password would be one', async () => {
    const path = folder.file(`cut.${form}`, text);
    const rows = await rowsOfFile({ form, path, roles });
    truncateSync(path, text.length - 6);
    await expect(allOf(rows).finally(() => rows.close())).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringMatching(/written to/) as string,
    });
  });

  test('what cannot be read twice is refused', async () => {
    const path = `${folder.file(`beside.${form}`, '')}-folder`;
    mkdirSync(path, { mode: 0o700 });
    await expect(rowsOfFile({ form, path, roles })).rejects.toThrow(/no regular file/);
    execFileSync('mkfifo', ['-m', '600', `${path}-pipe`]);
    await expect(rowsOfFile({ form, path: `${path}-pipe`, roles })).rejects.toThrow(/no regular file/);
  });
});
