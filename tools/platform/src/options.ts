import { Command, CommanderError, InvalidArgumentError } from 'commander';

/** How many processes of each there are. */
export interface AppCounts {
  readonly agents: number;
  readonly rotators: number;
}

export interface RunOptions {
  /** End by itself once every login was rotated and worked with. */
  readonly once: boolean;
  /** One JSON object on stdout at the end. */
  readonly json: boolean;
  /** As given; `null` for a temporary folder. */
  readonly data: string | null;
  /** `null` where not given: what the folder was seeded with, else 24. */
  readonly endpoints: number | null;
  /** On docker compose's Postgres and LocalStack. */
  readonly compose: boolean;
  /** What the names of the images begin with that the apps run from; `null`: from this clone. */
  readonly images: string | null;
  /** Default: one of each. */
  readonly apps?: AppCounts;
}

const MOST_ENDPOINTS = 3000;

/** Reads the command line. Help, or a mistake, is printed by commander; then the exit code (0 or 2) is what comes back. */
export function readOptions(argv: readonly string[]): RunOptions | { readonly exitCode: number } {
  const program = new Command('npm start --')
    .description('Runs the whole platform on this machine: plaintext logins leave Postgres, agents work at the demo portals, every password is changed.')
    .option('--once', 'end when every login was rotated and used after it; without it, stay up until Ctrl-C', false)
    .option('--json', 'print the figures as one JSON object on stdout', false)
    .option('--data <folder>', 'keep everything in this folder and go on with it next time; without it, a temporary one that is removed')
    .option('--endpoints <number>', 'how many endpoints to seed, shared evenly by three portals (24)', endpointCount)
    .option('--compose', "use docker compose's Postgres and LocalStack instead of the embedded ones", false)
    .option('--images [prefix]', 'run migrator, web-agent and rotator as containers of these images, made by `npm run images -- build` (rcm)')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => process.stderr.write(text), outputError: (text) => process.stderr.write(text.replace(/^error: /, '')) })
    .addHelpText('after', '\nExit codes: 0 every figure is as it should be, 1 one is not or the run failed, 2 wrong call or configuration.');
  try {
    program.parse([...argv], { from: 'user' });
  } catch (cause) {
    if (cause instanceof CommanderError) return { exitCode: cause.exitCode === 0 ? 0 : 2 };
    throw cause;
  }
  const given = program.opts<{ once: boolean; json: boolean; data?: string; endpoints?: number; compose: boolean; images?: string | true }>();
  if (given.compose && given.data !== undefined) {
    process.stderr.write('--compose cannot be combined with --data: LocalStack forgets its secrets when it stops, so there would be nothing to go on with.\n');
    return { exitCode: 2 };
  }
  const images = given.images === true ? 'rcm' : (given.images ?? null);
  return { once: given.once, json: given.json, data: given.data ?? null, endpoints: given.endpoints ?? null, compose: given.compose, images };
}

function endpointCount(text: string): number {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count < 3 || count > MOST_ENDPOINTS) throw new InvalidArgumentError(`It must be a whole number from 3 to ${MOST_ENDPOINTS}.`);
  return count;
}
