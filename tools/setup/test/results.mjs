import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot } from '../workspace.mjs';

/**
 * What one vitest run of one project counted; written by the reporter of tools/test-services.
 * @typedef {object} Result
 * @property {string} project package name
 * @property {'unit' | 'embedded' | 'containers' | 'e2e'} kind
 * @property {'embedded' | 'containers'} backend
 * @property {string[]} services
 * @property {number} seconds that its files took, one by one
 * @property {number} processorSeconds of the run's processes; the first kind of a run has them all
 * @property {{ path: string, seconds: number }[]} files  each of them
 * @property {number} passed
 * @property {{ title: string, reason: string }[]} failed
 * @property {{ title: string, reason: string }[]} skipped
 * @property {string[]} leftOut  test files that this kind runs in the long form only
 */

const KEPT_MS = 24 * 3_600_000;

/** A new folder for the results of one run; those of earlier days are removed. @param {string} run */
export function resultsFolder(run) {
  const all = inRoot('.rcm', 'test-results');
  const folder = join(all, run);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(all)) {
    const path = join(all, name);
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (changed < Date.now() - KEPT_MS) rmSync(path, { recursive: true, force: true });
  }
  return folder;
}

/** @param {string} folder @returns {Result[]} */
export function readResults(folder) {
  return readdirSync(folder).flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}
