import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@rcm/db';
import { isRcmError } from '@rcm/telemetry';
import { HOSTILE_TEXTS, isLongForm, LONGEST_TEXT, TYPED_SECRET } from '@rcm/test-services';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { examined } from './add.ts';
import { loginsInFile } from './new-login.ts';

const COLUMNS = ['id', 'organization', 'portal_type', 'account', 'base_url', 'username', 'password', 'mfa_seed'];
const GOOD = ['a-1', 'clinic', 'alpine', 'desk', 'https://alpine.example/', 'user', 'a,b', ''];
const SEED = 1;
/** Is asked nothing by rows that cannot be used. */
const nobody = new Proxy({} as Database, {
  get() {
    throw new Error('asked the database');
  },
});

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'bad-csv-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a person is told of the file: an error, or what is wrong with its rows; `null` where the rows could be used as they stand. */
async function toldOf(text: string): Promise<string | null> {
  const path = join(folder, 'logins.csv');
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  try {
    const rows = await examined(nobody, loginsInFile(path));
    expect(rows.every(({ outcome, problem }) => (outcome === 'invalid') === (problem !== null))).toBe(true);
    return JSON.stringify(rows);
  } catch (error) {
    if (isRcmError(error)) {
      expect(error.code).toBe('input_invalid');
      return error.message;
    }
    if (error instanceof Error && error.message === 'asked the database') return null;
    throw error;
  }
}

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
const csv = (names: readonly string[], cells: readonly string[], write: (cell: string) => string) => `${names.join(',')}\n${cells.map(write).join(',')}\n`;

it.each(COLUMNS.map((name, i) => [name, i] as const))('a hostile %s is named by its column or its line, and never said', async (name, i) => {
  for (const text of [...HOSTILE_TEXTS, LONGEST_TEXT])
    for (const write of [quoted, (cell: string) => cell]) {
      const told = await toldOf(csv(COLUMNS, GOOD.with(i, text), write));
      expect(told ?? '').not.toContain(TYPED_SECRET);
      // Whatever stands in a cell: what has four columns for ids tells which, the secret's parts are the payload's.
      if (told !== null) expect(told).toMatch(new RegExp(`${name}|payload|line \\d|row \\d`));
    }
});

it('columns that were mixed up show no password', async () => {
  for (let i = 0; i < COLUMNS.length; i += 1) {
    const turned = [...GOOD.with(6, `${TYPED_SECRET}!`).slice(i), ...GOOD.with(6, `${TYPED_SECRET}!`).slice(0, i)];
    expect((await toldOf(csv(COLUMNS, turned, quoted))) ?? '').not.toContain(TYPED_SECRET);
  }
});

it(`what is no CSV is refused in words of ours (seed ${SEED})`, async () => {
  const good = csv(COLUMNS, GOOD.with(6, TYPED_SECRET), quoted);
  const cut = fc
    .tuple(fc.nat(good.length), fc.constantFrom('"', ',', '\n', '\r', '\u0000', '\ufeff', ';', '\t'), fc.nat(3))
    .map(([at, put, left]) => good.slice(0, at) + put + good.slice(at + left));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        cut,
        fc.string({ unit: 'binary' }),
        fc.string().map((text) => good + text),
      ),
      async (text) => {
        expect((await toldOf(text)) ?? '').not.toContain(TYPED_SECRET);
      },
    ),
    { seed: SEED, numRuns: isLongForm() ? 20_000 : 300, endOnFailure: true },
  );
});
