import { createLogger, endOnUnhandled } from '@rcm/telemetry';
import { parseArguments } from './cli.ts';

endOnUnhandled(createLogger({ name: 'portal' }));
process.exitCode = await parseArguments(process.argv, process.env, process);
