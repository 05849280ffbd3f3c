import { runCommandLine } from './command-line.ts';
import { processOutput } from './process.ts';

process.exitCode = await runCommandLine(process.argv, processOutput);
