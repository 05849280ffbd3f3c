import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLongForm } from '@rcm/test-services';
import { afterAll, expect, test } from 'vitest';
import { makePictures } from './make.fixture.ts';
import { nameOf, PICTURES } from './shown.fixture.ts';

const DOCS = join(import.meta.dirname, '../../../../docs');
const LARGEST_BYTES = 2_000_000;
const folder = mkdtempSync(join(tmpdir(), 'rcm-pictures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const widthOf = (png: Buffer): number => png.readUInt32BE(16);

test('the command makes each picture that docs/console.md shows, and the docs have no other', async () => {
  const named = PICTURES.flatMap(({ page, looks }) => looks.map((look) => nameOf(page, look)));
  const shown = [...readFileSync(join(DOCS, 'console.md'), 'utf8').matchAll(/\]\(console\/([^)]+)\)/g)].map(([, name]) => name ?? '');
  expect([...new Set(shown)].toSorted()).toEqual(named.toSorted());
  expect(readdirSync(join(DOCS, 'console')).toSorted()).toEqual(named.toSorted());

  // On a change each page in one of its looks.
  const pictures = PICTURES.map((each, n) => (isLongForm() ? each : { ...each, looks: each.looks.filter((_, look) => look === n % each.looks.length) }));
  const made = await makePictures(folder, { pictures });
  expect(readdirSync(folder).toSorted()).toEqual(pictures.flatMap(({ page, looks }) => looks.map((look) => nameOf(page, look))).toSorted());
  for (const { name, text } of made) {
    const png = readFileSync(join(folder, name));
    expect(png.subarray(1, 4).toString('latin1'), name).toBe('PNG');
    // A page that scrolls sideways, or is not the one that was asked for, is no picture of it.
    expect(widthOf(png), name).toBe(Number(/\d+/.exec(name)?.[0]));
    expect(text, name).not.toContain('Nothing here');
    expect(text, name).not.toMatch(/localhost|\d s ago|in \d+ s\b/);
    expect(text, name).not.toContain(new Date().toISOString().slice(0, 10));
  }
});

test('the pictures in the docs are of the widths that their names say, and small', () => {
  const files = readdirSync(join(DOCS, 'console'));
  expect(new Set(files.map((name) => widthOf(readFileSync(join(DOCS, 'console', name)))))).toEqual(new Set([400, 1280, 3840]));
  expect(files.reduce((sum, name) => sum + statSync(join(DOCS, 'console', name)).size, 0)).toBeLessThan(LARGEST_BYTES);
});
