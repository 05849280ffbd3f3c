import { temporaryFolder } from '@rcm/test-services';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { atLeast, atMost, figure } from '../targets.ts';
import { openMigrationEnvironment } from './migration-environment.ts';
import { type MigratorEnd, migratorProgram, runMigrator } from './migrator-process.ts';

const MOST_MEGABYTES = 150;
/** Of which `plan` holds two short texts a login, to say which logins are shared. */
const MOST_GROWTH_MEGABYTES = 12;
/** Faster than any pace that SSM allows for writes, once somebody has paid for the higher one. */
const LEAST_A_SECOND = 10;
const MEGABYTE = 1_000_000;

const COMMANDS = [
  ['plan', '--json-lines'],
  ['apply', '--reason', 'bench', '--json-lines'],
  ['verify', '--json-lines'],
] as const;
type Command = (typeof COMMANDS)[number][0];

type Figures = Readonly<Record<Command, MigratorEnd>>;

/** What each command weighs and how fast it is with so many logins, in a store without a quota and without policies, which the stand-in would take longer for than we do. */
async function measure(run: BenchmarkRun, { logins, program }: { readonly logins: number; readonly program: readonly string[] }): Promise<Figures> {
  await using testEnvironment = await openMigrationEnvironment({ logins, policies: 'none', quota: 'none' });
  const figures: Partial<Record<Command, MigratorEnd>> = {};
  for (const args of COMMANDS) {
    const end = await runMigrator({ program, args, environment: testEnvironment.environment, signal: run.signal });
    if (end.code !== 0) throw new Error(`${args[0]} of ${logins} logins ended with ${end.code}: ${end.stderr.slice(-500)}`);
    figures[args[0]] = { ...end, stdout: '', stderr: '' };
    run.progress(
      `${args[0]} of ${logins} logins: ${(end.peakBytes / MEGABYTE).toFixed(0)} MB, ${end.seconds.toFixed(0)} s, ${(logins / end.seconds).toFixed(1)} logins a second`,
    );
  }
  return figures as Figures;
}

async function measureSize(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const most = run.size === 'quick' ? 200 : 50_000;
  await using folder = await temporaryFolder('bench-migrator');
  const program = await migratorProgram(folder.path);
  const few = await measure(run, { logins: most / 10, program });
  const many = await measure(run, { logins: most, program });
  return [...COMMANDS.flatMap(([command]) => ofCommand(command, { few: few[command], many: many[command], most })), speed(many.apply, most)];
}

function ofCommand(command: Command, { few, many, most }: { readonly few: MigratorEnd; readonly many: MigratorEnd; readonly most: number }): BenchmarkResult[] {
  const peak = many.peakBytes / MEGABYTE;
  const growth = (many.peakBytes - few.peakBytes) / MEGABYTE;
  return [
    figure({ name: `${command} of ${most} logins: memory`, value: peak, unit: 'MB', target: atMost(MOST_MEGABYTES) }),
    figure({ name: `${command} of ${most} logins: memory beyond that of ${most / 10}`, value: growth, unit: 'MB', target: atMost(MOST_GROWTH_MEGABYTES) }),
  ];
}

const speed = ({ seconds }: MigratorEnd, logins: number): BenchmarkResult =>
  figure({ name: `apply of ${logins} logins without a quota`, value: logins / seconds, unit: 'logins a second', target: atLeast(LEAST_A_SECOND) });

export const size: Benchmark = { name: 'size', run: measureSize };
