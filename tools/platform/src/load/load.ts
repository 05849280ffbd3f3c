import { availableParallelism } from 'node:os';
import { RcmError } from '@rcm/telemetry';
import type { PlatformConfig } from '../config.ts';
import type { AppCounts } from '../options.ts';
import { runPlatform } from '../run.ts';
import type { MeasuredWork } from '../work/measured-work.ts';
import { type Throughput, throughputOf, timesAsMuch } from './model.ts';
import type { LoadOptions } from './options.ts';

interface LoadRun extends AppCounts, MeasuredWork, Throughput {}

export interface LoadResult {
  readonly endpoints: number;
  readonly processors: number;
  readonly one: LoadRun;
  readonly many: LoadRun;
  /** What the model makes of the first run for the second. */
  readonly expected: Throughput;
}

/** Runs the platform with one process of each kind, then with several, each on services and in a folder of its own. Fails with `state_conflict` where a figure is not as it should be. */
export async function measureLoad(options: LoadOptions, config: PlatformConfig, environment: NodeJS.ProcessEnv): Promise<LoadResult> {
  const run = async (apps: AppCounts): Promise<LoadRun> => {
    process.stderr.write(`with ${apps.agents} web-agents and ${apps.rotators} rotators, ${options.endpoints} endpoints\n`);
    let work: MeasuredWork | null = null;
    const { images, endpoints, compose } = options;
    const exitCode = await runPlatform({ once: true, json: false, data: null, endpoints, compose, images, apps }, config, environment, {
      onWork: (measured) => void (work = measured),
      print: (text) => void process.stderr.write(text),
    });
    const measured = work as MeasuredWork | null;
    if (exitCode !== 0 || measured === null) throw new RcmError('state_conflict', 'A figure was not as it should be, so that what was measured means nothing.');
    return { ...apps, ...measured, ...throughputOf(measured) };
  };
  const one = await run({ agents: 1, rotators: 1 });
  const many = await run(options.many);
  const expected = {
    tasksPerMinute: one.tasksPerMinute * timesAsMuch(options.many.agents, one.busy),
    rotationsPerMinute: one.rotationsPerMinute * timesAsMuch(options.many.rotators, one.busy),
    processorSecondsPerMinute: one.processorSecondsPerMinute * timesAsMuch(Math.max(options.many.agents, options.many.rotators), one.busy),
  };
  return { endpoints: options.endpoints, processors: availableParallelism(), one, many, expected };
}

/** For people: a line for each run, and one for the model. */
export function describeLoad({ endpoints, processors, one, many, expected }: LoadResult): string {
  const line = (what: string, { tasksPerMinute, rotationsPerMinute, processorSecondsPerMinute }: Throughput): string =>
    `${what.padEnd(34)} ${tasksPerMinute.toFixed(1).padStart(8)} ${rotationsPerMinute.toFixed(1).padStart(12)} ${processorSecondsPerMinute.toFixed(1).padStart(16)}`;
  const of = ({ agents, rotators, busy }: LoadRun): string => `${agents} web-agents, ${rotators} rotators (${Math.round(busy * 100)} % busy)`;
  return [
    `${endpoints} endpoints, ${processors} processors`,
    `${''.padEnd(34)} tasks/min rotations/min  both, in s/min`,
    ...[line(of(one), one), line(of(many), many), line('the model for the second', expected)],
    '',
  ].join('\n');
}
