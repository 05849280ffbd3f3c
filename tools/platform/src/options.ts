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

/** Reads the command line. Help, or a mistake, is printed by commander; then the exit code (0 or 2) is what comes back. */
export function readCommandLine<Given extends object>(program: Command, argv: readonly string[]): Given | { readonly exitCode: number } {
  program
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => process.stderr.write(text), outputError: (text) => process.stderr.write(text.replace(/^error: /, '')) });
  try {
    return program.parse([...argv], { from: 'user' }).opts<Given>();
  } catch (cause) {
    if (cause instanceof CommanderError) return { exitCode: cause.exitCode === 0 ? 0 : 2 };
    throw cause;
  }
}

/** Reader of an option's whole number. */
export const whole = (least: number, most: number) => (text: string) => {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count < least || count > most) throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  return count;
};

/** Reader of an option that names something. An unset variable in quotes is no name: the folder would be the one where somebody stands. */
const named = (text: string) => {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
};

/** Of one run; three portals share them. */
export const endpointCount = whole(3, 3000);

type Given = Pick<RunOptions, 'once' | 'json' | 'compose'> & { readonly data?: string; readonly endpoints?: number; readonly images?: string | true };

/** As `readCommandLine`. */
export function readOptions(argv: readonly string[]): RunOptions | { readonly exitCode: number } {
  const program = new Command('npm start --')
    .description('Runs the whole platform on this machine: plaintext logins leave Postgres, agents work at the demo portals, every password is changed.')
    .option('--once', 'end when every login was rotated and used after it; without it, stay up until Ctrl-C', false)
    .option('--json', 'print the figures as one JSON object on stdout', false)
    .option('--data <folder>', 'keep everything in this folder and go on with it next time; without it, a temporary one that is removed', named)
    .option('--endpoints <number>', 'how many endpoints to seed, shared evenly by three portals (24)', endpointCount)
    .option('--compose', "use docker compose's Postgres and LocalStack instead of the embedded ones", false)
    .option('--images [prefix]', 'run migrator, web-agent and rotator as containers of these images, made by `npm run images -- build` (rcm)', named)
    .addHelpText('after', '\nExit codes: 0 every figure is as it should be, 1 one is not or the run failed, 2 wrong call or configuration.');
  const given = readCommandLine<Given>(program, argv);
  if ('exitCode' in given) return given;
  if (given.compose && given.data !== undefined) {
    process.stderr.write('--compose cannot be combined with --data: LocalStack forgets its secrets when it stops, so there would be nothing to go on with.\n');
    return { exitCode: 2 };
  }
  const images = given.images === true ? 'rcm' : (given.images ?? null);
  return { once: given.once, json: given.json, data: given.data ?? null, endpoints: given.endpoints ?? null, compose: given.compose, images };
}
