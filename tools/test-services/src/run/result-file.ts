import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type { Backend, Service } from './provided.ts';

/** What one vitest project of one workspace project counted; `npm test` adds these up. */
export interface Result {
  /** Package name. */
  project: string;
  /** Name of the vitest project: unit, embedded, containers or e2e. */
  kind: string;
  backend: Backend;
  services: Service[];
  passed: number;
  failed: number;
  skipped: { title: string; reason: string }[];
}

/**
 * vitest reporter that writes one JSON file `[Result, …]` per run into the folder RCM_TEST_RESULTS (default: .rcm/test-results
 * of the clone). A module that failed to load, and an error outside any test, count as one failure each.
 */
export class ResultFile implements Reporter {
  readonly #dir: string;
  readonly #services: Service[];

  constructor({ dir, services }: { dir: string; services: Service[] }) {
    this.#dir = dir;
    this.#services = services;
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const kinds = new Map<string, Result>();
    const project = (JSON.parse(readFileSync(join(this.#dir, 'package.json'), 'utf8')) as { name: string }).name;
    const of = (kind: string): Result => {
      const backend = kind === 'containers' ? 'containers' : 'embedded';
      const result = kinds.get(kind) ?? { project, kind, backend, services: this.#services, passed: 0, failed: 0, skipped: [] };
      kinds.set(kind, result);
      return result;
    };
    for (const module of modules) count(of(module.project.name), module);
    if (unhandledErrors.length > 0) of([...kinds.keys()][0] ?? 'unit').failed += unhandledErrors.length;
    if (kinds.size > 0) this.#write(project, [...kinds.values()]);
  }

  #write(project: string, results: Result[]): void {
    const folder = process.env['RCM_TEST_RESULTS'] || join(this.#dir, '..', '..', '.rcm', 'test-results');
    mkdirSync(folder, { recursive: true });
    const name = `${project.replace('@rcm/', '')}.${results.map((result) => result.kind).join('-')}.json`;
    writeFileSync(join(folder, name), `${JSON.stringify(results, null, 2)}\n`);
  }
}

function count(result: Result, module: TestModule): void {
  const tests = [...module.children.allTests()];
  for (const test of tests) countTest(result, test);
  // A broken import or a failed hook of the file leaves its tests unrun, or there are none to run.
  if (module.state() === 'failed' && !tests.some((test) => test.result().state === 'failed')) result.failed += 1;
}

function countTest(result: Result, test: TestCase): void {
  const outcome = test.result();
  if (outcome.state === 'passed') result.passed += 1;
  else if (outcome.state === 'failed') result.failed += 1;
  else result.skipped.push({ title: test.fullName, reason: outcome.state === 'skipped' ? (outcome.note ?? '') : 'did not run' });
}
