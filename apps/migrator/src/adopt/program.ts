import { vocabularyOf } from '@rcm/credentials/legacy';
import { RcmError } from '@rcm/telemetry';
import { type Command, Option } from 'commander';
import { adopt, adoptFrom } from '../commands/adopt.ts';
import { type Resumed, resumed, resumeOf } from '../options.ts';
import { type Person, person, personalAct } from '../person.ts';
import type { Call } from '../call.ts';
import { readMapping } from './mapping.ts';

interface Options extends Person, Resumed {
  readonly mapping: string;
  readonly from?: string;
  readonly csv?: string;
  readonly jsonl?: string;
  readonly dryRun?: boolean;
  readonly plan?: boolean;
  readonly anew: readonly string[];
}

/** `adopt`: what comes before the way that the rows then go. A plan makes nothing, so it asks for no reason. */
export function bringIn(program: Command, perform: (call: Call) => Promise<void>): void {
  resumed(person(program.command('adopt').description("bring the rows of a company's own table in as organizations and endpoints (docs/adopt.md)")))
    .requiredOption('--mapping <file>', 'what the table calls things')
    .addOption(new Option('--from <url>', `the database, without a password (default: ${SOURCE})`).conflicts(['csv', 'jsonl']))
    .addOption(new Option('--csv <file>', 'a CSV file instead, names in its first line; mode 0600').conflicts('jsonl'))
    .option('--jsonl <file>', 'a file with one JSON object a line instead; mode 0600')
    .addOption(
      new Option(
        '--anew <row>',
        'a row that is of another organization, portal type or account by now: make it a new endpoint, and leave the old one; may be repeated',
      )
        .argParser((id: string, before: readonly string[]) => [...before, id])
        .default([]),
    )
    .option('--dry-run', 'say what would be new, changed, left or refused, and change nothing')
    .option('--plan', 'the same')
    .option('--json', 'print exactly one JSON object on stdout')
    .option('--json-lines', 'print one JSON object a line: each row as it ends, the summary last')
    .action((options: Options) => {
      const mapping = readMapping(options.mapping);
      return perform({
        ...{ vocabulary: vocabularyOf(), filter: { source: mapping.source }, environment: (given) => withSource(given, options.from) },
        // A plan is no run, whatever else is asked of it.
        ...(options.dryRun || options.plan ? {} : { who: personalAct(options), run: 'adopt', resume: resumeOf({ resume: options.resume }) }),
        does: (migration, config, act) =>
          adopt(migration, { mapping, act, anew: options.anew, from: adoptFrom(options, config.RCM_MIGRATOR_SOURCE_DATABASE_URL) }),
      });
    });
}

const SOURCE = 'RCM_MIGRATOR_SOURCE_DATABASE_URL';

/** The environment with the address of the call in it, so that it is held to the rule of all addresses. A password in it would stand in every list of processes. */
function withSource(environment: NodeJS.ProcessEnv, from: string | undefined): NodeJS.ProcessEnv {
  if (from === undefined) return environment;
  const url = URL.parse(from);
  if (url === null || url.password !== '' || url.searchParams.has('password'))
    throw new RcmError(
      'input_invalid',
      `--from is an address without a password; one that has a password goes into a file: ${SOURCE}_FILE. Nothing was changed.`,
    );
  const { [`${SOURCE}_FILE`]: _file, ...rest } = environment;
  return { ...rest, [SOURCE]: from };
}
