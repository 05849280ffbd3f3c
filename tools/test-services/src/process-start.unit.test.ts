import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { processStart } from './process-start.ts';

test.runIf(process.platform === 'linux')('a process that has ended counts as gone, also where nobody has asked how it ended', async () => {
  // The shell becomes a program that does not wait for what the shell has started.
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [child] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    await expect.poll(() => readFileSync(`/proc/${child}/stat`, 'utf8'), { timeout: 60_000 }).toContain(') Z ');
    expect(processStart(Number(child))).toBeNull();
    expect(processStart(parent.pid ?? 0)).toMatch(/^\d+$/);
  } finally {
    parent.kill('SIGKILL');
  }
});
