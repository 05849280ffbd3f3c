import { Command, InvalidArgumentError } from 'commander';
import type { BenchmarkResult } from './benchmark.ts';
import { describeResults } from './report.ts';
import { suiteNamed, suiteNames } from './suites.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** A fleet grows by whole organizations. */
function hundreds(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 100 || count % 100 !== 0) throw new InvalidArgumentError('It must be a whole number of hundreds.');
  return count;
}

const program = new Command('bench')
  .description(
    'Measures one part of the project side by side with its peers, in one run. Exit code 0 when every target was met, 1 when one was not, 2 for a wrong call.',
  )
  .argument('<suite>', suiteNames().join(' | '))
  .option('--json', 'the results as one JSON array on stdout')
  .option('--only <name>', 'run only the measurements whose name contains this')
  .option('--endpoints <n>', 'of the suites scale and console: how many logins the largest fleet has, in hundreds', hundreds)
  .option('--quick', 'small sizes, to see that the measurements work; the figures mean nothing')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (name: string, options: { json?: boolean; only?: string; quick?: boolean; endpoints?: number }) => {
    const suite = await suiteNamed(name);
    const chosen = suite?.filter((benchmark) => benchmark.name.includes(options.only ?? ''));
    if (!chosen || chosen.length === 0) {
      progress(suite ? `The suite ${name} has no measurement whose name contains "${options.only ?? ''}".` : `No suite "${name}": ${suiteNames().join(', ')}.`);
      process.exitCode = 2;
      return;
    }
    const results: BenchmarkResult[] = [];
    for (const benchmark of chosen) {
      progress(`measuring ${benchmark.name}`);
      results.push(...(await benchmark.run({ progress, signal: stop.signal, size: options.quick ? 'quick' : 'full', endpoints: options.endpoints })));
      if (stop.signal.aborted) break;
    }
    process.stdout.write(options.json ? `${JSON.stringify(results)}\n` : describeResults(results));
    process.exitCode = !stop.signal.aborted && results.every((result) => result.met) ? 0 : 1;
  });

await program.parseAsync();
