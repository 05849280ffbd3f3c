import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { UNIT_COSTS, workOf } from '@rcm/cost';
import { createPortalTask, taskCounts } from '@rcm/db/tasks';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { AT_ONCE } from '../measured-environment/at-once.ts';
import { type MeasuredEnvironment, openMeasuredEnvironment, type Spent } from '../measured-environment/measured-environment.ts';
import { PORTAL_LATENCY_MS } from '../portal-latency.ts';
import { median } from '../statistics.ts';
import { figure, REPORTED } from '../targets.ts';
import { AgentProcess } from './agent-process.ts';

const ROUNDS = 3;
/** Fewer than an agent keeps sessions of (RCM_AGENT_KEPT_SESSIONS). */
const A_ROUND = { full: 24, quick: 3 } as const;
const LOOK_EVERY_MS = 200;
const MOST_OFF = 0.25;
/** Each login's first task signs in; those that follow find its session. */
const KINDS = { 'a task that signs in': 1, 'a task of a session': 4 } as const;
type Kind = keyof typeof KINDS;

type Worked = Spent & {
  readonly tasks: number;
  readonly tookMs: number;
};

/** Asks for a task of each, and waits until all have succeeded. Fails where one fails, or where the agent ends. */
async function work(measured: MeasuredEnvironment, agent: AgentProcess, endpoints: readonly EnvironmentEndpoint[], signal: AbortSignal): Promise<Worked> {
  const [tookMs, spent] = await measured.spending(agent.pid, async () => {
    const startedAt = performance.now();
    await haveDone(measured, agent, endpoints, signal);
    return performance.now() - startedAt;
  });
  return { tasks: endpoints.length, tookMs, ...spent };
}

async function haveDone(
  { testEnvironment }: MeasuredEnvironment,
  agent: AgentProcess,
  endpoints: readonly EnvironmentEndpoint[],
  signal: AbortSignal,
): Promise<void> {
  const counts = await taskCounts(testEnvironment.db);
  for (const { id, orgId } of endpoints)
    await createPortalTask(testEnvironment.db, {
      orgId,
      endpointId: id,
      name: 'claim_status',
      input: { claim_number: 'CLM-1001' },
      requester: { kind: 'terminal', name: 'bench' },
    });
  for (let done = 0; done < endpoints.length && !signal.aborted;) {
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    agent.check();
    const now = await taskCounts(testEnvironment.db);
    if (now.failed > counts.failed) throw new Error('A task of the benchmark has failed.');
    done = now.succeeded - counts.succeeded;
  }
}

async function measureAgents(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  await using opened = new AsyncDisposableStack();
  const testEnvironment = opened.use(await openMeasuredEnvironment());
  await testEnvironment.setLatency(PORTAL_LATENCY_MS);
  const agent = opened.use(new AgentProcess(testEnvironment.environmentOf('agent')));
  const measured: Record<Kind, Worked[]> = { 'a task that signs in': [], 'a task of a session': [] };
  for (let round = 0; round <= (run.size === 'quick' ? 1 : ROUNDS) && !run.signal.aborted; round += 1) {
    const endpoints = await testEnvironment.fresh(A_ROUND[run.size]);
    for (const [kind, times] of Object.entries(KINDS) as [Kind, number][]) {
      const each: Worked[] = [];
      for (let time = 0; time < times; time += 1) each.push(await work(testEnvironment, agent, endpoints, run.signal));
      const worked = summed(each);
      run.progress(`round ${round}: ${kind}: ${perMinute(worked).toFixed(0)} a minute, ${processor(worked).toFixed(2)} s of processors each`);
      // The first is for warming up.
      if (round > 0) measured[kind].push(worked);
    }
  }
  const alone: Worked[] = [];
  for (const endpoint of await testEnvironment.fresh(run.size === 'quick' ? 1 : 9)) alone.push(await work(testEnvironment, agent, [endpoint], run.signal));
  if (run.signal.aborted) return [];
  return [
    figure({
      name: 'a task that signs in, by itself: from when it was asked for to its end',
      ...{ value: median(alone.map(({ tookMs }) => tookMs)) / 1_000, digits: 2, unit: 's', target: REPORTED },
    }),
    beside(measured['a task that signs in']),
    ...(Object.keys(KINDS) as Kind[]).flatMap((kind) => linesOf(kind, measured[kind])),
  ];
}

/** The model of a fleet (`npm run capacity`), on this machine: it has the processors that database, portals and stores leave, and the seconds that a task cost when the model was made. */
function beside(rounds: readonly Worked[]): BenchmarkResult {
  const model = median(
    rounds.map(({ databaseSeconds, elsewhereSeconds, tookMs }) => {
      const processors = availableParallelism() - ((databaseSeconds + elsewhereSeconds) * 1_000) / tookMs;
      return workOf({ processors, contexts: AT_ONCE }, { ...UNIT_COSTS.task, contextSeconds: UNIT_COSTS.taskAloneSeconds }, 1).perMinute;
    }),
  );
  const ours = median(rounds.map(perMinute));
  return {
    name: 'tasks that sign in, beside what the model of a fleet says of this machine',
    ...{ ours: Math.round(ours), peers: { model: Math.round(model) }, unit: 'a minute' },
    ...{ target: `within ${MOST_OFF * 100}% of each other`, met: Math.abs(ours - model) <= MOST_OFF * model },
  };
}

function linesOf(kind: Kind, rounds: readonly Worked[]): BenchmarkResult[] {
  const line = (what: string, unit: string, of: (worked: Worked) => number): BenchmarkResult =>
    figure({ name: `${kind}: ${what}`, value: median(rounds.map(of)), digits: 3, unit, target: REPORTED });
  const each =
    (what: keyof Spent, unitSize = 1) =>
    (worked: Worked): number =>
      worked[what] / unitSize / worked.tasks;
  return [
    line('tasks', 'a minute', perMinute),
    line('processor time, program and browser', 's', processor),
    line('of it the browser', 's', each('browserSeconds')),
    line('processor time of the database', 's', each('databaseSeconds')),
    line('written ahead by the database', 'kB', each('walBytes', 1_000)),
    line('calls of the store', '', each('storeCalls')),
    line('rows of the ledger', '', each('ledgerRows')),
    line('events of the audit trail', '', each('auditRows')),
  ];
}

const perMinute = ({ tasks, tookMs }: Worked): number => (tasks * 60_000) / tookMs;
const processor = ({ tasks, programSeconds, browserSeconds }: Worked): number => (programSeconds + browserSeconds) / tasks;

const summed = (all: readonly Worked[]): Worked =>
  all.reduce((sum, each) => Object.fromEntries(Object.entries(sum).map(([what, amount]) => [what, amount + each[what as keyof Worked]] as const)) as Worked);

/** What `npm run bench -- agents` measures. */
export const suite: readonly Benchmark[] = [{ name: 'tasks', run: measureAgents }];
