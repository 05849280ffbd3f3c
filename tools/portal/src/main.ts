import { parseArguments } from './cli.ts';

process.exitCode = await parseArguments(process.argv, process.env, process);
