import { deflateSync, gzipSync } from 'node:zlib';
import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import type { TaskOutcome, TaskRow } from '../outcome.ts';
import { zip } from '../secrets/zip.fixture.ts';
import { withoutSecrets } from './kept-out.ts';

const PASSWORD = 'Tr0ub4dor-&-3wörd';
const SHORT = 'Ab3$x9';
const ACCOUNT = '0090473100';
const never = new AbortController().signal;

type Found = Extract<TaskOutcome, { kind: 'found' }>;
const check = (found: Partial<Found>, ...secrets: string[]): Promise<TaskOutcome> =>
  withoutSecrets(
    { kind: 'found', rows: [], ...found },
    (secrets.length === 0 ? [PASSWORD] : secrets).map((secret) => new Secret(secret)),
    never,
  );
const file = (bytes: Buffer | string, name = 'remittance') => ({ file: { name, contentType: 'application/octet-stream', bytes: Buffer.from(bytes) } });

/** Fills what comes before a secret, so that it lies over the border of two pieces at some length. */
const padded = (length: number, secret: string | Buffer): Buffer =>
  Buffer.concat([Buffer.alloc(length, 'CLM '), Buffer.from(secret), Buffer.alloc(9_000, 'paid ')]);

describe('a result is given without secrets only: what was held back', { timeout: 120_000 }, () => {
  const rows = (...held: TaskRow[]): { rows: TaskRow[] } => ({ rows: held });
  it.each<[string, Partial<Found>, string[]]>([
    ['a text', rows({ a: `is ${PASSWORD}` }), []],
    ['a number that is the secret', rows({ a: 'x', b: 90473100 }), [ACCOUNT]],
    ['a number in text that is the secret', rows({ a: '90473100.00' }), [ACCOUNT]],
    ['a negative number', { fields: { a: -90473100 } }, [ACCOUNT]],
    ['a number that JavaScript writes with an exponent', rows({ a: 123456789012345678901234 }), ['123456789012345678901234']],
    ['a short secret that is all of a value', rows({ a: ` ${SHORT} ` }), [SHORT]],
    ['a short secret in another writing', { fields: { a: 'AB3&#36;X9' } }, [SHORT]],
    ['a very short secret that is all of a value', rows({ a: 'no', b: 'k7' }), ['k7']],
    ['a short secret of digits that is a number', rows({ a: 47113 }), ['47113']],
    ['a secret over two cells', rows({ a: 'x', b: PASSWORD.slice(0, 7), c: PASSWORD.slice(7) }), []],
    ['a secret over two numbers', rows({ a: 9047, b: 3100 }), ['90473100']],
    ['a secret over the end of a row', rows({ a: 'x', b: PASSWORD.slice(0, 7) }, { a: PASSWORD.slice(7), b: 'y' }), []],
    ['a secret over a column, letter by letter', rows(...[...PASSWORD].map((letter, index) => ({ a: letter, b: `n${index}` }))), []],
    ['a secret over two fields', { fields: { a: PASSWORD.slice(0, 7), b: PASSWORD.slice(7) } }, []],
    ['a secret over a row and a field', { rows: [{ a: PASSWORD.slice(0, 7) }], fields: { b: PASSWORD.slice(7) } }, []],
    ['a secret over two cells with another between', rows({ a: PASSWORD.slice(0, 7), b: 'CLM-1001', c: PASSWORD.slice(7) }), []],
    ['a secret over two rows with another between', rows({ a: PASSWORD.slice(0, 7) }, { a: '12.00' }, { a: ` ${PASSWORD.slice(7).toUpperCase()} ` }), []],
    ['a secret over two numbers with another between', rows({ a: 9047, b: 12.5, c: 3100 }), ['90473100']],
    ['a short secret over two cells', rows({ a: 'Ab3', b: '$x9' }), [SHORT]],
    ['what a contract’s record was made of', { rows: [{ member_id: null, raw: { note: PASSWORD } }] }, []],
    ['a field of a contract’s record', { rows: [{ member_id: PASSWORD, raw: { note: 'x' } }] }, []],
    ['an amount of a contract’s record', { rows: [{ billed: { amount: '90473100.00', currency: 'USD' }, raw: {} }] }, [ACCOUNT]],
    ['a secret over two of a contract’s words', { rows: [{ raw: { a: PASSWORD.slice(0, 7), b: PASSWORD.slice(7) } }] }, []],
    ['a secret down a column of a contract’s words', { rows: [{ raw: { a: PASSWORD.slice(0, 7), b: '1' } }, { raw: { a: PASSWORD.slice(7), b: '2' } }] }, []],
    ['a file’s name', file('', `${PASSWORD}.835`), []],
  ])('%s', async (_what, found, secrets) => {
    const outcome = await check(found, ...secrets);
    expect(outcome).toMatchObject({ kind: 'unknown', detail: expect.stringMatching(/would hold a secret of the login, so it is not given/) });
    for (const secret of [PASSWORD, SHORT, ACCOUNT]) expect(JSON.stringify(outcome)).not.toContain(secret);
  });

  const utf16be = Buffer.from(PASSWORD, 'utf16le').swap16();
  const sheet = `<?xml version="1.0"?><sst><si><t>Claim</t></si><si><r><t>${PASSWORD.slice(0, 5)}</t></r><r><rPr><b/></rPr><t>${PASSWORD.slice(5).replace('&', '&amp;')}</t></r></si></sst>`;
  const pdf = `%PDF-1.7\n1 0 obj<</Filter/FlateDecode>>stream\n${deflateSync(Buffer.from('BT [(Tr0ub4)-20(dor-&-)3(3w\u00f6rd)] TJ ET', 'latin1')).toString('latin1')}\nendstream`;
  it.each<[string, Buffer | string, string[]]>([
    ['in UTF-8', padded(10, PASSWORD), []],
    ['in Latin-1', padded(10, Buffer.from(PASSWORD, 'latin1')), []],
    ['in UTF-16, little end first', padded(10, Buffer.from(PASSWORD, 'utf16le')), []],
    ['in UTF-16, big end first, at an odd place', padded(11, utf16be), []],
    ['in UTF-16, with letters beyond Latin-1', padded(11, Buffer.from('päss€wörd', 'utf16le')), ['päss€wörd']],
    ['in base64', padded(10, Buffer.from(`u:${PASSWORD}`).toString('base64')), []],
    ['over the border of two pieces', padded(64 * 1024 - 5, PASSWORD), []],
    ['over the border of two pieces, drawn out', padded(64 * 1024 - 500, [...PASSWORD].join(' '.repeat(100))), []],
    ['at the end of 2 MB', Buffer.concat([Buffer.alloc(2_000_000, 'CLM '), Buffer.from(PASSWORD)]), []],
    ['as a short field of a table', `claim,code\r\nCLM-1,"${SHORT}"\r\n`, [SHORT]],
    ['as a short whole', SHORT, [SHORT]],
    ['in a ZIP archive', zip({ 'a.txt': 'nothing', 'b/c.csv': `a;${PASSWORD};b` }), []],
    ['in a spreadsheet, in pieces of one cell', zip({ '[Content_Types].xml': '<Types/>', 'xl/sharedStrings.xml': sheet }), []],
    ['in a ZIP archive in a ZIP archive', zip({ 'a.zip': zip({ b: PASSWORD }) }), []],
    ['in a ZIP archive that lies in another as it is', zip({ 'a.zip': zip({ b: PASSWORD }) }, { method: 0 }), []],
    ['in a gzip file', gzipSync(padded(100_000, PASSWORD)), []],
    ['in a PDF, in pieces of one word', Buffer.from(pdf, 'latin1'), []],
  ])('a file with a secret %s', async (_where, bytes, secrets) => {
    expect(await check(file(bytes), ...secrets)).toEqual({
      kind: 'unknown',
      detail: expect.stringMatching(/^The file would hold a secret of the login, so it is not given/),
    });
  });

  it.each<[string, Buffer, RegExp]>([
    ['a packed file that is damaged', zip({ a: 'a'.repeat(1_000) }).subarray(0, -30), /cannot be unpacked/],
    ['a packed file that unpacks to more than can be searched', gzipSync(Buffer.alloc(70 * 1024 * 1024)), /unpacks to more than 64 MB/],
    ['a packed file that was packed too often', [1, 2, 3, 4, 5].reduce((inner) => zip({ a: inner }), zip({ a: 'a' })), /packed too often/],
    ['a packed file of a kind that is not known', zip({ a: 'a' }, { method: 14 }), /packed in a way that is not known/],
  ])('%s, since nobody can tell what it holds', async (_what, bytes, words) => {
    expect(await check(file(bytes))).toEqual({ kind: 'unknown', detail: expect.stringMatching(words) });
  });

  it('is only what holds a secret', async () => {
    const given: Partial<Found>[] = [
      { rows: [{ claim: 'CLM-1003', paid: 120.5, note: null, word: 'Abandoned' }], fields: { a: 'Ab', b: 3 } },
      file(padded(200_000, 'nothing')),
      file(zip({ 'a.csv': 'claim;paid\r\nCLM-1;12.00', 'b.csv': 'x'.repeat(100_000) })),
      file(zip({ a: 'behind a password of its own' }, { flags: 1 })),
      file(gzipSync('plain')),
      file(`%PDF-1.4\nstream\nno zlib\nendstream`),
      file('PK is how this text begins'),
    ];
    for (const found of given) expect(await check(found, PASSWORD, SHORT, ACCOUNT)).toEqual({ kind: 'found', rows: [], ...found });
  });

  it('lets other work go on while a large file is looked through', async () => {
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 0);
    await check(file(Buffer.alloc(3_000_000, 'Tr0ub4dor- ')));
    clearInterval(counting);
    expect(turns).toBeGreaterThan(10);
  });
});
