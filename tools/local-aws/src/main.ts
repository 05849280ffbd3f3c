import { runCommandLine } from './command-line.ts';

process.exitCode = await runCommandLine(process.argv, {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
});
