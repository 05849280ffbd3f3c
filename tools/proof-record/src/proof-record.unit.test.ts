import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProofRecord, type RecordKind } from './proof-record.ts';
import { RecordRefused } from './record-refused.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rcm-record-'));
  path = join(folder, 'seeds.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Seed {
  readonly seed: number;
  readonly digest: string;
  readonly findings: readonly object[];
}

const SEEDS: RecordKind<Seed> = { one: 'seed', keyOf: ({ seed }) => String(seed), shown: ({ digest }) => digest };
const entry = (seed: number, digest = `course of ${seed}`): Seed => ({ seed, digest, findings: [{ kind: 'outage', at: 5 }] });

function recorded(...seeds: readonly number[]): void {
  using record = ProofRecord.open(path, 'commit a', SEEDS);
  for (const seed of seeds) record.add(entry(seed));
}
const found = (version: string, ...seeds: readonly number[]): readonly (Seed | undefined)[] => {
  using record = ProofRecord.open(path, version, SEEDS);
  return seeds.map((seed) => record.of(String(seed)));
};

describe('a record of a proof', () => {
  test('has what was shown when it is opened again', () => {
    recorded(0, 2);
    expect(found('commit a', 0, 1, 2)).toEqual([entry(0), undefined, entry(2)]);
  });

  test('has none whose line was cut anywhere, and what is added next is whole', () => {
    recorded(0, 1);
    const bytes = readFileSync(path);
    const second = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
    for (let end = second; end < bytes.length; end += 1) {
      writeFileSync(path, bytes.subarray(0, end));
      expect(found('commit a', 0, 1), `cut at ${end}`).toEqual([entry(0), undefined]);
      recorded(1);
      expect(found('commit a', 0, 1), `cut at ${end}`).toEqual([entry(0), entry(1)]);
    }
  });

  test('is of one commit', () => {
    recorded(0);
    expect(() => found('commit b')).toThrow(/is a record of commit a, and this is commit b/);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);
  });

  test.each([
    'no record',
    '{"name":"x"}\n',
    '[1]\n',
    'null\n',
    '{"recordOf":"commit a"}\n',
    '{"recordOf":"commit a","of":"cell"}\n',
    '{"recordOf":"commit a","of":"seed"}\nnothing\n',
  ])('is no other file: %j', (text) => {
    writeFileSync(path, text);
    expect(() => found('commit a')).toThrow(RecordRefused);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('refuses one that showed two things', () => {
    recorded(0);
    appendFileSync(path, `${JSON.stringify(entry(0, 'another'))}\n`);
    expect(() => found('commit a')).toThrow(/The seed 0 showed two things/);
  });
});
