#!/usr/bin/env -S node --disable-sigusr1
import { answerHelp, asksForHelp } from './help.ts';
import { guardLate } from './late-guard.ts';

const argv = process.argv.slice(2);
if (asksForHelp(argv)) {
  guardLate();
  process.exitCode = await answerHelp(argv, process);
} else {
  // What the command imports is loaded when the environment is clean.
  const { runGuarded } = await import('@rcm/telemetry');
  await runGuarded('rcm', async (environment) => {
    const { runCli } = await import('./cli.ts');
    return runCli(argv, { environment, stdout: process.stdout, stderr: process.stderr });
  });
}
