import { runGuarded } from '@rcm/telemetry';

// It is given the key of user names and the URL of the tables' owner.
await runGuarded('audit-trace', async (environment) => {
  const { runTrace } = await import('./cli.ts');
  return runTrace(process.argv.slice(2), {
    environment,
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
  });
});
