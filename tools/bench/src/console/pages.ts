import type { BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { quantile, rounded } from '../statistics.ts';
import { timePage, type Visitor } from './browsers.ts';

/** The first page of each, of one organization and, where there is one, of all. */
const NOTHING_ASKED = 'the page of the sign-in';
export const PAGES: Readonly<Record<string, string>> = {
  [NOTHING_ASKED]: '/sign-in',
  'fleet of an organization': '/o/o5/logins',
  'fleet of all': '/all/logins',
  'failing logins of all': '/all/logins?show=failing',
  'logins of all that are due': '/all/logins?show=due',
  'tasks of an organization': '/o/o5/tasks',
  'tasks of all': '/all/tasks',
  'rotations of an organization': '/o/o5/rotations',
  'rotations of all': '/all/rotations',
  'calendar of an organization': '/o/o5/calendar',
  'audit of an organization': '/o/o5/audit',
};
const MOST_MS = 200;
const WARM = 3;

/** Of one page. */
interface Taken {
  readonly ms: number[];
  /** Of the console's processor, and of Postgres's, for all of them. */
  processorMs: number;
}
export type Times = ReadonlyMap<string, Readonly<Taken>>;

interface Looked {
  readonly visitor: Visitor;
  readonly times: number;
  /** Of the console and of Postgres together, so far. */
  spentMs(): number;
}

/** Each page so often. What it cost of a processor is what it costs on a machine that does something else, too. */
export async function timePages({ visitor, times, spentMs }: Looked, { progress, signal }: Pick<BenchmarkRun, 'progress' | 'signal'>): Promise<Times> {
  const taken = new Map<string, Taken>();
  for (const [name, path] of Object.entries(PAGES)) {
    for (let round = 0; round < WARM; round += 1) await timePage(visitor, path);
    const before = spentMs();
    const ms: number[] = [];
    for (let round = 0; round < times && !signal.aborted; round += 1) ms.push(await timePage(visitor, path));
    taken.set(name, { ms, processorMs: (spentMs() - before) / ms.length });
  }
  for (const [name, { ms, processorMs }] of taken)
    progress(`  ${name}: p50 ${rounded(quantile(ms, 0.5))} ms, p95 ${rounded(quantile(ms, 0.95))} ms, ${rounded(processorMs)} ms of a processor`);
  return taken;
}

/** One line a page: p95 now, beside p50, what of it was a processor's time, and what it was elsewhere. */
export const pageLines = (when: string, taken: Times, others: Readonly<Record<string, Times>>): BenchmarkResult[] =>
  [...taken].map(([name, { ms, processorMs }]) => {
    const p95 = rounded(quantile(ms, 0.95));
    const peers = Object.fromEntries(Object.entries(others).map(([other, times]) => [`p95 ${other}`, rounded(quantile(times.get(name)?.ms ?? [], 0.95))]));
    const asked = name !== NOTHING_ASKED;
    return {
      name: `${name}, ${when}: p95`,
      ours: p95,
      peers: { p50: rounded(quantile(ms, 0.5)), processor: rounded(processorMs), ...peers },
      unit: 'ms',
      target: asked ? `under ${MOST_MS}` : 'none: what the machine takes for a page that asks Postgres for nothing',
      met: !asked || p95 < MOST_MS,
    };
  });
