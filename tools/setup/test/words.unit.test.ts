import { expect, test } from 'vitest';
import type { Project } from './projects.mjs';
import type { Result } from './results.mjs';
import { failuresOf, lastLine, misses, wordsFor } from './words.mjs';

const result = (project: string, kind: Result['kind'], counts: Partial<Result> = {}): Result => ({
  project: `@rcm/${project}`,
  kind,
  backend: kind === 'containers' ? 'containers' : 'embedded',
  services: [],
  seconds: 0,
  processorSeconds: 0,
  files: [],
  passed: 3,
  failed: [],
  skipped: [],
  leftOut: [],
  ...counts,
});
const embedded = [result('local-aws', 'embedded'), result('db', 'embedded', { passed: 40, failed: [{ title: 'journal.ts: keeps', reason: 'expected 1' }] })];
const containers = [result('local-aws', 'containers'), result('db', 'containers', { passed: 41 })];
const reached = { docker: { reached: true, why: '' }, network: { through: ['unshare'], why: '' } };

test('each backend is told with the tests and projects it ran', () => {
  const words = wordsFor([...embedded, ...containers, result('db', 'unit')], reached);
  expect(words).toContain('embedded: 44 tests of 2 projects (local-aws 3, db 41)');
  expect(words).toContain('containers: 44 tests of 2 projects (local-aws 3, db 41)');
  expect(words).toContain('on containers services: 3 conformance tests, 41 database tests');
});

test('it is told where the time went, the dearest first', () => {
  const slow = [
    result('db', 'embedded', { seconds: 70.4, processorSeconds: 90 }),
    result('rotator', 'e2e', { seconds: 900.2, processorSeconds: 80.6 }),
    result('cost', 'unit', { seconds: 0.2 }),
  ];
  expect(wordsFor(slow, reached)).toContain('seconds of test files: 971 (rotator e2e 900, db embedded 70)');
  expect(wordsFor(slow, reached)).toContain('processor seconds: 171 (db embedded 90, rotator e2e 81)');
});

test('the ten files that took longest are named, whatever their project', () => {
  const file = (number: number) => ({ path: `src/file-${number}.test.ts`, seconds: number });
  const files = [result('db', 'embedded', { files: [5, 7.6, 6, 4, 3, 2].map(file) }), result('rotator', 'e2e', { files: [9, 8, 1, 0.9, 12].map(file) })];
  const [line = '', ...more] = wordsFor(files, reached).filter((words) => words.startsWith('longest files: '));
  expect(more).toEqual([]);
  expect(line).toContain(
    'longest files: rotator e2e src/file-12.test.ts 12 s, rotator e2e src/file-9.test.ts 9 s, rotator e2e src/file-8.test.ts 8 s, db embedded',
  );
  expect(line.split(', ')).toHaveLength(10);
  expect(wordsFor([result('db', 'unit')], reached).some((words) => words.startsWith('longest'))).toBe(false);
});

test('without Docker it is said that nothing ran on containers, and why', () => {
  const words = wordsFor(embedded, { ...reached, docker: { reached: false, why: 'no docker command on this machine' } });
  expect(words.at(-1)).toBe(
    'Docker cannot be reached (no docker command on this machine): the integration tests ran on embedded services only, none on containers.',
  );
});

test('where the tests shared this machine’s network, that is said, and why', () => {
  const words = wordsFor(embedded, { ...reached, network: { through: [], why: 'unshare failed: Operation not permitted' } });
  expect(words.at(-1)).toMatch(/^The tests had no network of their own \(unshare failed: Operation not permitted\)/);
  expect(wordsFor(embedded, reached).join()).not.toContain('network');
});

test('test files that run in the long form only are counted by kind', () => {
  const there = [result('db', 'containers', { leftOut: ['a', 'b'] }), result('rotator', 'containers', { leftOut: ['c'] })];
  const words = wordsFor([...there, result('db', 'e2e', { leftOut: ['d'] })], reached);
  expect(words).toContain('containers in the long form only (RCM_TEST_LONG=1): 3 files of 2 projects (db 2, rotator 1)');
  expect(words).toContain('e2e in the long form only (RCM_TEST_LONG=1): 1 files of 1 projects (db 1)');
  expect(wordsFor(containers, reached).join()).not.toContain('long form');
});

test('a skipped test is named with its reason', () => {
  const skipped = [{ title: 'serves a stale value', reason: 'moto cannot' }];
  expect(wordsFor([result('credentials', 'containers', { skipped })], reached)).toContain(
    'skipped: credentials containers: serves a stale value (moto cannot)',
  );
});

test('a failed test is named with what it said', () => {
  expect(failuresOf([...embedded, ...containers])).toEqual(['failed: db embedded: journal.ts: keeps (expected 1)']);
});

const PROJECTS: Project[] = [
  { name: '@rcm/db', kinds: ['embedded', 'containers'] },
  { name: '@rcm/local-aws', kinds: ['embedded', 'containers'] },
];

test('a kind of tests of which nothing was counted is named, and asked for only where it is wanted', () => {
  const projects: Project[] = [{ name: '@rcm/sbom', kinds: ['unit', 'e2e'] }];
  expect(misses([result('sbom', 'unit')], { projects, docker: true })).toEqual(['@rcm/sbom has tests of which none was counted: e2e']);
  expect(misses([result('sbom', 'unit'), result('sbom', 'e2e')], { projects, docker: true })).toEqual([]);
});

test.each([
  ['both backends proved both suites', [...embedded, ...containers], true, 0],
  ['no database test on containers', [...embedded, result('local-aws', 'containers')], true, 2],
  ['every conformance test skipped on containers', [...embedded, containers[1], result('local-aws', 'containers', { passed: 0 })], true, 1],
  ['nothing on containers without Docker', embedded, false, 0],
  ['nothing at all', [], true, 1],
  ['a project of which nothing was counted', [...embedded, ...containers].slice(1), true, 2],
] as [string, Result[], boolean, number][])('%s', (_title, results, docker, count) => {
  expect(misses(results, { projects: PROJECTS, docker })).toHaveLength(count);
});

test('the last line adds everything up', () => {
  const skipped = [{ title: 'x', reason: '' }];
  expect(lastLine([...embedded, result('db', 'unit', { skipped })])).toBe('tests: 46 passed, 1 failed, 1 skipped');
});
