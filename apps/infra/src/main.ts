import { runInfra } from './cli.ts';

process.exitCode = await runInfra(process.argv.slice(2), { out: (text) => void process.stdout.write(text), error: (text) => void process.stderr.write(text) });
