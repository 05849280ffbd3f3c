import { runGuarded } from '@rcm/telemetry';

// What the app imports is loaded when the environment is clean: Playwright heeds DEBUG from its first line on.
await runGuarded('web-agent', async (environment) => (await import('./cli.ts')).parseArguments(process.argv, environment));
