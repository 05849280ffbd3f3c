import type { ExitCode } from '@rcm/telemetry';
import { Command, CommanderError, Option } from 'commander';
import type { Terminal } from '../cli.ts';
import { within } from '../within.ts';
import { DEFAULTS, type Demand, LOGINS_PER_ORGANIZATION } from './demand.ts';
import { type Container, fleetFor } from './fleet.ts';
import { capacityReport, describeCapacity } from './report.ts';
import { UNIT_COSTS } from './unit-costs.ts';

type Flags = Omit<Demand, 'organizations' | 'taskSeconds'> & {
  readonly json?: boolean;
  readonly organizations?: number;
  readonly taskSeconds: number;
  readonly processors: number;
  readonly memory: number;
  readonly contexts: number;
};

const HELP = `
What one of each costs was measured (tools/cost/src/capacity/unit-costs.ts); docs/scale.md explains the model, and what it does not know.
Exit codes: 0 done, 2 wrong call.`;

/** The command line; returns the exit code. */
export function runCapacity(args: readonly string[], terminal: Terminal): ExitCode {
  const program = commandLine(terminal);
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  const { json, processors, memory, contexts, ...demand } = program.opts<Flags>();
  const container: Container = { processors, gibibytes: memory, contexts };
  const organizations = demand.organizations ?? Math.ceil(demand.logins / LOGINS_PER_ORGANIZATION);
  const report = capacityReport(fleetFor({ ...demand, organizations }, { webAgent: container, rotator: container }, UNIT_COSTS));
  terminal.out(json ? `${JSON.stringify(report)}\n` : describeCapacity(report));
  return 0;
}

function commandLine({ out, error }: Terminal): Command {
  const option = (flags: string, text: string, parse: (text: string) => number) => new Option(flags, text).argParser(parse);
  return new Command('capacity')
    .description('What a fleet of so many logins needs: containers, database, parameters, dollars; and which limit it comes to first.')
    .addOption(option('--logins <n>', 'logins of the fleet', within(1, 10_000_000, 'whole')).makeOptionMandatory())
    .option('--json', 'print one JSON object')
    .addOption(option('--organizations <n>', `organizations; default: one for ${LOGINS_PER_ORGANIZATION} logins`, within(1, 1_000_000, 'whole')))
    .addOption(option('--tasks-per-day <n>', 'tasks of each login a day', within(0.001, 100_000)).default(DEFAULTS.tasksPerDay))
    .addOption(option('--session-share <part>', 'part of the tasks that find a session open, 0 to 1', within(0, 1)).default(DEFAULTS.sessionShare))
    .addOption(option('--rotation-interval-days <n>', 'days between rotations', within(1, 3_650)).default(DEFAULTS.rotationIntervalDays))
    .addOption(option('--peak-factor <n>', 'how many times busier than on average the busiest hour is', within(1, 24)).default(DEFAULTS.peakFactor))
    .addOption(option('--task-seconds <n>', 'how long a task keeps a browser context, on average', within(0.1, 3_600)).default(DEFAULTS.taskSeconds))
    .addOption(option('--accounts <n>', 'AWS accounts that hold secrets; default: as many as it takes', within(1, 1_000, 'whole')))
    .addOption(option('--kept-years <n>', 'years that rows are kept', within(0.01, 20)).default(DEFAULTS.keptYears))
    .addOption(option('--processors <n>', 'vCPU of a container', within(1, 64)).default(2))
    .addOption(option('--memory <gib>', 'GiB of a container', within(2, 256)).default(4))
    .addOption(option('--contexts <n>', 'browser contexts of a container (RCM_MAX_BROWSER_CONTEXTS)', within(1, 64, 'whole')).default(4))
    .addHelpText('after', HELP)
    .configureOutput({ writeOut: out, writeErr: error })
    .exitOverride();
}
