import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProjectInlineConfiguration, ViteUserConfig } from 'vitest/config';
import { isLongForm } from './long-form.ts';
import type { Service } from './run/provided.ts';
import { ResultFile } from './run/result-file.ts';

export interface ProjectTestsOptions {
  /** What the project's int and e2e tests need: started once per run, only when such a test runs. */
  services: Service[];
  /** How many of its files run at once. Default: 2. */
  workers?: number;
  /**
   * Patterns of test files that run in the long form only (RCM_TEST_LONG=1): others try the same with less on each change.
   * How many that leaves out is printed at the end of `npm test`, by kind. A pattern that matches nothing is an error.
   */
  longForm?: string[];
  /** The same of int test files on containers alone: what they try is the same on any Postgres and any AWS. */
  longOnContainers?: string[];
}

// They only end what hangs: a machine that is ten times as slow must not fail a test.
const TIMEOUT_MS = 600_000;
const E2E_TIMEOUT_MS = 1_200_000;
// Two cores are the smallest machine this must work on; Nx runs three projects at a time.
const WORKERS = 2;

/**
 * The vitest configuration of one workspace project in `dir`. Test kinds are told apart by file name:
 * `unit` (*.unit.test.ts), `embedded` and `containers` (the same *.int.test.ts on two backends), `e2e` (*.e2e.test.ts).
 */
export function projectTests(dir: string, { services, workers = WORKERS, longForm = [], longOnContainers = [] }: ProjectTestsOptions): ViteUserConfig {
  const needsServer = services.includes('postgres') || services.includes('aws');
  const long = longFiles(dir, longForm);
  const longThere = longFiles(dir, longOnContainers);
  const leftOut = new Map<string, string[]>();
  const generates = existsSync(join(dir, 'package.json')) && readFileSync(join(dir, 'package.json'), 'utf8').includes('"fast-check"');
  const kind = (name: string, files: string, timeoutMs: number, setup?: string): TestProjectInlineConfiguration => {
    const left = [...new Set([...long, ...(name === 'containers' ? longThere : [])])].filter((path) => path.endsWith(`.${files}.test.ts`));
    leftOut.set(name, left);
    return {
      root: dir,
      test: {
        name,
        // Sources run under Node as they are, in tests as in production: sent through Vite's runner, each process made anew what the compile cache has.
        experimental: { viteModuleRunner: false, nodeLoader: false },
        // The files share the processes of the workers, each of which loads what they import once: a second of the processor for each file.
        isolate: false,
        include: [`**/*.${files}.test.ts`],
        exclude: ['**/node_modules/**', ...left],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        // By itself it waits for a second.
        expect: { poll: { timeout: timeoutMs } },
        provide: { rcmServices: services },
        env: chromium(dir),
        // None in a browser generates anything.
        setupFiles: ['as-before.ts', ...(generates && files !== 'e2e' ? ['same-stories.ts'] : [])].map((file) => join(import.meta.dirname, 'run', file)),
        ...(setup ? { globalSetup: join(import.meta.dirname, 'run', setup) } : {}),
      },
    };
  };
  const projects = [
    kind('unit', 'unit', TIMEOUT_MS),
    ...(needsServer ? [kind('embedded', 'int', TIMEOUT_MS, 'embedded.ts'), kind('containers', 'int', TIMEOUT_MS, 'containers.ts')] : []),
    kind('e2e', 'e2e', E2E_TIMEOUT_MS, 'embedded.ts'),
  ];
  return {
    root: dir,
    test: { passWithNoTests: true, maxWorkers: workers, reporters: ['default', new ResultFile({ dir, services, leftOut })], projects },
  };
}

/** The files that the patterns match; none where everything runs. */
function longFiles(dir: string, patterns: readonly string[]): string[] {
  const files = patterns.flatMap((pattern) => {
    const matched = globSync(pattern, { cwd: dir });
    if (matched.length === 0) throw new Error(`longForm, longOnContainers: no file of ${dir} matches ${pattern}`);
    return matched;
  });
  return isLongForm() ? [] : files;
}

/** The browser that set-up found, for whoever starts vitest without it. */
function chromium(dir: string): Record<string, string> {
  if (process.env.RCM_CHROMIUM_PATH) return {};
  const finding = join(dir, '..', '..', '.rcm', 'setup', 'chromium');
  return existsSync(finding) ? { RCM_CHROMIUM_PATH: readFileSync(finding, 'utf8').trim() } : {};
}
