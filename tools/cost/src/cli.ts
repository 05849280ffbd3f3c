import { type ExitCode, sayFailed } from '@rcm/telemetry';
import { Command, Option } from 'commander';
import { type Counts, countsOfDatabase } from './counts.ts';
import type { Deployment } from './deployment.ts';
import { costReport, describeReport } from './report.ts';
import { within } from './within.ts';

export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

type Flags = Omit<Deployment, 'ssm' | 'vault' | 'secretsManager' | 'rotationsPerYear' | 'regions'> & {
  readonly json?: boolean;
  readonly credentials?: number;
  readonly secretsManager?: number;
  readonly vault?: number;
  readonly rotationInterval: number;
  readonly secondRegion?: boolean;
};

const HELP = `
Counts the rows of RCM_DATABASE_URL (or RCM_DATABASE_URL_FILE), or takes --credentials. docs/cost.md explains the figures.
Exit codes: 0 done, 1 the database could not be counted, 2 wrong call or configuration.`;

/** The command line; returns the exit code. */
export async function runCost(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const program = commandLine(terminal);
  try {
    program.parse([...args], { from: 'user' });
    const flags = program.opts<Flags>();
    const counts = flags.credentials === undefined ? await countsOfDatabase(terminal.environment) : countsOfFlags(flags, flags.credentials);
    const report = costReport(deploymentOf(flags, counts), counts.organizations);
    terminal.out(flags.json ? `${JSON.stringify(report)}\n` : describeReport(report));
    return 0;
  } catch (error) {
    return sayFailed(error, { name: 'cost', error: terminal.error, json: args.includes('--json') ? terminal.out : undefined });
  }
}

function commandLine({ out, error }: Terminal): Command {
  const option = (flags: string, text: string, parse: (text: string) => number) => new Option(flags, text).argParser(parse);
  const whole = within(0, 10_000_000, 'whole');
  return new Command('cost')
    .description('What the secret stores cost a month, from the counts of a deployment, and from where on a dearer store pays off.')
    .option('--json', 'print one JSON object')
    .addOption(option('--credentials <n>', 'credentials in SSM, instead of counting in the database', whole))
    .addOption(option('--secrets-manager <n>', 'credentials in Secrets Manager; with --credentials', whole))
    .addOption(option('--vault <n>', 'credentials in Vault; with --credentials', whole))
    .addOption(option('--rotation-interval <days>', 'days between rotations; with --credentials', within(1, 3_650, 'whole')).default(60))
    .addOption(option('--reads-per-day <n>', 'reads of each credential a day', within(0, 1_000_000)).default(24))
    .addOption(option('--hit-ratio <part>', 'part of the reads that the cache answers, 0 to 1', within(0, 1)).default(0.9))
    .addOption(option('--advanced-share <part>', 'part of the SSM payloads beyond 4 KB, 0 to 1', within(0, 1)).default(0))
    .addOption(new Option('--throughput <setting>', "SSM's setting").choices(['standard', 'higher']).default('standard'))
    .addOption(option('--names-per-call <n>', 'names in one SSM call on average, 1 to 10', within(1, 10)).default(2))
    .addOption(option('--peak-factor <n>', 'how many times busier than the average the busiest second is', within(1, 100_000)).default(20))
    .option('--second-region', 'copies and a key in a second region')
    .addHelpText('after', HELP)
    .configureOutput({ writeOut: out, writeErr: error })
    .exitOverride();
}

function countsOfFlags({ secretsManager = 0, vault = 0, rotationInterval }: Flags, ssm: number): Counts {
  return { ssm, secretsManager, vault, rotationsPerYear: Math.round(((ssm + secretsManager + vault) * 365) / rotationInterval), organizations: [] };
}

function deploymentOf({ json: _json, credentials: _credentials, rotationInterval: _days, secondRegion, ...figures }: Flags, counts: Counts): Deployment {
  const { organizations: _organizations, ...stored } = counts;
  return { ...figures, ...stored, regions: secondRegion ? 2 : 1 };
}
