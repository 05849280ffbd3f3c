#!/usr/bin/env -S node --disable-sigusr1
import { answerHelp, asksForHelp } from './help.ts';
import { guardLate } from './late-guard.ts';

const argv = process.argv.slice(2);
if (asksForHelp(argv)) {
  guardLate();
  process.exitCode = await answerHelp(argv, process);
} else {
  const { runRcm } = await import('./guarded.ts');
  await runRcm(argv);
}
