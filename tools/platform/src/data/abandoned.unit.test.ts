import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify } from '../processes/identity.ts';
import { removeAbandoned } from './abandoned.ts';

let base: string;
beforeEach(() => (base = mkdtempSync(join(tmpdir(), 'rcm-abandoned-test-'))));
afterEach(() => rmSync(base, { recursive: true, force: true }));

function folder(name: string, files: Record<string, unknown> = {}, ageMs = 600_000): string {
  const path = join(base, name);
  mkdirSync(path);
  for (const [file, value] of Object.entries(files)) writeFileSync(join(path, file), JSON.stringify(value));
  const then = (Date.now() - ageMs) / 1000;
  utimesSync(path, then, then);
  return path;
}

describe('folders of killed runs', () => {
  const me = identify(process.pid);

  it('go once nobody holds their lock and none of their processes runs', () => {
    const abandoned = [folder('rcm-platform-a'), folder('rcm-platform-b', { lock: { pid: process.pid, startedAt: 'long ago' }, 'roster.json': [] })];
    removeAbandoned(base);
    expect(abandoned.filter(existsSync)).toEqual([]);
  });

  it('stay while a run or a process of it lives, while they are new, and when they are not ours', () => {
    const kept = [
      folder('rcm-platform-locked', { lock: me }),
      folder('rcm-platform-part', { 'roster.json': [{ name: 'postgres', ...me }] }),
      folder('rcm-platform-new', {}, 0),
      folder('something-else'),
    ];
    removeAbandoned(base);
    expect(kept.filter(existsSync)).toEqual(kept);
  });
});
