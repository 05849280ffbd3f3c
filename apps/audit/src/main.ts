import { runGuarded } from '@rcm/telemetry';

// What the app imports is loaded when the environment is clean.
await runGuarded('audit', async (environment) => {
  const { runCli } = await import('./cli.ts');
  return runCli(process.argv.slice(2), { environment, stdout: process.stdout, stderr: process.stderr });
});
