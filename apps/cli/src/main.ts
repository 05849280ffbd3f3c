#!/usr/bin/env -S node --disable-sigusr1
import { guardOutput } from '@rcm/telemetry/lost-output';
import { answerHelp, asksForHelp } from './help.ts';
import { guardLate } from './late-guard.ts';

const argv = process.argv.slice(2);
guardOutput();
if (asksForHelp(argv)) {
  guardLate();
  process.exitCode = await answerHelp(argv, process);
} else {
  const { runRcm } = await import('./guarded.ts');
  await runRcm(argv);
}
