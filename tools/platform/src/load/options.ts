import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { AppCounts } from '../options.ts';

export interface LoadOptions {
  readonly images: string;
  readonly endpoints: number;
  readonly many: AppCounts;
  readonly compose: boolean;
  readonly json: boolean;
}

const MOST_ENDPOINTS = 3000;
const MOST_PROCESSES = 16;

/** Reads the command line. Help, or a mistake, is printed by commander; then the exit code (0 or 2) is what comes back. */
export function readLoadOptions(argv: readonly string[]): LoadOptions | { readonly exitCode: number } {
  const program = new Command('npm run load --')
    .description('Runs the platform from its images twice, with one web-agent and one rotator and with several, and says what each gives in a minute.')
    .option('--images <prefix>', 'what the images’ names begin with, made by `npm run images -- build`', 'rcm')
    .option('--endpoints <number>', 'how many endpoints each run has, shared evenly by three portals', whole(3, MOST_ENDPOINTS), 24)
    .option('--agents <number>', 'web-agents of the second run', whole(1, MOST_PROCESSES), 3)
    .option('--rotators <number>', 'rotators of the second run', whole(1, MOST_PROCESSES), 2)
    .option('--embedded', 'on the embedded Postgres and local-aws instead of docker compose’s', false)
    .option('--json', 'print the result as one JSON object on stdout', false)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => process.stderr.write(text), outputError: (text) => process.stderr.write(text.replace(/^error: /, '')) })
    .addHelpText('after', '\nExit codes: 0 in both runs every figure was as it should be, 1 one was not or a run failed, 2 wrong call or configuration.');
  try {
    program.parse([...argv], { from: 'user' });
  } catch (cause) {
    if (cause instanceof CommanderError) return { exitCode: cause.exitCode === 0 ? 0 : 2 };
    throw cause;
  }
  const { images, endpoints, agents, rotators, embedded, json } = program.opts<
    Pick<LoadOptions, 'images' | 'endpoints' | 'json'> & AppCounts & { embedded: boolean }
  >();
  return { images, endpoints, many: { agents, rotators }, compose: !embedded, json };
}

const whole = (least: number, most: number) => (text: string) => {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count < least || count > most) throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  return count;
};
