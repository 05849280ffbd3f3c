import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { portalNames } from './description.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

function* typeScriptBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !['node_modules', 'dist', 'generated'].includes(entry.name)) yield* typeScriptBelow(path);
    else if (entry.isFile() && /\.m?ts$/.test(entry.name)) yield path;
  }
}

describe.each(portalNames())('the real portal %s', (name) => {
  it('is named by no TypeScript: its recipe and its folder are all there is of it', () => {
    const files = ['apps', 'libs', 'tools'].flatMap((folder) => [...typeScriptBelow(join(ROOT, folder))]);
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((path) => readFileSync(path, 'utf8').toLowerCase().includes(name))).toEqual([]);
  });
});
