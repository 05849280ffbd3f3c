import type { BenchmarkResult } from '../benchmark.ts';
import { type Judged, REPORTED } from '../targets.ts';
import { contextSeconds, type Measured, perMinute, processorSecondsEach } from './measured.ts';
import type { Way } from './ways.ts';

type Medians = (of: (measured: Measured) => number) => Readonly<Record<Way, number>>;

/** How many times as many as the script, by the contexts that are open at once. */
const LEAST_FACTORS = { product: 6, 'product, four contexts': 4 } as const;
/** Of the processor seconds that plain Playwright needs for the same work. */
const [MOST_BESIDE_PLAIN, MOST_BESIDE_NO_SIGN_OUT] = [1.15, 1.4];

/** What is said of the ways, of pages that take so long. */
export function linesOf(medians: Medians, latencyMs: number): BenchmarkResult[] {
  const pages = latencyMs === 0 ? 'pages come at once' : `pages take ${latencyMs} ms`;
  const line = (
    name: string,
    unit: string,
    of: (measured: Measured) => number,
    judged: (each: Readonly<Record<Way, number>>) => Judged = () => REPORTED,
    ours: Way = 'product',
  ) => {
    const each = medians(of);
    const peers = Object.fromEntries(Object.entries(each).filter(([way]) => way !== ours));
    return { name: `${name}, ${pages}`, ours: each[ours], peers, unit, ...judged(each) };
  };
  const each =
    (what: keyof Measured, unitSize = 1) =>
    (measured: Measured): number =>
      measured[what] / unitSize / measured.rotations;
  return [
    line('rotations', 'a minute', perMinute, atLeastTimesTheScript('product', latencyMs)),
    line('rotations with four contexts', 'a minute', perMinute, atLeastTimesTheScript('product, four contexts', latencyMs), 'product, four contexts'),
    line('processor time of a rotation, program and browser', 's', processorSecondsEach, atMostTimesPlain),
    line('of it the program', 's', each('programSeconds')),
    line('of it the browser', 's', each('browserSeconds')),
    line('processor time of the database, a rotation', 's', each('databaseSeconds')),
    line('processor time of portals and stores, a rotation', 's', each('elsewhereSeconds')),
    line('time of open contexts, a rotation', 's', contextSeconds),
    line('questions to the database, a rotation', '', each('queries')),
    line('transactions, a rotation', '', each('transactions')),
    line('written ahead by the database, a rotation', 'kB', each('walBytes', 1_000)),
    line('calls of the store, a rotation', '', each('storeCalls')),
    line('rows of the ledger, a rotation', '', each('ledgerRows')),
    line('events of the audit trail, a rotation', '', each('auditRows')),
  ];
}

/** Where pages come at once nothing is waited for, and a machine's processors decide alone. */
const atLeastTimesTheScript =
  (way: keyof typeof LEAST_FACTORS, latencyMs: number) =>
  (each: Readonly<Record<Way, number>>): Judged =>
    latencyMs === 0 ? REPORTED : { target: `at least ${LEAST_FACTORS[way]} x script`, met: each[way] >= LEAST_FACTORS[way] * each.script };

const atMostTimesPlain = ({ product, plain, 'plain, no sign-out': without }: Readonly<Record<Way, number>>): Judged => ({
  target: `at most ${MOST_BESIDE_PLAIN} x plain and ${MOST_BESIDE_NO_SIGN_OUT} x plain, no sign-out`,
  met: product <= MOST_BESIDE_PLAIN * plain && product <= MOST_BESIDE_NO_SIGN_OUT * without,
});
