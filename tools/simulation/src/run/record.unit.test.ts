import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SeedSummary } from './messages.ts';
import { RecordRefused, SeedRecord } from './record.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rcm-record-'));
  path = join(folder, 'seeds.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const summary = (seed: number, digest = `course of ${seed}`): SeedSummary => ({
  ...{ seed, digest, rotations: 20, logins: 240, virtualDays: 10.5 },
  findings: [{ kind: 'outage', at: 5, about: 'login 1', detail: 'closed for a day', excuse: 'nobody could' }],
});

function recorded(...seeds: readonly number[]): void {
  using record = SeedRecord.open(path, 'commit a');
  for (const seed of seeds) record.add(summary(seed));
}
const found = (version: string, ...seeds: readonly number[]): readonly (SeedSummary | undefined)[] => {
  using record = SeedRecord.open(path, version);
  return seeds.map((seed) => record.summaryOf(seed));
};

describe('a record of seeds', () => {
  test('has what each seed showed when it is opened again', () => {
    recorded(0, 2);
    expect(found('commit a', 0, 1, 2)).toEqual([summary(0), undefined, summary(2)]);
  });

  test('has no seed whose line was cut anywhere, and what is added next is whole', () => {
    recorded(0, 1);
    const bytes = readFileSync(path);
    const second = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
    for (let end = second; end < bytes.length; end += 1) {
      writeFileSync(path, bytes.subarray(0, end));
      expect(found('commit a', 0, 1), `cut at ${end}`).toEqual([summary(0), undefined]);
      recorded(1);
      expect(found('commit a', 0, 1), `cut at ${end}`).toEqual([summary(0), summary(1)]);
    }
  });

  test('is of one commit', () => {
    recorded(0);
    expect(() => found('commit b')).toThrow(/is a record of commit a, and this is commit b/);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);
  });

  test.each(['no record', '{"name":"x"}\n', '[1]\n', 'null\n', '{"recordOf":"commit a"}\nnothing\n'])('is no other file: %j', (text) => {
    writeFileSync(path, text);
    expect(() => found('commit a')).toThrow(RecordRefused);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('refuses a seed that took two courses', () => {
    recorded(0);
    appendFileSync(path, `${JSON.stringify(summary(0, 'another'))}\n`);
    expect(() => found('commit a')).toThrow(/Seed 0 took two courses/);
  });
});
