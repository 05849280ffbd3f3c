import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import { failureInWords, type TestError } from './failure-in-words.ts';
import type { Backend, Service } from './provided.ts';

/** What one vitest project of one workspace project counted; `npm test` adds these up. */
export interface Result {
  /** Package name. */
  project: string;
  /** Name of the vitest project: unit, embedded, containers or e2e. */
  kind: string;
  backend: Backend;
  services: Service[];
  /** Seconds that its files took one by one; several run at once, so this is more than the clock shows. */
  seconds: number;
  /** Of the processor, of this run and all that it started and saw end; the first kind of a run has them all. Containers are not in it. */
  processorSeconds: number;
  /** Each of them, by its path below the project. */
  files: { path: string; seconds: number }[];
  passed: number;
  /** A test that failed, a module that did not load, an error outside any test; the reason is the first error's own words. */
  failed: { title: string; reason: string }[];
  skipped: { title: string; reason: string }[];
  /** Test files, by their path below the project, that this kind runs in the long form only. */
  leftOut: string[];
}

/**
 * vitest reporter that writes one JSON file `[Result, …]` per run into the folder RCM_TEST_RESULTS (default: .rcm/test-results
 * of the clone). A module that failed to load, and an error outside any test, count as one failure each.
 */
export class ResultFile implements Reporter {
  readonly #dir: string;
  readonly #services: Service[];
  readonly #leftOut: ReadonlyMap<string, readonly string[]>;
  #left: [kind: string, files: readonly string[]][] = [];

  /** `leftOut`: by kind, the test files that it runs in the long form only. */
  constructor({ dir, services, leftOut }: { dir: string; services: Service[]; leftOut: ReadonlyMap<string, readonly string[]> }) {
    this.#dir = dir;
    this.#services = services;
    this.#leftOut = leftOut;
  }

  onInit(vitest: Vitest): void {
    this.#left = vitest.projects.flatMap(({ name }) => {
      const files = this.#leftOut.get(name) ?? [];
      return files.length > 0 ? [[name, files]] : [];
    });
    // Whoever names such a file would only read that there is none.
    for (const [kind, files] of this.#left) vitest.logger.log(`${kind}: ${files.length} more test files in the long form (RCM_TEST_LONG=1)`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const kinds = new Map<string, Result>();
    const project = (JSON.parse(readFileSync(join(this.#dir, 'package.json'), 'utf8')) as { name: string }).name;
    const of = (kind: string): Result => {
      const backend = kind === 'containers' ? 'containers' : 'embedded';
      const result = kinds.get(kind) ?? {
        project,
        kind,
        backend,
        services: this.#services,
        seconds: 0,
        processorSeconds: 0,
        files: [],
        passed: 0,
        failed: [],
        skipped: [],
        leftOut: [],
      };
      kinds.set(kind, result);
      return result;
    };
    for (const module of modules) count(of(module.project.name), module);
    const outside = unhandledErrors.map((error) => ({ title: 'an error outside any test', reason: failureInWords([error as TestError]) }));
    for (const [kind, files] of this.#left) of(kind).leftOut.push(...files);
    if (outside.length > 0) of([...kinds.keys()][0] ?? 'unit').failed.push(...outside);
    const [first] = kinds.values();
    if (first) first.processorSeconds = processorSeconds();
    if (kinds.size > 0) this.#write(project, [...kinds.values()]);
  }

  #write(project: string, results: Result[]): void {
    const folder = process.env.RCM_TEST_RESULTS || join(this.#dir, '..', '..', '.rcm', 'test-results');
    mkdirSync(folder, { recursive: true });
    const name = `${project.replace('@rcm/', '')}.${results.map((result) => result.kind).join('-')}.json`;
    writeFileSync(join(folder, name), `${JSON.stringify(results, null, 2)}\n`);
  }
}

/** proc(5): fields 14 to 17 of `stat`, this process and the children it waited for, in hundredths. Elsewhere this process alone. */
function processorSeconds(): number {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15);
    return fields.reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  }
}

function count(result: Result, module: TestModule): void {
  const tests = [...module.children.allTests()];
  const { collectDuration, duration } = module.diagnostic();
  const seconds = (collectDuration + duration) / 1_000;
  result.seconds += seconds;
  result.files.push({ path: module.relativeModuleId, seconds });
  for (const test of tests) countTest(result, test);
  // A broken import or a failed hook of the file leaves its tests unrun, or there are none to run.
  if (module.state() === 'failed' && !tests.some((test) => test.result().state === 'failed')) {
    result.failed.push({ title: module.relativeModuleId, reason: failureInWords(module.errors()) });
  }
}

function countTest(result: Result, test: TestCase): void {
  const outcome = test.result();
  if (outcome.state === 'passed') result.passed += 1;
  else if (outcome.state === 'failed')
    result.failed.push({ title: `${test.module.relativeModuleId}: ${test.fullName}`, reason: failureInWords(outcome.errors) });
  else result.skipped.push({ title: test.fullName, reason: outcome.state === 'skipped' ? (outcome.note ?? '') : 'did not run' });
}
