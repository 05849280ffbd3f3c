import { processOutput } from '@rcm/local-aws/kit';
import { runCommandLine } from './command-line.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), processOutput);
