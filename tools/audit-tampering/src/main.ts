import { Command, InvalidArgumentError } from 'commander';
import { startEmbeddedPostgres } from '@rcm/test-services';
import { figureLines, hasFailed, runTamperings } from './run.ts';

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return value;
};

const program = new Command('audit-tampering')
  .description('Tampers with exported audit trails at random, and counts what the stand-alone verifier misses and where it is wrong to complain.')
  .option('--tamperings <n>', 'how many', whole, 10_000)
  .option('--untouched <n>', 'how many trails that nobody touched', whole, 1_000)
  .option('--trails <n>', 'trails that they are drawn from', whole, 12)
  .option('--seed <n>', 'draws the same again (hashes and keys are new)', whole, 1)
  .option('--json', 'the figures as one JSON object')
  .addHelpText('after', '\nExit codes: 0 nothing missed and no false alarm, 1 otherwise.')
  .action(async (options: { tamperings: number; untouched: number; trails: number; seed: number; json?: boolean }) => {
    const postgres = await startEmbeddedPostgres();
    try {
      const figures = await runTamperings({ ...options, server: postgres.url });
      process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${figureLines(figures).join('\n')}\n`);
      process.exitCode = hasFailed(figures) ? 1 : 0;
    } finally {
      await postgres.stop();
    }
  });
await program.parseAsync();
