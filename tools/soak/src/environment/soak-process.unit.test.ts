import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SoakProcess } from './soak-process.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rcm-soak-process-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('an end by itself is told, also where the process was to be killed before it was started again', async () => {
  const [program, runs] = [join(folder, 'ends.mjs'), join(folder, 'runs')];
  await writeFile(program, `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(runs)}, '.'); process.exitCode = 1;`);
  const toldAfterRuns: number[] = [];
  const ends = new SoakProcess({
    program,
    environment: {},
    onUnexpectedEnd() {
      toldAfterRuns.push(readFileSync(runs).length);
      // In the pause before it is started again.
      if (toldAfterRuns.length === 1) setImmediate(() => ends.kill());
    },
  });
  await expect.poll(() => toldAfterRuns.length, { timeout: 60_000 }).toBeGreaterThan(1);
  await ends.stop(1_000);
  expect(toldAfterRuns.slice(0, 2)).toEqual([1, 2]);
});
