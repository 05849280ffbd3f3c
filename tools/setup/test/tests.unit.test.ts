import { beforeEach, expect, test } from 'vitest';
import type { Targets } from './nx.mjs';
import { runTests } from './tests.mjs';

const run: Targets[] = [];
let onRun: (targets: Targets) => void;
const begin = (targets: Targets): Promise<boolean> => {
  run.push(targets);
  onRun(targets);
  return Promise.resolve(true);
};
beforeEach(() => {
  run.length = 0;
  onRun = () => undefined;
});

const wanted = { projects: [], env: {}, docker: true, through: ['unshare'], isInterrupted: () => false, run: begin };
const started = (): string[] => run.map(({ targets, projects, through = [] }) => [targets.join(' '), ...projects, ...through].join(' '));

test('what starts containers runs beside the rest, on the network of the machine', async () => {
  expect(await runTests(wanted)).toBe(true);
  expect(started()).toEqual(['generate', 'test-unit test-int test-e2e unshare', 'test-containers', 'test-unit test-int test-e2e @rcm/platform']);
  expect(run[1]?.without).toEqual(['@rcm/platform']);
});

test('nothing more is begun once it is interrupted', async () => {
  let isInterrupted = false;
  onRun = ({ targets }) => (isInterrupted ||= targets.includes('test-containers'));
  await runTests({ ...wanted, isInterrupted: () => isInterrupted });
  expect(started().at(-1)).toBe('test-containers');
  run.length = 0;
  onRun = () => (isInterrupted = true);
  await runTests({ ...wanted, isInterrupted: () => isInterrupted });
  expect(started()).toEqual(['generate']);
});
