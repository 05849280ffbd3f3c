import { Command } from 'commander';
import { type AppCounts, endpointCount, readCommandLine, whole } from '../options.ts';

export interface LoadOptions {
  readonly images: string;
  readonly endpoints: number;
  readonly many: AppCounts;
  readonly compose: boolean;
  readonly json: boolean;
}

const MOST_PROCESSES = 16;

/** As `readCommandLine`. */
export function readLoadOptions(argv: readonly string[]): LoadOptions | { readonly exitCode: number } {
  const program = new Command('npm run load --')
    .description('Runs the platform from its images twice, with one web-agent and one rotator and with several, and says what each gives in a minute.')
    .option('--images <prefix>', 'what the images’ names begin with, made by `npm run images -- build`', 'rcm')
    .option('--endpoints <number>', 'how many endpoints each run has, shared evenly by three portals', endpointCount, 24)
    .option('--agents <number>', 'web-agents of the second run', whole(1, MOST_PROCESSES), 3)
    .option('--rotators <number>', 'rotators of the second run', whole(1, MOST_PROCESSES), 2)
    .option('--embedded', 'on the embedded Postgres and local-aws instead of docker compose’s', false)
    .option('--json', 'print the result as one JSON object on stdout', false)
    .addHelpText('after', '\nExit codes: 0 in both runs every figure was as it should be, 1 one was not or a run failed, 2 wrong call or configuration.');
  const given = readCommandLine<Pick<LoadOptions, 'images' | 'endpoints' | 'json'> & AppCounts & { embedded: boolean }>(program, argv);
  if ('exitCode' in given) return given;
  const { images, endpoints, agents, rotators, embedded, json } = given;
  return { images, endpoints, many: { agents, rotators }, compose: !embedded, json };
}
