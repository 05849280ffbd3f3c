import { join } from 'node:path';
import { runImages } from './cli.ts';

process.exitCode = await runImages(process.argv.slice(2), {
  root: join(import.meta.dirname, '..', '..', '..'),
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
});
