#!/usr/bin/env -S node --disable-sigusr1
import { runGuarded } from '@rcm/telemetry';

// What the command imports is loaded when the environment is clean.
await runGuarded('rcm', async (environment) => {
  const { runCli } = await import('./cli.ts');
  return runCli(process.argv.slice(2), { environment, stdout: process.stdout, stderr: process.stderr });
});
