import { join } from 'node:path';
import { runSbom } from './cli.ts';

process.exitCode = await runSbom(process.argv.slice(2), {
  environment: process.env,
  folder: join(import.meta.dirname, '..', '..', '..'),
  here: process.cwd(),
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
});
