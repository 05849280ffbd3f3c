import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

// `NAME: z…` in one of these files is the only way a variable gets into an app.
const declared = globSync('{apps,libs}/*/src/**/{config,*environment}.ts', { cwd: root }).flatMap((file) =>
  [...read(file).matchAll(/^\s*(RCM_[A-Z_]+[A-Z]):/gm)].map(([, name]) => name ?? ''),
);
const documented = new Set([...read('docs/configuration.md').matchAll(/`(RCM_[A-Z_]+)`/g)].map(([, name]) => name ?? ''));

it('docs/configuration.md names every variable that an app reads, and no other', () => {
  expect(declared.length).toBeGreaterThan(50);
  expect(declared.filter((name) => !documented.has(name))).toEqual([]);
  expect([...documented].filter((name) => !declared.includes(name))).toEqual([]);
});
