import { createLogger, endOnUnhandled } from '@rcm/telemetry';
import { runCli } from './cli.ts';

endOnUnhandled(createLogger({ name: 'migrator' }));
process.exitCode = await runCli(process.argv.slice(2), { environment: process.env, stdout: process.stdout, stderr: process.stderr });
