import { expect, test } from 'vitest';
import { projectsOfWorkspace, wantedOf } from './projects.mjs';

const ALL = [
  { name: '@rcm/db', kinds: ['unit', 'embedded', 'containers'] as const },
  { name: '@rcm/sbom', kinds: ['unit'] as const },
].map(({ name, kinds }) => ({ name, kinds: [...kinds] }));

test('the projects of this clone are found, with the kinds of tests that they have', () => {
  const all = projectsOfWorkspace();
  expect(all).toContainEqual({ name: '@rcm/rotator', kinds: ['unit', 'embedded', 'e2e', 'containers'] });
  expect(all.find(({ name }) => name === '@rcm/setup')?.kinds).toContain('unit');
});

test('all are wanted where no name is given, or those that are named', () => {
  expect(wantedOf(ALL, [])).toEqual(ALL);
  expect(wantedOf(ALL, ['@rcm/sbom']).map(({ name }) => name)).toEqual(['@rcm/sbom']);
});

test.each(['@rcm/typo', '@rcm/*', '@rcm/d'])('a name that is no project is refused, and the projects are named: %s', (name) => {
  expect(() => wantedOf(ALL, ['@rcm/db', name])).toThrow(`There is no project ${name}: nothing was run. These are there: @rcm/db, @rcm/sbom`);
});
