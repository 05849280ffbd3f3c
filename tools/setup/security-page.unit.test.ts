import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

it('SECURITY.md fits a page, and every file that it names as proof is there', () => {
  const page = readFileSync(join(root, 'SECURITY.md'), 'utf8');
  const named = [...page.matchAll(/`((?:apps|libs|tools|docs)\/[^`]+)`|\]\(([^)]+)\)/g)].map(([, file, link]) => file ?? link ?? '');
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((file) => !existsSync(join(root, file.split('#')[0] ?? '')))).toEqual([]);
  expect(page.split('\n').length).toBeLessThan(80);
});
