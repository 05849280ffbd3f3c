import { runCapacity } from './cli.ts';

process.exitCode = runCapacity(process.argv.slice(2), {
  environment: process.env,
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
});
