import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tidyEvidence } from './evidence-tidying.ts';

const NOW = new Date('2026-11-25T12:00:00.000Z');
const bounds = { keptMs: 3_600_000, maxBytes: 1_048_576 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rcm-evidence-'));
  for (const [home, file] of [
    ['hospital-one', '20261125T080000000Z-alpine-1-login-unknown.json'],
    ['hospital-two', '20261125T090000000Z-alpine-2-login-unknown.json'],
    ['hospital-two', '20261125T115900000Z-alpine-2-login-unknown.json'],
  ] as const) {
    await mkdir(join(folder, home), { recursive: true });
    await writeFile(join(folder, home, file), '{}');
  }
});
afterEach(() => rm(folder, { recursive: true }));

it('one file that cannot be removed keeps no other one beyond its time, and is told of', async () => {
  const remove = (path: string) => (path.includes('hospital-one') ? Promise.reject(new Error('not yours')) : rm(path));
  const tidied = await tidyEvidence(folder, bounds, { now: NOW, roomFor: 0, remove });
  expect(tidied).toEqual({ left: 8_192, failure: expect.objectContaining({ message: 'not yours' }) });
  expect(await readdir(join(folder, 'hospital-two'))).toEqual(['20261125T115900000Z-alpine-2-login-unknown.json']);
});

it('of a full folder as much goes as is wanted, past what cannot be removed', async () => {
  const remove = (path: string) => (path.includes('T080000') ? Promise.reject(new Error('not yours')) : rm(path));
  const full = { keptMs: 86_400_000, maxBytes: 12_288 };
  expect(await tidyEvidence(folder, full, { now: NOW, roomFor: 4_096, remove })).toMatchObject({ left: 8_192 });
  expect(await readdir(join(folder, 'hospital-two'))).toEqual(['20261125T115900000Z-alpine-2-login-unknown.json']);
});

it('says nothing where all went well', async () => {
  expect(await tidyEvidence(folder, bounds, { now: NOW, roomFor: 0 })).toEqual({ left: 4_096, failure: null });
});
