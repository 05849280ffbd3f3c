import { runGuarded } from '@rcm/telemetry';

// What the app imports is loaded when the environment is clean.
await runGuarded('console', async (environment) => (await import('./cli.ts')).parseArguments(process.argv.slice(2), environment));
