import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matchesGlob } from 'node:path/posix';
import { beforeAll, describe, expect, it } from 'vitest';
import { inRoot } from '../workspace.mjs';
import { type Named, namedFiles, ownerOf, projectRoots, tracked } from './named-files.mjs';

const NX = join(import.meta.dirname, 'ask-nx.mjs');
/** Only ends what hangs. */
const NX_MS = 600_000;
const files = tracked().filter((file) => existsSync(inRoot(file)));
const roots = projectRoots(files);
const named = namedFiles(files);
const nameOf = (project: string): string => (JSON.parse(readFileSync(inRoot(project, 'package.json'), 'utf8')) as { name: string }).name;

/** Commands of package.json start every program for people; no test of this project does. */
const STARTS_FOR_PEOPLE = 'tools/setup';

/** Whether it is started, and not only read. */
const isProgram = ({ project, path }: Named): boolean => project !== STARTS_FOR_PEOPLE && ownerOf(roots, path) !== null && /\/main\.(ts|mjs)$/.test(path);
const anyFileOf = (project: string): string => `${project}/src/any-file.ts`;
const sample = (path: string): string => (files.includes(path) ? path : (files.find((file) => file.startsWith(`${path}/`)) ?? path));

describe('nx affected', () => {
  let affected: Readonly<Record<string, readonly string[]>> = {};
  let uses: Readonly<Record<string, readonly string[]>> = {};
  beforeAll(() => {
    const input = JSON.stringify([...new Set([...named.map(({ path }) => sample(path)), ...roots.map(anyFileOf)])]);
    const answered = spawnSync(process.execPath, [NX], { input, encoding: 'utf8', timeout: NX_MS });
    expect(answered.status, answered.stderr).toBe(0);
    ({ affected, uses } = JSON.parse(answered.stdout) as { affected: typeof affected; uses: typeof uses });
  });

  /** The file itself, or any in the folder; of a program any file of its project and of the product's that it stands on, since all of that runs. */
  function changed(each: Named): readonly string[] {
    const owner = ownerOf(roots, each.path);
    if (owner === null || !isProgram(each)) return [sample(each.path)];
    return [owner, ...(uses[nameOf(owner)] ?? []).filter((root) => owner.startsWith('tools/') || !root.startsWith('tools/'))].map(anyFileOf);
  }

  it('is asked about files of every kind', () => {
    const kinds = [
      /^docs\/.*\.md$/,
      /^docker-compose\.yml$/,
      /^prisma\/.*\.sql$/,
      /^prisma\/schema\.prisma$/,
      /^package-lock\.json$/,
      /recipes\//,
      /main\.ts$/,
    ];
    const asked = named.flatMap((each) => [each.path, ...changed(each)]);
    expect(kinds.filter((kind) => !asked.some((path) => kind.test(path)))).toEqual([]);
    expect(new Set(named.map(({ project }) => project)).size).toBeGreaterThan(8);
  });

  it('reaches every project whose sources name the file, or start the program', () => {
    const missed = named.flatMap((each) => changed(each).flatMap((path) => ((affected[path] ?? []).includes(nameOf(each.project)) ? [] : [{ ...each, path }])));
    expect(missed.map(({ project, path, by }) => `a change of ${path} does not reach ${project}, and ${by} names it`)).toEqual([]);
  });
});

describe('what a unit test answered before', () => {
  interface WithInputs {
    readonly namedInputs?: Readonly<Record<string, readonly string[]>>;
  }
  const nx = JSON.parse(readFileSync(inRoot('nx.json'), 'utf8')) as Required<WithInputs> & {
    readonly targetDefaults: Readonly<Record<string, { readonly inputs: readonly string[] }>>;
  };

  /** Patterns of files outside of the project on which its unit tests' cached answers depend. */
  function patternsOf(project: string): readonly string[] {
    const own = (JSON.parse(readFileSync(inRoot(project, 'package.json'), 'utf8')) as { nx?: WithInputs }).nx?.namedInputs ?? {};
    const named = { ...nx.namedInputs, ...own };
    const resolve = (input: string): readonly string[] => (named[input] ? named[input].flatMap(resolve) : [input]);
    return (nx.targetDefaults['test-unit']?.inputs ?? []).flatMap(resolve).flatMap((input) => input.split('{workspaceRoot}/').slice(1));
  }

  it('is asked anew when a file changes that belongs to no project', () => {
    const outside = named
      .filter((each) => each.project !== STARTS_FOR_PEOPLE || each.path.startsWith('docs'))
      .filter(({ path }) => ownerOf(roots, `${path}/.`) === null);
    const stale = outside.filter((each) => !patternsOf(each.project).some((pattern) => matchesGlob(sample(each.path), pattern)));
    expect(outside.length).toBeGreaterThan(10);
    expect(stale.map(({ project, path, by }) => `${project} answers from its cache when ${path} changes, and ${by} names it`)).toEqual([]);
  });
});

describe('each project', () => {
  const KINDS = { unit: ['test-unit'], int: ['test-int', 'test-containers'], e2e: ['test-e2e'] };

  it.each(roots.filter((project) => existsSync(inRoot(project, 'vitest.config.ts'))))(
    '%s has a target for each kind of test that it has, and no other',
    (project) => {
      const tests = files.filter((file) => file.startsWith(`${project}/`));
      const expected = Object.entries(KINDS).flatMap(([kind, targets]) => (tests.some((file) => file.endsWith(`.${kind}.test.ts`)) ? targets : []));
      const { scripts } = JSON.parse(readFileSync(inRoot(project, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
      expect(
        Object.keys(scripts)
          .filter((name) => name.startsWith('test'))
          .sort(),
      ).toEqual(expected.sort());
    },
  );

  it('that has tests has a vitest configuration', () => {
    const without = roots.filter((project) => !readdirSync(inRoot(project)).includes('vitest.config.ts'));
    expect(without.filter((project) => files.some((file) => file.startsWith(`${project}/`) && file.endsWith('.test.ts')))).toEqual([]);
  });
});
